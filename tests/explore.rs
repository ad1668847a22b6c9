//! Studies: what is finished survives, and neither interruptions nor division change a byte.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use common::{files, same};
use relubound::run::store::Lock;

const STUDY: [&str; 12] = [
    "explore",
    "--depths",
    "1..4",
    "--widths",
    "8,16",
    "--trials",
    "60",
    "--searches",
    "12",
    "--seed",
    "3",
    "--out",
];

fn run(args: &[&str]) -> Output {
    cargo_bin_cmd!("relubound").args(args).output().unwrap()
}

fn study(out: &Path, more: &[&str]) -> Output {
    run(&[&STUDY[..], &[out.to_str().unwrap()], more].concat())
}

fn done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Refused in one line that says why.
fn refused(output: &Output, said: &str) {
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains(said) && message.lines().count() == 1, "{message}");
}

fn spawn(out: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_relubound"))
        .args(STUDY)
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_study_is_continued_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, killed) = (dir.path().join("whole"), dir.path().join("killed"));
    done(&study(&whole, &[]));
    // Killed at many moments, some before anything is written, some in the middle of a cell.
    let mut lines = 0;
    for moment in 0..40u64 {
        let mut child = spawn(&killed);
        std::thread::sleep(Duration::from_millis(moment * 23 % 400));
        child.kill().unwrap();
        child.wait().unwrap();
        let kept = fs::read_to_string(killed.join("cells.jsonl")).unwrap_or_default();
        let kept = kept.matches('\n').count();
        assert!(kept >= lines, "finished cells were lost");
        lines = kept;
    }
    done(&study(&killed, &[]));
    same(&whole, &killed);
    // Another number of threads, and once more where everything is done.
    let threads = dir.path().join("threads");
    done(&study(&threads, &["--threads", "1"]));
    done(&study(&threads, &["--threads", "3"]));
    same(&whole, &threads);
}

#[test]
fn a_line_that_was_cut_off_is_measured_again_and_damage_is_recognised() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut) = (dir.path().join("whole"), dir.path().join("cut"));
    done(&study(&whole, &[]));
    done(&study(&cut, &[]));
    let text = fs::read(cut.join("cells.jsonl")).unwrap();
    for keep in [text.len() - 1, text.len() - 200, text.len() / 2, 1, 0] {
        fs::write(cut.join("cells.jsonl"), &text[..keep]).unwrap();
        done(&study(&cut, &[]));
        same(&whole, &cut);
    }
    // A line that is missing, and one that is none: refused, and kept.
    let lines: Vec<&str> = std::str::from_utf8(&text).unwrap().lines().collect();
    for (damage, said) in [
        (lines[1..].join("\n") + "\n", "missing"),
        (format!("{}\nnonsense\n", lines[0]), "edited"),
        (format!("{}\nmy notes", lines[0]), "edited"),
        ("my notes".into(), "edited"),
    ] {
        fs::write(cut.join("cells.jsonl"), &damage).unwrap();
        let output = study(&cut, &[]);
        refused(&output, said);
        assert_eq!(fs::read_to_string(cut.join("cells.jsonl")).unwrap(), damage);
    }
}

#[test]
fn another_study_is_refused_with_the_difference() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("study");
    done(&study(&out, &[]));
    let before = files(&out);
    for (more, said) in [
        (vec!["--quantities", "c1"], "quantities"),
        (vec!["--delta", "0.2"], "delta 0.1 there, 0.2 asked for"),
        (vec!["--shard", "1/2"], "shard 1/1 there, 1/2 asked for"),
    ] {
        let output = study(&out, &more);
        refused(&output, said);
    }
    // The same study in another spelling is the same, and a run is neither.
    let spelled = STUDY.map(|arg| match arg {
        "1..4" => "4,1,2,3",
        "60" => "6e1",
        other => other,
    });
    done(&run(&[&spelled[..], &[out.to_str().unwrap()]].concat()));
    assert_eq!(files(&out), before);
    let check = |out: &Path| {
        let args = ["check", "--widths", "4x1", "--trials", "5", "--stages", "output", "--out"];
        run(&[&args[..], &[out.to_str().unwrap()]].concat())
    };
    let ran = dir.path().join("run");
    done(&check(&ran));
    let there = files(&ran);
    for (output, said) in [
        (check(&out), "holds a study of 'relubound explore'"),
        (study(&ran, &[]), "holds a run of 'relubound check'"),
    ] {
        refused(&output, said);
    }
    assert!(files(&out) == before && files(&ran) == there);
}

