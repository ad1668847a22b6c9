//! `relubound check --network` end to end: a network that scikit-learn trained on digits, and tiny
//! ones, judged input by input.
#![cfg(unix)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::files;
use serde_json::Value;

fn data(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/given").join(name).display().to_string()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relubound"));
    command.args(args);
    command
}

fn relubound(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Refused in one line that says why.
fn refused(args: &[&str], words: &[&str]) {
    let output = relubound(args);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{args:?}: {said}");
    assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
}

fn at(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// 2 inputs, 2 hidden units, one output: f = max(x, 0) − max(y, 0) − 1/4, in text and .npz.
struct Tiny {
    dir: tempfile::TempDir,
    network: String,
    inputs: String,
}

/// An array as NumPy stores it.
fn npy(shape: &str, values: &[f32]) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    let data = values.iter().flat_map(|value| value.to_le_bytes());
    let start = [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes()].concat();
    start.into_iter().chain(data).collect()
}

impl Tiny {
    fn new(inputs: &str) -> Self {
        use ndarray::array;
        use relubound::given::{Dtype, Given, Layer, file};

        let dir = tempfile::tempdir().unwrap();
        let layer = |weights, bias, slope| Layer { weights, bias, slope, name: String::new() };
        let given = Given {
            normalisation: Vec::new(),
            layers: vec![
                layer(array![[1.0, 0.0], [0.0, 1.0]], Some(array![0.0, 0.0]), 0.0),
                layer(array![[1.0, -1.0]], Some(array![-0.25]), 1.0),
            ],
            dtype: Dtype::F64,
        };
        let path = dir.path().join("tiny.npz");
        file::write_npz(&path, &given).unwrap();
        let points = dir.path().join("x.csv");
        fs::write(&points, inputs).unwrap();
        Tiny { network: at(&path).to_owned(), inputs: at(&points).to_owned(), dir }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn args<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let own = ["check", "--network", &self.network, "--inputs", &self.inputs];
        [&own[..], &["--reference", "3"], more].concat()
    }
}

/// Where f = x − 1/4 the boundary is at x = 1/4, and where f = −y − 1/4 + x it is a line: all that
/// is known is known by hand.
const INPUTS: &str = "1.25,-3\n0.25,-1\n3.25,1\n-2,5\n0,0\n";

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&done(&relubound(&[args, &["--json"]].concat()))).unwrap()
}