/// The same networks in a run of their own, where a step that achieves more than 1/t of the linear
/// change flips the sign.
#[test]
fn a_cell_is_a_run_that_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let (out, ran) = (dir.path().join("study"), dir.path().join("run"));
    let args = ["--depths", "3", "--widths", "8", "--quantities", "flips,least", "--trials", "80"];
    let args = [&["explore"], &args[..], &["--searches", "80", "--out", out.to_str().unwrap()]];
    done(&run(&args.concat()));
    let text = fs::read_to_string(out.join("cells.jsonl")).unwrap();
    let cell: serde_json::Value = serde_json::from_str(&text).unwrap();
    let seed = cell["seed"].as_u64().unwrap().to_string();
    let args = ["check", "--widths", "8x3", "--trials", "80", "--searches", "80", "--stages"];
    let more = ["flip", "--seed", &seed, "--out", ran.to_str().unwrap()];
    done(&run(&[&args[..], &more].concat()));
    let trials = fs::read_to_string(ran.join("trials.jsonl")).unwrap();
    let steps = trials.lines().filter_map(|line| {
        let trial: serde_json::Value = serde_json::from_str(line).unwrap();
        trial["values"]["flip.step"].as_f64()
    });
    let (taken, flipped) = steps.fold((0, 0), |(n, k), step| (n + 1, k + u32::from(step > 0.5)));
    assert!(0 < flipped && flipped < taken, "{flipped} of {taken}");
    assert_eq!(cell["flips.observed"].as_f64().unwrap(), f64::from(flipped) / f64::from(taken));
    assert_eq!(cell["flips.n"].as_u64().unwrap(), u64::from(taken));
}

#[test]
fn parts_are_merged_to_the_bytes_of_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    done(&study(&whole, &[]));
    let parts: Vec<_> = (1..=3).map(|i| dir.path().join(format!("part{i}"))).collect();
    for (i, part) in parts.iter().enumerate() {
        done(&study(part, &["--shard", &format!("{}/3", i + 1)]));
    }
    let names: Vec<&str> = parts.iter().map(|part| part.to_str().unwrap()).collect();
    let merged = dir.path().join("merged");
    let merge =
        |parts: &[&str]| run(&[&["merge"], parts, &["--out", merged.to_str().unwrap()]].concat());
    // One missing, one twice, one unfinished.
    let wrong = |output: &Output, said: &str| {
        refused(output, said);
        assert!(!merged.exists());
    };
    wrong(&merge(&names[..2]), "part 3 is missing of 3");
    wrong(&merge(&[names[0], names[1], names[1]]), "part 2 is there 2 times, part 3 is missing");
    let cells = parts[2].join("cells.jsonl");
    let text = fs::read(&cells).unwrap();
    fs::write(&cells, &text[..text.len() / 2]).unwrap();
    wrong(&merge(&names), "is not finished");
    fs::write(&cells, &text).unwrap();
    // A part that another version measured.
    let header = parts[1].join("study.json");
    let text = fs::read_to_string(&header).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version));
    fs::write(&header, text.replace(&version, "\"version\": \"0.0.0\"")).unwrap();
    wrong(&merge(&names), "was measured by version 0.0.0");
    fs::write(&header, text).unwrap();
    // In any order, and again.
    done(&merge(&[names[2], names[0], names[1]]));
    same(&whole, &merged);
    done(&merge(&names));
    same(&whole, &merged);
}

#[test]
fn bad_studies_get_one_line_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("study");
    let toml = dir.path().join("study.toml");
    fs::write(&toml, "depths = \"1..3\"\nwidth = 8\n").unwrap();
    let widths = (1..=101).map(|width| width.to_string()).collect::<Vec<_>>().join(",");
    for (args, said) in [
        (vec!["--depths", "0"], "--depths 0"),
        (vec!["--widths", "8,,9"], "--widths"),
        (vec!["--shape", "cube"], "bottleneck:WIDTH@LAYER"),
        (vec!["--quantities", "c3"], "c1, c2"),
        (vec!["--trials", "-1"], "--trials -1"),
        (vec!["--shard", "3/2"], "--shard 3/2"),
        (vec!["--config", toml.to_str().unwrap()], "width"),
        (vec!["--config", "/nowhere.toml"], "/nowhere.toml"),
        (vec!["--depths", "1..1000", "--widths", &widths], "100000 cells"),
        (vec!["--widths", "8,16,8"], "--widths 8,16,8"),
        (vec!["--delta", "0.1,1/10"], "all different"),
    ] {
        let output = run(&[&["explore", "--out", out.to_str().unwrap()], &args[..]].concat());
        refused(&output, said);
        assert!(!out.exists());
    }
    assert_eq!(run(&["explore"]).status.code(), Some(2));
}