#[test]
fn a_network_that_is_known_by_hand_is_judged_as_it_is() {
    let tiny = Tiny::new(INPUTS);
    let all = json(&tiny.args(&[]));
    assert_eq!(all["run"]["network"]["widths"], serde_json::json!([2, 2, 1]));
    let inputs = all["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 5);
    // (class, f, distance to the boundary)
    let expected = [
        Some((1, 1.0, 1.0)),
        None,
        Some((1, 2.0, 2f64.sqrt())),
        Some((0, -5.25, 7.25 / 2f64.sqrt())),
    ];
    for (entry, expected) in inputs.iter().zip(expected) {
        let Some((class, f, distance)) = expected else {
            assert_eq!(entry["failed"], "tied", "{entry}");
            continue;
        };
        let found = &entry["found"];
        let bracket = &found["radius"];
        let [low, high] = ["certified", "found"].map(|end| bracket[end].as_f64().unwrap());
        assert_eq!((found["class"].as_u64(), entry["label"].is_null()), (Some(class), true));
        assert!(found["outputs"][0]["lo"].as_f64().unwrap() <= f);
        assert!(found["outputs"][0]["hi"].as_f64().unwrap() >= f);
        // Certified below, found above, and exact on so few cells.
        assert!(low <= distance && distance <= high, "{entry}");
        assert!(low > 0.99 * distance && high < 1.01 * distance, "{entry}");
        assert!(found["exact"].as_bool().unwrap());
        if class == 1 {
            assert_eq!(found["step"]["changes"], true, "{entry}");
        }
    }
    // In every format.
    for format in ["csv", "markdown", "latex", "html", "text"] {
        let shown = done(&relubound(&tiny.args(&["--format", format])));
        assert!(shown.contains("tiny.npz") || format == "csv", "{format}: {shown}");
        assert!(!shown.contains("NaN"), "{format}: {shown}");
    }
}

/// What scripts read is as it is described, whatever became of the inputs.
#[test]
fn json_passes_its_schema_and_planted_errors_do_not() {
    let schema: Value = serde_json::from_str(include_str!("../schema/inputs.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let tiny = Tiny::new(INPUTS);
    let digits = [data("digits.npz"), data("digits-inputs.npy")];
    let few = first_digits(&tiny.place("few.csv"), &digits[1], 2);
    let labels = at(&tiny.place("labels.csv")).to_owned();
    fs::write(&labels, "1\n7\n").unwrap();
    let initial = data("digits-initial.npz");
    let own = ["check", "--network", &digits[0], "--inputs", &few, "--cells", "0"];
    let more = ["--labels", &labels, "--initial", &initial, "--grid", "8x8", "--reference", "2"];
    let timed = ["--timeout-per-input", "1e-9", "--against", "runner-up"];
    let all = [
        json(&tiny.args(&[])),
        json(&tiny.args(&["--timeout-per-input", "1e-9", "--radius", "0"])),
        json(&[&own[..], &more].concat()),
        json(&[&own[..], &["--reference", "0"], &timed].concat()),
    ];
    for value in &all {
        let errors: Vec<String> =
            schema.iter_errors(value).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    assert!(all[2]["initial"]["summary"].is_object() && all[0]["inputs"][1]["failed"] == "tied");
    assert_eq!(all[2]["inputs"][0]["found"]["class"], 1);
    let plant = |pointer: &str, planted: Value| {
        let mut value = all[2].clone();
        *value.pointer_mut(pointer).unwrap() = planted;
        assert!(!schema.is_valid(&value), "{pointer}");
    };
    plant("/inputs/0/found/radius/certified", Value::from(-1.0));
    plant("/inputs/0/found/class", Value::from(0.5));
    plant("/inputs/0/found", Value::from("yes"));
    plant("/initial/inputs/1/found/reached", Value::from("7"));
    plant("/summary/kappa/n", Value::from(0));
    plant("/run/network/dtype", Value::from("int8"));
    plant("/run/schema", Value::from(2));
    plant("/inputs/0", serde_json::json!({ "input": 0, "label": null, "failed": "lost" }));
}

/// Killed at any moment, and again, by two threads or one.
#[test]
fn a_run_that_was_killed_goes_on_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (network, inputs) = (data("digits.npz"), data("digits-inputs.npy"));
    let points = first_digits(&dir.path().join("x.csv"), &inputs, 20);
    let args = ["check", "--network", &network, "--inputs", &points, "--reference", "4"];
    let initial = data("digits-initial.npz");
    let args = [&args[..], &["--initial", &initial, "--cells", "0"]].concat();
    let (whole, killed) = (dir.path().join("whole"), dir.path().join("killed"));
    let expected =
        done(&relubound(&[&args[..], &["--out", at(&whole), "--threads", "1"]].concat()));
    let mut kills = 0;
    for round in 0..1000 {
        let threads = if round % 2 == 0 { "2" } else { "1" };
        let mut child =
            command(&[&args[..], &["--out", at(&killed), "--threads", threads]].concat())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
        // Until a line more is there, or it is done.
        let lines = |name: &str| {
            let text = fs::read(killed.join(name)).unwrap_or_default();
            text.split(|&byte| byte == b'\n').count() - 1
        };
        let names = ["inputs.jsonl", "reference.jsonl", "initial.jsonl"];
        let before: usize = names.map(lines).iter().sum();
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                break true;
            }
            if names.map(lines).iter().sum::<usize>() > before {
                break false;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        if ended {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    // How often depends on the machine.
    assert!(kills >= 1, "it was never killed");
    assert_eq!(files(&whole), files(&killed));
    // Once more nothing is judged, and the same is shown.
    let again = done(&relubound(&[&args[..], &["--out", at(&killed)]].concat()));
    assert_eq!(again, expected);
    assert_eq!(done(&relubound(&["report", at(&killed)])), expected);
    assert_eq!(files(&whole), files(&killed));
}

/// The first so many inputs of a file of NumPy, as text.
fn first_digits(to: &Path, from: &str, count: usize) -> String {
    let all = relubound::given::file::points(Path::new(from), 64).unwrap();
    let lines: Vec<String> = all
        .outer_iter()
        .take(count)
        .map(|x| x.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        .collect();
    fs::write(to, lines.join("\n")).unwrap();
    at(to).to_owned()
}

#[test]
fn parts_are_merged_to_the_bytes_of_one_run() {
    let tiny = Tiny::new(INPUTS);
    let (whole, merged) = (tiny.place("whole"), tiny.place("merged"));
    let initial = ["--initial", tiny.network.as_str()];
    let expected = relubound(&tiny.args(&[&initial[..], &["--out", at(&whole)]].concat()));
    let parts: Vec<PathBuf> = (1..=3).map(|part| tiny.place(&format!("part-{part}"))).collect();
    for (part, out) in (1..).zip(&parts) {
        let shard = format!("{part}/3");
        let more = [&initial[..], &["--out", at(out), "--shard", &shard]].concat();
        let shown = done(&relubound(&tiny.args(&more)));
        assert!(shown.starts_with(&format!("part {part} of 3: ")), "{shown}");
        assert!(!out.join("report.html").exists());
    }
    let dirs: Vec<&str> = parts.iter().map(|part| at(part)).collect();
    refused(&["merge", dirs[0], dirs[2], "--out", at(&merged)], &["part 2 is missing"]);
    let joined = relubound(&[&["merge"], &dirs[..], &["--out", at(&merged)]].concat());
    assert_eq!((text(&joined.stdout), text(&joined.stderr)), (done(&expected), String::new()));
    assert_eq!(files(&whole), files(&merged));
    for more in [vec!["--force"], vec!["--force", "--threads", "1"]] {
        let args = [&["merge"], &dirs[..], &["--out", at(&merged)], &more].concat();
        refused(&args, &["--force", "is kept"]);
    }
    // A run of random networks does not go with them.
    let random = tiny.place("random");
    let args = ["check", "4", "--trials", "3", "--stages", "output", "--shard", "2/3", "--out"];
    done(&relubound(&[&args[..], &[at(&random)]].concat()));
    let other = tiny.place("other");
    let args = ["merge", dirs[0], at(&random), dirs[2], "--out", at(&other)];
    refused(&args, &["holds no part of a run over inputs"]);
}

#[test]
fn flags_of_random_networks_and_of_files_are_kept_apart() {
    let tiny = Tiny::new(INPUTS);
    for flag in [
        &["4,4"][..],
        &["--widths", "4"],
        &["--preset", "polynomial"],
        &["--delta", "0.1"],
        &["--theta0", "1"],
        &["--cos", "0"],
        &["--bias", "1"],
        &["--bias-std", "1"],
        &["--norm", "linf"],
        &["--input", "x"],
        &["--classes", "3"],
        &["--weights", "uniform"],
        &["--output-weights", "uniform"],
        &["--move-bottleneck", "1"],
        &["--stages", "output"],
        &["--trials", "3"],
        &["--searches", "3"],
        &["--steps", "3"],
        &["--until-settled"],
        &["--alpha", "0.1"],
        &["--engine", "dense"],
        &["--precision", "f32"],
    ] {
        let name = flag[0].trim_start_matches("--").split(',').next().unwrap();
        let name = if name == "4" { "WIDTHS" } else { name };
        refused(&tiny.args(flag), &["--network", name, "that is about random networks"]);
    }
    refused(&tiny.args(&["--force"]), &["--network", "--force", "never overwritten"]);
    refused(&tiny.args(&["--config", "x"]), &["--network", "--config", "said by flags"]);
    for flag in [
        &["--inputs", "x"][..],
        &["--labels", "x"],
        &["--initial", "x"],
        &["--layout", "out,in"],
        &["--mean", "1"],
        &["--std", "1"],
        &["--perturb", "before"],
        &["--against", "all"],
        &["--cells", "1"],
        &["--timeout-per-input", "1"],
        &["--reference", "1"],
    ] {
        refused(&[&["check"], flag].concat(), &["--network <FILE>", "not provided"]);
    }
    refused(&["check", "--network", &tiny.network], &["--inputs <FILE>", "not provided"]);
    refused(&["check", "4", "--grid", "2x2"], &["--grid 2x2", "--norm", "--network"]);
    refused(&["growth", "--network", "x"], &["relubound check --network FILE --inputs FILE"]);
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_written() {
    let tiny = Tiny::new(INPUTS);
    let out = tiny.place("out");
    let write = |name: &str, content: &[u8]| {
        fs::write(tiny.place(name), content).unwrap();
        at(&tiny.place(name)).to_owned()
    };
    let [wide, nan, words, none] = [
        write("wide.csv", b"1,2,3\n"),
        write("nan.npy", &npy("(1, 2)", &[1.0, f32::NAN])),
        write("words.csv", b"1,two\n"),
        at(&tiny.place("nowhere.npy")).to_owned(),
    ];
    for (inputs, said) in [
        (&wide, &["--inputs", "wide.csv", "2"][..]),
        (&nan, &["--inputs", "nan.npy", "finite"]),
        (&words, &["--inputs", "words.csv", "two"]),
        (&none, &["--inputs", "nowhere.npy", "cannot read"]),
    ] {
        let args = ["check", "--network", &tiny.network, "--inputs", inputs, "--out", at(&out)];
        refused(&args, said);
        assert!(!out.exists());
    }
    let labels = write("labels.csv", b"1\n0\n");
    let high = write("high.csv", b"1\n0\n1\n0\n2\n");
    let broken = write("broken.npz", b"PK\x03\x04 and nothing else");
    for (more, words) in [
        (vec!["--labels", labels.as_str()], &["--labels", "2 labels", "5 inputs"][..]),
        (vec!["--labels", high.as_str()], &["--labels", "high.csv", "2"]),
        (vec!["--initial", broken.as_str()], &["--initial", "broken.npz"]),
        (vec!["--mean", "a"], &["--mean a", "finite numbers"]),
        (vec!["--std", "0"], &["--std", "positive"]),
        (vec!["--mean", "nan"], &["--mean nan", "finite"]),
        (vec!["--step", "1"], &["--step 1"]),
        (vec!["--radius", "-1"], &["--radius -1"]),
        (vec!["--cells", "x"], &["--cells x"]),
        (vec!["--timeout-per-input", "0"], &["--timeout-per-input 0", "positive"]),
        (vec!["--timeout-per-input", "nan"], &["--timeout-per-input nan"]),
        (vec!["--against", "7"], &["--against 7"]),
        (vec!["--against", "-1"], &["--against -1", "runner-up", "from 0 to 1"]),
        (vec!["--perturb", "inside"], &["--perturb inside", "before or after"]),
        (vec!["--layout", "in"], &["--layout in", "out,in"]),
        (vec!["--activation", "tanh"], &["--activation tanh"]),
        (vec!["--slope", "2"], &["--slope 2"]),
        (vec!["--grid", "3x3"], &["--grid 3x3"]),
        (vec!["--seed", "-1"], &["--seed -1"]),
        (vec!["--threads", "0"], &["--threads 0"]),
        (vec!["--shard", "3/2"], &["--shard 3/2"]),
    ] {
        refused(&tiny.args(&[&more[..], &["--out", at(&out)]].concat()), words);
        assert!(!out.exists());
    }
    refused(&tiny.args(&["--shard", "1/2"]), &["--shard 1/2", "needs --out"]);
    let args = ["check", "--network", &tiny.network, "--inputs", &tiny.inputs];
    refused(&[&args[..], &["--reference", "1.5"]].concat(), &["--reference 1.5"]);
    let args = ["check", "--network", &broken, "--inputs", &tiny.inputs];
    refused(&args, &["--network", "broken.npz", "is no .npz of NumPy, or was cut off"]);
}

/// Text as other programs write it, and what is no table of inputs: a line that says what.
#[test]
fn inputs_in_text_are_read_or_refused_in_a_line() {
    let tiny = Tiny::new(INPUTS);
    let judged = |content: &[u8]| {
        fs::write(&tiny.inputs, content).unwrap();
        tiny.args(&[])
    };
    let marked = [b"\xef\xbb\xbf".as_slice(), INPUTS.as_bytes()].concat();
    assert_eq!(json(&judged(&marked))["inputs"], json(&judged(INPUTS.as_bytes()))["inputs"]);
    let ragged = ["different lengths (1 in line 2, 2 before)", "2 entries"];
    for (content, words) in [
        (&b"x,y\n1,2\n"[..], &["'x' in line 1", "names of columns begin with #"][..]),
        (b"1,2\n3\n", &ragged),
        (b"", &["holds no number", "2 entries"]),
        (b"# nothing\n", &["holds no number"]),
        (b"1,1e999\n", &["'1e999' in line 1", "beyond what a double can hold"]),
    ] {
        refused(&judged(content), words);
    }
}

/// One matrix, whose shape says nothing of what is an input: the inputs do.
#[test]
fn a_layout_that_shapes_leave_open_is_settled_by_the_inputs() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        fs::write(dir.path().join(name), content).unwrap();
        at(&dir.path().join(name)).to_owned()
    };
    // A row an output: f = (x + 2y, 3x + 4y, 5x + 6y).
    let values: Vec<u8> =
        [1f32, 2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let header = br#"{"net.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}}"#;
    let bytes = [&(header.len() as u64).to_le_bytes()[..], &header[..], &values[..]].concat();
    let network = write("one.safetensors", &bytes);
    let run = |inputs: &str| {
        let args = ["check", "--network", &network, "--inputs", inputs, "--reference", "0"];
        args.map(str::to_owned)
    };
    let [two, three, four] = [&b"1,0\n0,1\n"[..], b"1,0,0\n0,1,0\n", b"1,2,3,4\n5,6,7,8\n"];
    for (inputs, layout, class) in
        [(write("two.csv", two), "out,in", 2), (write("three.csv", three), "in,out", 1)]
    {
        let args = run(&inputs);
        let all = json(&args.each_ref().map(String::as_str));
        let notes = all["run"]["network"]["notes"].to_string();
        let said = format!("matrices lie {layout}, as the dimension of the inputs says");
        assert!(notes.contains(&said), "{notes}");
        assert_eq!(all["inputs"][0]["found"]["class"], class);
    }
    let args = run(&write("four.csv", four));
    refused(&args.each_ref().map(String::as_str), &["--layout", "out,in or in,out"]);
}

#[test]
fn a_directory_keeps_what_it_holds() {
    let tiny = Tiny::new(INPUTS);
    let out = tiny.place("run");
    let expected = done(&relubound(&tiny.args(&["--out", at(&out)])));
    let before = files(&out);
    let names: Vec<&str> = before.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["run.json", "inputs.jsonl", "reference.jsonl", "inputs.csv", "report.html"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let kept = ["holds another run, which is kept"];
    refused(&tiny.args(&["--out", at(&out), "--step", "3"]), &[&kept[..], &["step 2"]].concat());
    refused(&tiny.args(&["--out", at(&out), "--seed", "2"]), &[&kept[..], &["seed 1"]].concat());
    refused(&tiny.args(&["--out", at(&out), "--shard", "1/2"]), &[&kept[..], &["shard"]].concat());
    let random = ["check", "4", "--trials", "3", "--stages", "output", "--out", at(&out)];
    refused(&random, &["holds a run over inputs"]);
    refused(&[&random[..], &["--force"]].concat(), &["holds a run over inputs"]);
    refused(&["explore", "--depths", "1", "--out", at(&out)], &["which is kept"]);
    assert_eq!(files(&out), before);
    // The same inputs by another name are the same.
    let copy = tiny.place("copy.csv");
    fs::copy(&tiny.inputs, &copy).unwrap();
    let args = ["check", "--network", &tiny.network, "--inputs", at(&copy), "--reference", "3"];
    assert_eq!(done(&relubound(&[&args[..], &["--out", at(&out)]].concat())), expected);
    assert_eq!(files(&out), before);
    let random_out = tiny.place("random");
    done(&relubound(&[&random[..7], &[at(&random_out)]].concat()));
    refused(&tiny.args(&["--out", at(&random_out)]), &["holds a run on random networks"]);
    // Edited, it is refused.
    let rows = fs::read_to_string(out.join("inputs.jsonl")).unwrap();
    fs::write(out.join("inputs.jsonl"), rows.replacen("\"class\":1", "\"class\":0", 1)).unwrap();
    refused(&["report", at(&out)], &["inputs.jsonl", "sha256"]);
    refused(&tiny.args(&["--out", at(&out)]), &["inputs.jsonl", "sha256"]);
}

/// What cannot be written is there already, and is shown.
#[test]
fn a_directory_that_is_read_only_is_reported_on() {
    use std::os::unix::fs::PermissionsExt;
    let tiny = Tiny::new(INPUTS);
    let out = tiny.place("run");
    let expected = done(&relubound(&tiny.args(&["--out", at(&out)])));
    let access = |dir: u32, file: u32| {
        for entry in fs::read_dir(&out).unwrap() {
            let path = entry.unwrap().path();
            fs::set_permissions(path, fs::Permissions::from_mode(file)).unwrap();
        }
        fs::set_permissions(&out, fs::Permissions::from_mode(dir)).unwrap();
    };
    access(0o555, 0o444);
    let shown = relubound(&["report", at(&out)]);
    let new = tiny.place("run/new");
    let fresh = relubound(&tiny.args(&["--out", at(&new)]));
    access(0o755, 0o644);
    assert_eq!(done(&shown), expected);
    // Root may write anywhere.
    let root = fs::read_to_string("/proc/self/status").unwrap_or_default().contains("Uid:\t0");
    if !root {
        assert_eq!(fresh.status.code(), Some(2), "{}", text(&fresh.stderr));
        assert!(text(&fresh.stderr).contains("cannot make the directory"));
    }
}

#[test]
fn a_pipe_that_is_closed_is_no_error() {
    let tiny = Tiny::new(INPUTS);
    let out = tiny.place("run");
    let mut child = command(&tiny.args(&["-v", "--out", at(&out)]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    assert!(out.join("report.html").exists());
}

/// An input at which time ran out is a row that says so; with --strict it is no success.
#[test]
fn an_input_ends_in_time() {
    let tiny = Tiny::new(INPUTS);
    let args = tiny.args(&["--timeout-per-input", "1e-9", "--json"]);
    let all: Value = serde_json::from_str(&done(&relubound(&args))).unwrap();
    let inputs = all["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 5);
    for entry in inputs {
        let failed = entry["failed"] == "timeout" || entry["failed"] == "tied";
        assert!(failed || entry["found"]["timeout"] == true, "{entry}");
    }
    assert_eq!(all["run"]["question"]["seconds"], 1e-9);
    let strict = relubound(&tiny.args(&["--timeout-per-input", "1e-9", "--strict"]));
    assert_eq!(strict.status.code(), Some(3), "{}", text(&strict.stderr));
    // One input is on the boundary, of which nothing can be told.
    assert_eq!(relubound(&tiny.args(&["--strict"])).status.code(), Some(3));
    let decided = Tiny::new("1.25,-3\n");
    assert_eq!(relubound(&decided.args(&["--strict"])).status.code(), Some(0));
}

#[test]
fn a_request_to_end_keeps_what_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    let (network, inputs) = (data("digits.npz"), data("digits-inputs.npy"));
    let out = dir.path().join("run");
    let args = ["check", "--network", &network, "--inputs", &inputs, "--out", at(&out)];
    let child = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let rows = || fs::read(out.join("inputs.jsonl")).unwrap_or_default().len();
    while rows() == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("the same command goes on"));
    assert!(rows() > 0 && !out.join("report.html").exists());
    let shown = done(&relubound(&["report", at(&out)]));
    assert!(shown.contains("INTERRUPTED"), "{shown}");
    assert!(!out.join("report.html").exists());
}

#[test]
fn runs_over_inputs_are_compared_with_each_other() {
    let tiny = Tiny::new(INPUTS);
    let [one, two] = ["one", "two"].map(|name| tiny.place(name));
    done(&relubound(&tiny.args(&["--out", at(&one)])));
    done(&relubound(&tiny.args(&["--out", at(&two), "--step", "3"])));
    let shown = done(&relubound(&["compare", at(&one), at(&two)]));
    assert!(shown.contains("one") && shown.contains("two"), "{shown}");
    let all: Value =
        serde_json::from_str(&done(&relubound(&["compare", at(&one), at(&two), "--json"])))
            .unwrap();
    assert_eq!(all.as_array().unwrap().len(), 2);
    for format in ["markdown", "html", "latex"] {
        let shown = done(&relubound(&["compare", at(&one), at(&two), "--format", format]));
        assert!(shown.contains("radius"), "{format}: {shown}");
    }
    let csv = done(&relubound(&["compare", at(&one), at(&two), "--format", "csv"]));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().unwrap().clone();
    assert_eq!((&names[0], &names[1]), ("run", "input"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 10);
    assert_eq!((&rows[0][0], &rows[9][0], &rows[9][1]), (at(&one), at(&two), "4"));
    // A run is rendered elsewhere, and its verdict alone is shown.
    let (before, copy) = (files(&one), tiny.place("copy"));
    let quiet = done(&relubound(&["report", at(&one), "-q", "-o", at(&copy)]));
    assert_eq!(quiet, "4 of 5 inputs judged. Verdict: in part not judged\n");
    let copied = files(&copy);
    for (name, content) in copied.iter().filter(|(name, _)| !name.starts_with('.')) {
        assert!(before.iter().any(|(other, there)| other == name && there == content), "{name}");
    }
    assert!(copied.iter().any(|(name, _)| name == "report.html"));
    assert!(copied.iter().all(|(name, _)| name != "run.json") && files(&one) == before);
    let out = tiny.place("beside");
    done(&relubound(&["compare", at(&one), at(&two), "--out", at(&out)]));
    assert!(out.join("compare.html").exists());
    refused(&["compare", at(&one), "nowhere"], &["RUN nowhere", "no such directory"]);
    refused(&["compare", "nowhere", "4,4"], &["RUN nowhere", "no directory of that name"]);
    refused(&["compare", at(&one), "4,4"], &["4,4", "holds no run over inputs"]);
}

#[test]
fn a_dry_run_says_how_the_files_are_read() {
    let tiny = Tiny::new(INPUTS);
    let shown = done(&relubound(&tiny.args(&["--dry-run"])));
    assert!(shown.contains("tiny.npz") && shown.contains("5 inputs"), "{shown}");
    assert!(shown.to_lowercase().contains("how the network was read"), "{shown}");
    // How long it takes, by an input.
    let words = ["By the first input, which takes ", ": roughly ", " with "];
    assert!(words.iter().all(|word| shown.contains(word)), "{shown}");
}

/// The three formats of one network give the same rows.
#[test]
fn formats_of_one_network_give_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let points = first_digits(&dir.path().join("x.csv"), &data("digits-inputs.npy"), 2);
    let rows = |name: &str| {
        let network = data(name);
        let args = ["check", "--network", &network, "--inputs", &points, "--reference", "2"];
        json(&[&args[..], &["--cells", "0"]].concat())["inputs"].clone()
    };
    let expected = rows("digits.npz");
    assert_eq!(expected.as_array().unwrap().len(), 2);
    assert_eq!(rows("digits.safetensors"), expected);
    assert_eq!(rows("digits.onnx"), expected);
}