#[test]
fn a_file_and_flags_describe_the_same_study() {
    let dir = tempfile::tempdir().unwrap();
    let toml = dir.path().join("study.toml");
    let text = "depths = \"1..4\"\nwidths = [8, 16]\ntrials = 60\nsearches = 12\nseed = 4\n";
    fs::write(&toml, text).unwrap();
    let (flags, file) = (dir.path().join("flags"), dir.path().join("file"));
    done(&study(&flags, &[]));
    // A flag goes before the file.
    let args = ["explore", "--config", toml.to_str().unwrap(), "--seed", "3", "--out"];
    done(&run(&[&args[..], &[file.to_str().unwrap()]].concat()));
    same(&flags, &file);
    let dry = run(&["explore", "--config", toml.to_str().unwrap(), "--dry-run"]);
    done(&dry);
    assert!(String::from_utf8_lossy(&dry.stdout).contains("8 cells with 60 networks"));
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_is_refused_and_nothing_is_lost() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("study");
    done(&study(&out, &[]));
    let before = files(&out);
    // A file where the directory should be, and a directory where a file should be.
    let taken = dir.path().join("taken");
    fs::write(&taken, "mine").unwrap();
    let output = study(&taken, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&taken).unwrap(), "mine");
    let stray = dir.path().join("stray");
    fs::create_dir_all(stray.join("cells.jsonl")).unwrap();
    assert_eq!(study(&stray, &[]).status.code(), Some(2));
    // Read-only, unless this is root, whom nothing stops.
    fs::set_permissions(&out, fs::Permissions::from_mode(0o555)).unwrap();
    let output = study(&out, &[]);
    fs::set_permissions(&out, fs::Permissions::from_mode(0o755)).unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || message.lines().count() == 1, "{message}");
    assert_eq!(files(&out), before);
}

#[test]
fn a_second_process_is_refused_and_the_first_unharmed() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("study");
    done(&study(&out, &[]));
    let before = files(&out);
    let first = Lock::take("--out", &out).unwrap();
    let (more, ran) = (study(&out, &[]), dir.path().join("run"));
    refused(&more, "another process");
    assert!(files(&out) == before);
    drop(first);
    done(&study(&out, &[]));
    // A run is kept apart in the same way.
    let check =
        ["check", "--widths", "4", "--trials", "9", "--stages", "output", "--force", "--out"];
    let check = || run(&[&check[..], &[ran.to_str().unwrap()]].concat());
    done(&check());
    let (before, first) = (files(&ran), Lock::take("--out", &ran).unwrap());
    refused(&check(), "another process");
    assert!(files(&ran) == before);
    drop(first);
    done(&check());
}

#[test]
fn a_file_that_was_being_written_when_the_process_was_killed_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("study");
    done(&study(&out, &[]));
    let before = files(&out);
    fs::write(out.join(".relubound-x1y2z3"), "half a page").unwrap();
    done(&study(&out, &[]));
    assert_eq!(files(&out), before);
}

/// A limit on the size of files stands for a disk that is full.
#[cfg(unix)]
#[test]
fn a_full_disk_gives_one_line_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, full) = (dir.path().join("whole"), dir.path().join("full"));
    done(&study(&whole, &[]));
    let all = fs::read(whole.join("cells.jsonl")).unwrap();
    let mut kept = 0;
    // In blocks of 512 bytes: within a cell, after some cells, and within a picture.
    for blocks in [1, 4, 12, 40] {
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""))
            .arg(env!("CARGO_BIN_EXE_relubound"))
            .args(STUDY)
            .arg(&full)
            .output()
            .unwrap();
        refused(&output, "write");
        let cells = fs::read(full.join("cells.jsonl")).unwrap_or_default();
        let lines = cells.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        assert!(lines >= kept && all.starts_with(&cells[..lines]));
        kept = lines;
    }
    assert!(kept > 0);
    done(&study(&full, &[]));
    same(&whole, &full);
}

/// Headless Chromium, where it is installed: the page has no error on its console, and fits a
/// phone.
#[test]
fn the_page_opens_without_errors() {
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    let Some(browser) = browser else {
        eprintln!("skipped: no Chromium is installed");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("study");
    done(&study(&out, &["--quantities", "epsilon,flips"]));
    let page = out.join("index.html");
    let open = |page: &Path| {
        Command::new(browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .args([
                "--enable-logging=stderr",
                "--window-size=400,800",
                "--virtual-time-budget=2000",
            ])
            .arg(format!("--user-data-dir={}", dir.path().join("profile").display()))
            .args(["--dump-dom", &format!("file://{}", page.display())])
            .output()
            .unwrap()
    };
    let errors = |output: &Output| {
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect::<Vec<_>>()
    };
    // A script of the test's own reports how wide the page is.
    let text = fs::read_to_string(&page).unwrap();
    let probe =
        "<script>document.title = 'wide ' + document.documentElement.scrollWidth</script></body>";
    let probed = dir.path().join("probed.html");
    fs::write(&probed, text.replace("</body>", probe)).unwrap();
    let output = open(&probed);
    assert_eq!(errors(&output), Vec::<String>::new());
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let wide = dom.split("<title>wide ").nth(1).and_then(|rest| rest.split('<').next());
    // Headless windows are at least 500 wide.
    assert!(wide.and_then(|w| w.parse::<u32>().ok()).is_some_and(|w| w <= 500), "{wide:?}");
    // An error on the console is seen.
    let broken = text.replace("</body>", "<script>nothing.here()</script></body>");
    fs::write(&probed, broken).unwrap();
    assert_eq!(errors(&open(&probed)).len(), 1);
}

/// Slopes are an axis: 0 is what a study without them measures, and at 1 the network is linear.
#[test]
fn slopes_are_an_axis_of_a_study() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str, more: &[&str]| {
        let out = dir.path().join(name);
        let args = ["--quantities", "flips,epsilon,share"];
        done(&study(&out, &[&args[..], more].concat()));
        fs::read_to_string(out.join("cells.csv")).unwrap()
    };
    let (usual, several) = (at("usual", &[]), at("several", &["--slope", "0, 1/2,1"]));
    // Without their places.
    let rows = |text: &str, slope: &str| -> Vec<String> {
        let lines = text.lines().skip(1);
        let of = lines.filter(|line| line.split(',').any(|cell| cell == slope));
        of.map(|line| line.split_once(',').unwrap().1.to_owned()).collect()
    };
    let header = usual.lines().next().unwrap();
    let place = header.split(',').position(|name| name == "slope").unwrap();
    let of = |text: &str, slope: &str| -> Vec<String> {
        let all = rows(text, slope);
        all.into_iter().filter(|row| row.split(',').nth(place - 1) == Some(slope)).collect()
    };
    assert_eq!(of(&usual, "0").len(), 24);
    assert_eq!(of(&several, "0"), of(&usual, "0"));
    let linear = of(&several, "1");
    let column = |row: &str, name: &str| {
        let at = header.split(',').position(|known| known == name).unwrap();
        row.split(',').nth(at - 1).unwrap().to_owned()
    };
    assert_eq!((linear.len(), of(&several, "1/2").len()), (24, 24));
    for row in &linear {
        match column(row, "quantity").as_str() {
            "flips" => assert_eq!(column(row, "observed").parse::<f64>(), Ok(1.0)),
            "epsilon" => assert_eq!(column(row, "proved").parse::<f64>(), Ok(0.0)),
            _ => {}
        }
    }
    // A study without slopes is continued by one that says 0, and by no other.
    let out = dir.path().join("usual");
    let again = ["--quantities", "flips,epsilon,share", "--slope"];
    done(&study(&out, &[&again[..], &["0"]].concat()));
    refused(&study(&out, &[&again[..], &["0.5"]].concat()), "slope");
    refused(&study(&out, &[&again[..], &["NaN"]].concat()), "-1 to 1");
}
