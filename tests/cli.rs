//! The program as a user meets it.

use assert_cmd::cargo::cargo_bin_cmd;
use relubound::model::statement::{About, Kind, Statement};
use relubound::run::store::{SEAL, seal};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn relubound(args: &[&str]) -> Output {
    cargo_bin_cmd!("relubound").args(args).timeout(Duration::from_mins(5)).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Exit status 2, nothing on stdout, one line that names what is wrong.
fn refused(args: &[&str], words: &[&str]) {
    let output = relubound(args);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
    assert!(output.stdout.is_empty(), "{args:?}");
    assert_eq!(message.trim_end().lines().count(), 1, "{args:?}: {message}");
    for word in words {
        assert!(message.contains(word), "{args:?}: '{message}' does not say '{word}'");
    }
}

fn json(args: &[&str]) -> Value {
    let output = relubound(args);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn bad_input_gets_one_line() {
    for slope in ["1.5", "-2", "NaN", "inf", "1e-9", "0.1.2", ""] {
        refused(&["check", "8,4", "--slope", slope], &["--slope", "-1 to 1"]);
        refused(&["angle", "--slope", slope], &["--slope", "-1 to 1"]);
        refused(&["growth", "--slope", slope], &["--slope", "-1 to 1"]);
    }
    let activations =
        ["--activation", "relu, leaky, abs, linear", "tanh, gelu, silu, softplus, erf"];
    refused(&["check", "8,4", "--activation", "swish"], &activations);
    refused(&["bounds", "8,4", "--activation", "gelu"], &["--activation", "nothing is proved"]);
    refused(&["growth", "--activation", "tanh"], &["--activation", "in check"]);
    refused(&["check", "8,4", "--activation", "tanh", "--stages", "slack"], &["--stages", "slack"]);
    let gain = ["--bias-std", "1", "--gain", "2"];
    refused(&[&["check", "8,4", "--activation", "erf"][..], &gain].concat(), &["--gain", "erf"]);
    let law = ["--engine", "law", "--stages", "output"];
    refused(&[&["check", "8,4", "--activation", "erf"][..], &law].concat(), &["--engine", "erf"]);
    refused(&["check", "8", "--slope", "0.1", "--activation", "abs"], &["--slope", "--activation"]);
    refused(&["bounds", "8,4", "--bias", "0.1", "--sphere"], &["--bias", "without biases"]);
    for norm in ["l3", "top:0", "top:101%", "top:9", "top:NaN", "form:", "form:/no/such", ""] {
        refused(&["check", "8,4", "--norm", norm], &["--norm"]);
        refused(&["norms", "8,4", "--norms", norm], &["--norm"]);
    }
    refused(&["growth", "--norm", "form:x"], &["--norm", "one dimension"]);
    refused(&["check", "8,4", "--norm", "form:power:1"], &["--norm", "--grid"]);
    refused(&["check", "8,4", "--norm", "form:power:1", "--grid", "3x3"], &["--norm", "8 weights"]);
    refused(&["check", "8,4", "--norm", "form:power:NaN", "--grid", "2x4"], &["--norm", "-8 to 8"]);
    refused(&["check", "8,4", "--stages", "norm"], &["--stages", "--norm"]);
    for eta in ["NaN", "-1", "1.5", "1e-13", "", "inf"] {
        refused(&["check", "8,4", "--trained", eta], &["--trained", "1e-12 to 1"]);
        refused(&["bounds", "8,4", "--trained", eta], &["--trained"]);
    }
    refused(&["bounds", "8,4", "--stages", "trained"], &["--stages", "--trained 0.001"]);
    refused(&["check", "8,4", "--input", "/no/such"], &["--input", "/no/such"]);
    refused(&["norms", "8,4", "--shares", "0"], &["--shares"]);
    refused(&["norms", "8,4", "--delta", "NaN"], &["--delta"]);
    for size in ["NaN", "-1", "1e7", "1e-7", ""] {
        refused(&["check", "9,5", "--bias", size], &["--bias"]);
        refused(&["bounds", "9,5", "--bias-std", size], &["--bias-std"]);
        refused(&["growth", "--bias-std", "1", "--gain", size], &["--gain"]);
    }
    refused(&["biases", "0"], &["width"]);
    refused(&["biases", "9", "--depths", "0..2"], &["--depths"]);
    for classes in ["1", "0", "-3", "2.5", "NaN", "100000"] {
        refused(&["check", "8,4", "--classes", classes], &["--classes", "from 2 to 10000"]);
    }
    refused(&["check", "8,4", "--target", "nearest"], &["--classes"]);
    refused(&["check", "8,4", "--classes", "3", "--target", "x"], &["--target", "runner-up"]);
    let law = ["--engine", "law", "--stages", "output"];
    refused(&[&["check", "8,4", "--classes", "3"][..], &law].concat(), &["--engine", "largest"]);
    refused(&["check", "8,4", "--weights", "cauchy"], &["--weights", "orthogonal"]);
    refused(&["check", "8,4", "--output-weights", ""], &["--output-weights", "gaussian"]);
    refused(&["bounds", "8,4", "--weights", "uniform"], &["--weights", "normal weights"]);
    refused(&["check", "8,4", "--weights", "uniform", "--engine", "law"], &["--engine", "stored"]);
    refused(&["check", "--widths", "0"], &["--widths", "'0'", "1 to 1e36"]);
    refused(&["check", "--widths", "8,-3"], &["--widths", "-3", "1 to 1e36"]);
    refused(&["check", "--widths", "8,NaN"], &["--widths", "NaN"]);
    refused(&["check", "--delta", "1"], &["--delta 1", "between 0 and 1"]);
    refused(&["check", "--delta", "-0.5"], &["--delta -0.5", "between 0 and 1"]);
    refused(&["check", "--delta", "NaN"], &["--delta NaN", "between 0 and 1"]);
    refused(&["check", "--radius", "-1"], &["--radius -1", "from 1e-100 to 1e6"]);
    refused(&["check", "--radius", "NaN"], &["--radius NaN", "from 1e-100 to 1e6"]);
    refused(&["check", "--step", "1"], &["--step 1", "above 1"]);
    refused(&["check", "--step", "inf"], &["--step inf", "above 1"]);
    refused(&["check", "--searches", "-1"], &["--searches -1", "from 0 to"]);
    refused(&["check", "--move-bottleneck", "0"], &["--move-bottleneck 0", "from 1 to"]);
    refused(&["check", "--move-bottleneck", "6"], &["--move-bottleneck 6", "from 1 to 2"]);
    refused(&["check", "--alpha", "0"], &["--alpha 0", "between 0 and 1"]);
    refused(&["check", "--preset", "huge"], &["--preset huge", "linear", "deep"]);
    refused(&["check", "--stages", "output,nosuch"], &["--stages nosuch", "output", "gradient"]);
    refused(&["check", "--trials", "0"], &["--trials 0", "from 1 to"]);
    refused(&["check", "--trials", "-1"], &["--trials -1", "from 1 to"]);
    refused(&["check", "--seed", "-1"], &["--seed -1", "from 0 to"]);
    refused(&["report"], &["DIR"]);
    refused(&["check", "--trials", "many"], &["--trials", "many"]);
    refused(&["check", "--threads", "0"], &["--threads 0"]);
    refused(&["check", "--engine", "magic"], &["--engine", "magic", "auto", "dense"]);
    refused(&["check", "--format", "pdf"], &["--format", "pdf", "markdown"]);
    refused(&["check", "--nosuch"], &["--nosuch"]);
    refused(&["check", "--force"], &["--force", "--out"]);
    refused(&["check", "--widths", "8", "--preset", "deep"], &["--widths", "--preset"]);
    refused(&["frobnicate"], &["frobnicate"]);
    refused(&["report", "/no/such/run"], &["/no/such/run", "No such file"]);
}

#[test]
fn networks_that_do_not_fit_are_refused_before_they_are_built() {
    refused(
        &["check", "--widths", "1e6x6", "--engine", "dense"],
        &["--widths 1000000x6", "GiB", "memory are free", "bounds", "auto serves"],
    );
    // All stages see one input at most in the law.
    refused(
        &["check", "--widths", "1e6x6", "--engine", "law"],
        &["--engine law", "output and gradient", "model"],
    );
    refused(
        &["check", "--widths", "1e30x3"],
        &["--widths 1e30x3", "2^64 bytes", "serves --stages output,gradient;"],
    );
}

/// A limit that the shell has set counts, too.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_the_shell_is_kept() {
    let command = format!(
        "ulimit -v 2000000; {} check --widths 1e7x3 --engine conditioned --stages output --trials \
            1",
        env!("CARGO_BIN_EXE_relubound")
    );
    let output = std::process::Command::new("sh").args(["-c", &command]).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    // Less what the program has taken already, and what its threads reserve.
    let free = message.split("and ").nth(1).and_then(|rest| rest.split(" GiB of memory").next());
    let free: f64 = free.unwrap().parse().unwrap();
    assert!((0.2..1.8).contains(&free), "{message}");
}

#[test]
fn angles_are_not_guessed_at() {
    refused(&["angle", "--cos", "1/3/2"], &["--cos 1/3/2"]);
    refused(&["angle", "--cos", "-1/-3"], &["--cos -1/-3"]);
    assert!(
        relubound(&["bounds", "--widths", "3,2", "--theta0", "1e-50", "--stages", "collapse"])
            .status
            .success()
    );
    refused(&["check", "--theta0", "1e-60", "--stages", "collapse"], &["--theta0", "1e-50"]);
    refused(&["angle", "--digits", "1000000"], &["--digits 1000000", "1 to 100000, such as 50"]);
    refused(&["bounds", "--oscillation", "0", "--sphere"], &["--oscillation 0", "1e-6"]);
    refused(&["bounds", "--depths", "1..5"], &["--threshold"]);
    refused(&["bounds", "--threshold", "--depths", "5..1"], &["--depths 5..1", "1..10"]);
    refused(&["bounds", "--threshold", "--depths", "0,2"], &["--depths 0,2", "from 1"]);
    refused(&["bounds", "--threshold", "--depths", "1..1e9"], &["--depths 1..1e9"]);
    refused(&["growth", "--depths", "1..5000"], &["--depths 1..5000", "at most 1000"]);
    refused(&["growth", "--delta", "2"], &["--delta 2", "between 0 and 1"]);
    refused(&["growth", "--trials", "-3"], &["--trials -3"]);
    // Far below the range of floating point, and with a letter of its own.
    let tiny = relubound(&["angle", "--theta0", "1e-400", "--digits", "5", "--depth", "3"]);
    assert!(tiny.status.success() && text(&tiny.stdout).contains("1.0000e-400"));
    assert!(relubound(&["angle", "--theta0", "3/4 π", "--depth", "3"]).status.success());
    // On a line there are no orthogonal inputs.
    let line = json(&[
        "check", "--widths", "1,64", "--trials", "20", "--stages", "collapse", "--format", "json",
    ]);
    let pair = line["rows"].as_array().unwrap().iter().find(|r| r["statement"] == "collapse.pair");
    assert_eq!(pair.unwrap()["verdict"], "outside-hypotheses");
}

#[test]
fn directories_that_cannot_be_used_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "precious").unwrap();
    let small = ["check", "--widths", "4x2", "--trials", "20", "--out"];
    let at = |path: &Path| {
        [&small[..], &[path.to_str().unwrap()]]
            .concat()
            .iter()
            .map(std::string::ToString::to_string)
            .collect::<Vec<_>>()
    };
    let args = |path: &Path, more: &[&str]| {
        at(path)
            .into_iter()
            .chain(more.iter().map(std::string::ToString::to_string))
            .collect::<Vec<_>>()
    };
    let run = |args: Vec<String>| relubound(&args.iter().map(String::as_str).collect::<Vec<_>>());

    let output = run(args(&file.join("below"), &[]));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--out"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");

    let kept = dir.path().join("run");
    assert!(run(args(&kept, &["--seed", "1"])).status.success());
    let first = fs::read(kept.join("run.json")).unwrap();
    let again = run(args(&kept, &["--seed", "2"]));
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("--force"));
    assert_eq!(fs::read(kept.join("run.json")).unwrap(), first);
    assert!(run(args(&kept, &["--seed", "2", "--force"])).status.success());
    assert_ne!(fs::read(kept.join("run.json")).unwrap(), first);
    // Nothing is written before the input is known to be good.
    let untouched = dir.path().join("untouched");
    assert_eq!(run(args(&untouched, &["--delta", "7"])).status.code(), Some(2));
    assert!(!untouched.exists());
}

#[cfg(unix)]
#[test]
fn a_read_only_directory_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write anywhere; then there is nothing to see.
    if fs::write(dir.path().join("probe"), "").is_err() {
        refused(
            &["check", "--widths", "4", "--trials", "5", "--out", dir.path().to_str().unwrap()],
            &["--out", "cannot"],
        );
    } else {
        eprintln!("skipped: this user may write to read-only directories");
    }
}

#[test]
fn json_passes_the_schema_and_a_planted_error_does_not() {
    let schema: Value = serde_json::from_str(include_str!("../schema/ledger.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for args in [
        &["check", "--preset", "bottleneck", "--trials", "20", "--format", "json"][..],
        &["check", "--widths", "8,3,3,3", "--trials", "300", "--format", "json"],
        &[
            "check",
            "9,8",
            "--classes",
            "5",
            "--target",
            "nearest",
            "--trials",
            "20",
            "--format",
            "json",
        ],
        &[
            "check",
            "9,8",
            "--weights",
            "uniform",
            "--output-weights",
            "rademacher",
            "--slope",
            "0.1",
            "--trials",
            "20",
            "--format",
            "json",
        ],
        &["check", "9,8", "--activation", "gelu", "--trials", "20", "--format", "json"],
        &["check", "--widths", "3", "--trials", "30", "--precision", "f32", "--format", "json"],
        &["bounds", "--widths", "1e30x4", "--format", "json"],
        &["bounds", "--widths", "50x500", "--delta", "1e-300", "--format", "json"],
        &["check", "--widths", "4x4000", "--trials", "3", "--stages", "output", "--format", "json"],
        &["bounds", "--widths", "9,1", "--format", "json"],
        &["bounds", "--widths", "1e14x3", "--threshold", "--format", "json"],
        &["check", "--widths", "9,9", "--trials", "5", "--radius", "0", "--format", "json"],
    ] {
        let value = json(args);
        let errors: Vec<String> =
            schema.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(errors.is_empty(), "{args:?}: {errors:?}");
    }
    let mut value = json(&["bounds", "--format", "json"]);
    value["rows"][2]["bound"]["value"] = Value::from(-1.0);
    assert!(!schema.is_valid(&value));
    let mut value = json(&["bounds", "--widths", "50x5000", "--format", "json"]);
    assert!(value["rows"][2]["bound"]["value"].is_null());
    value["rows"][2]["bound"].as_object_mut().unwrap().remove("value_exact");
    assert!(!schema.is_valid(&value));
    let mut value = json(&["bounds", "--format", "json"]);
    value["rows"][0]["verdict"] = Value::from("fine");
    assert!(!schema.is_valid(&value));
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let bytes = |threads: &str, out: &Path| {
        let args = [
            "check",
            "--widths",
            "30,7,40",
            "--trials",
            "500",
            "--format",
            "json",
            "--threads",
            threads,
            "--out",
            out.to_str().unwrap(),
        ];
        let output = relubound(&args);
        assert!(output.status.success());
        let file = |name: &str| fs::read(out.join(name)).unwrap();
        [
            output.stdout,
            file("run.json"),
            file("trials.jsonl"),
            file("report.html"),
            file("ledger.csv"),
            file("ledger.md"),
        ]
    };
    let dir = tempfile::tempdir().unwrap();
    let one = bytes("1", &dir.path().join("one"));
    assert_eq!(one, bytes("2", &dir.path().join("two")));
    assert_eq!(one, bytes("7", &dir.path().join("seven")));
    let other = json(&[
        "check", "--widths", "30,7,40", "--trials", "500", "--format", "json", "--seed", "2",
    ]);
    assert_ne!(serde_json::from_slice::<Value>(&one[0]).unwrap()["rows"], other["rows"]);
}

#[test]
fn a_run_names_the_format_that_it_computed_in() {
    for (engine, format) in [("dense", "dense f32"), ("conditioned", "conditioned f64")] {
        let args = ["check", "--widths", "20,10", "--trials", "50", "--stages", "output"];
        let output = relubound(&[&args[..], &["--precision", "f32", "--engine", engine]].concat());
        let shown = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(&format!("seed 1, {format} ")), "{shown}");
    }
}

#[test]
fn bounds_and_check_print_the_same_rows() {
    let check = json(&["check", "--widths", "20,5,30,7", "--trials", "10", "--format", "json"]);
    let bounds = json(&["bounds", "--widths", "20,5,30,7", "--format", "json"]);
    for (a, b) in check["rows"].as_array().unwrap().iter().zip(bounds["rows"].as_array().unwrap()) {
        for field in ["statement", "bound", "expected", "variants", "proof"] {
            assert_eq!(a[field], b[field]);
        }
    }
    assert_eq!(bounds["status"], "bounds");
    assert!(bounds["rows"].as_array().unwrap().iter().all(|r| r["verdict"].is_null()));
}

/// With weights of a form and an input from files, all of it is in the run: files are not read
/// again.
#[test]
fn a_run_in_another_norm_renders_again_without_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("m.csv"), "1, 0.1\n3,1e-3\n2.5 7\n").unwrap();
    fs::write(at("x.txt"), "0.25 -1 0 3 1e-3 0.1").unwrap();
    let (form, input, out) = (format!("form:{}", at("m.csv")), at("x.txt"), at("run"));
    let args =
        ["check", "6,20", "--norm", &form, "--input", &input, "--trials", "60", "--out", &out];
    let first = relubound(&[&args[..], &["--stages", "norm,gradient", "--json"]].concat());
    assert!(first.status.success(), "{}", text(&first.stderr));
    fs::remove_file(at("m.csv")).unwrap();
    fs::remove_file(at("x.txt")).unwrap();
    let again = json(&["report", &out, "--json"]);
    let value: Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!(value["rows"], again["rows"]);
    assert_eq!(again["config"]["input"][3], 3.0);
    let law = again["rows"].as_array().unwrap().iter().find(|row| row["statement"] == "norm.size");
    assert_eq!(law.unwrap()["verdict"], "not-rejected");
    // Another input is another run.
    fs::write(at("y.txt"), "1 1 1 1 1 1").unwrap();
    let other = ["check", "6,20", "--norm", "linf", "--input", &at("y.txt"), "--trials", "60"];
    let flat = json(&[&other[..], &["--stages", "norm", "--json"]].concat());
    let usual =
        json(&["check", "6,20", "--norm", "linf", "--trials", "60", "--stages", "norm", "--json"]);
    // Entries of one size are what is taken where none are given.
    assert_eq!(flat["rows"], usual["rows"]);
}

/// How far weights may have moved is in the run, and the rows about it are read back.
#[test]
fn a_run_of_trained_networks_renders_again() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run").to_str().unwrap().to_owned();
    let args = ["check", "30,200", "--trained", "0.01", "--trials", "30", "--out", &out];
    let first = relubound(&[&args[..], &["--stages", "trained,model", "--json"]].concat());
    assert!(first.status.success(), "{}", text(&first.stderr));
    let (value, again): (Value, Value) =
        (serde_json::from_slice(&first.stdout).unwrap(), json(&["report", &out, "--json"]));
    assert_eq!(value["rows"], again["rows"]);
    assert_eq!(again["config"]["trained"], "0.01");
    assert_eq!(value["rows"].as_array().unwrap().len(), 6);
    // Without the parameter there are no such rows; with it, all stages and these.
    let rows = |args: &[&str]| json(args)["rows"].as_array().unwrap().len();
    let usual = rows(&["bounds", "30,200", "--json"]);
    assert_eq!(rows(&["bounds", "30,200", "--trained", "0.01", "--json"]), usual + 5);
}

/// The table of biases: text, Markdown, a page and JSON carry the same numbers.
#[test]
fn biases_by_depth_are_printed_in_every_format() {
    let args = ["biases", "400", "--depths", "1,2,3", "--trials", "40", "--delta", "0.3"];
    let of = |format: &str| {
        let output = relubound(&[&args[..], &["--format", format]].concat());
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let value: Value = serde_json::from_str(&of("json")).unwrap();
    let rows = value["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    let size = |row: &Value, key: &str| row[key].as_f64();
    for row in rows {
        // What is proved is less than what is seen, and half of the steps fail later.
        let [proved, seen, half] =
            ["proved", "observed", "half_observed"].map(|key| size(row, key));
        assert!(proved.is_none_or(|proved| seen.is_some_and(|seen| proved < seen)), "{row}");
        assert!(half.is_some() && size(row, "beyond").unwrap() > 1.0, "{row}");
    }
    assert!(size(&rows[0], "proved").is_some_and(|size| size > 0.1));
    assert!(size(&rows[0], "beyond") > size(&rows[2], "beyond"));
    for format in ["text", "markdown", "html"] {
        let text = of(format);
        assert!(text.contains("beyond") && text.contains("proved to flip"), "{text}");
    }
    assert!(of("html").contains("<svg"));
}

/// The table of norms: text, Markdown, a page and JSON carry the same numbers.
#[test]
fn norms_side_by_side_are_printed_in_every_format() {
    let args = ["norms", "64x2", "--trials", "40", "--shares", "64,128", "--delta", "0.3"];
    let value = json(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(value["norms"].as_array().unwrap().len(), 4);
    assert_eq!(value["shares"].as_array().unwrap().len(), 4);
    assert_eq!(value["failed"], false);
    for format in ["text", "markdown", "html"] {
        let output = relubound(&[&args[..], &["--format", format]].concat());
        let printed = text(&output.stdout);
        assert!(output.status.success() && printed.contains("top:10%"), "{format}");
        for row in value["norms"].as_array().unwrap() {
            let widths = row["proved"].as_str().unwrap();
            assert!(printed.contains(widths), "{format} {widths}");
        }
        // Nobody but the library is named, and no number is none.
        assert!(!printed.contains("NaN") && !printed.contains("FAILED"));
    }
    let alone =
        relubound(&["norms", "9,5", "--norms", "l1,top:2", "--shares", "none", "--trials", "0"]);
    let printed = text(&alone.stdout);
    assert!(alone.status.success() && printed.contains("top:2") && !printed.contains("How few"));
}

#[test]
fn a_stored_run_renders_again_and_damage_is_recognised() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let first = relubound(&[
        "check", "--widths", "8,3,3,3", "--trials", "300", "--format", "json", "--out", path,
    ]);
    let page = fs::read(dir.path().join("report.html")).unwrap();
    fs::remove_file(dir.path().join("report.html")).unwrap();
    assert!(relubound(&["report", path]).status.success());
    assert_eq!(fs::read(dir.path().join("report.html")).unwrap(), page);
    assert_eq!(relubound(&["report", path, "--format", "json"]).stdout, first.stdout);

    let damage = |name: &str, change: &dyn Fn(String) -> String, word: &str| {
        let file = dir.path().join(name);
        let original = fs::read_to_string(&file).unwrap();
        fs::write(&file, change(original.clone())).unwrap();
        refused(&["report", path], &["DIR", name, word]);
        fs::write(&file, original).unwrap();
        assert!(relubound(&["report", path]).status.success());
    };
    damage("run.json", &|t| t[..t.len() / 2].to_owned(), "truncated or edited");
    damage("run.json", &|t| t.replace("not-rejected", "holds"), "edited");
    damage("run.json", &|t| t.replace("\"seed\": 1", "\"seed\": 3"), "edited");
    damage("run.json", &|_| String::new(), "truncated or edited");
    damage("run.json", &|_| "{}".into(), "edited");
    damage("trials.jsonl", &|t| t[..t.len() - 40].to_owned(), "truncated");
    damage("trials.jsonl", &|t| t.clone() + t.lines().last().unwrap() + "\n", "longer");
    damage("trials.jsonl", &|t| t.replacen("\"trial\":0", "\"trial\":9", 1), "edited");
    fs::remove_file(dir.path().join("trials.jsonl")).unwrap();
    refused(&["report", path], &["trials.jsonl", "No such file"]);
}

/// Starts a run too long to finish and waits until it has written some trials.
#[cfg(unix)]
fn long_run(dir: &Path) -> std::process::Child {
    let program = assert_cmd::cargo::cargo_bin!("relubound");
    let mut child = Command::new(program)
        .args(["check", "--widths", "300x6", "--trials", "300000", "--out", dir.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..1200 {
        let text = fs::read_to_string(dir.join("run.json")).unwrap_or_default();
        let ledger: Value = serde_json::from_str(&text).unwrap_or_default();
        if ledger["trials"].as_u64().unwrap_or(0) > 0 {
            return child;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = child.kill();
    let _ = child.wait();
    panic!("no checkpoint within a minute");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_that_it_is_partial() {
    let dir = tempfile::tempdir().unwrap();
    let child = long_run(dir.path());
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(text(&output.stdout).contains("PARTIAL RUN"), "{}", text(&output.stdout));
    let report = relubound(&["report", dir.path().to_str().unwrap()]);
    assert!(report.status.success() && text(&report.stdout).contains("PARTIAL RUN"));
    assert!(fs::read_to_string(dir.path().join("report.html")).unwrap().contains("PARTIAL RUN"));
}

#[cfg(unix)]
#[test]
fn a_killed_run_can_still_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = long_run(dir.path());
    child.kill().unwrap();
    child.wait().unwrap();
    let report = relubound(&["report", dir.path().to_str().unwrap(), "--format", "json"]);
    let ledger: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(ledger["status"], "partial");
    assert!(ledger["trials"].as_u64().unwrap() > 0);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let program = assert_cmd::cargo::cargo_bin!("relubound");
    let script = format!(
        "'{}' bounds --format html | head -c 1 > /dev/null; echo \"${{PIPESTATUS[0]}}\"",
        program.display()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!((text(&output.stdout).trim(), text(&output.stderr).trim()), ("0", ""));
}

#[test]
fn verdicts_decide_the_exit_status() {
    // A handful of trials settles nothing.
    let few = ["check", "--widths", "64x5", "--trials", "20"];
    assert_eq!(relubound(&few).status.code(), Some(0));
    assert_eq!(relubound(&[&few[..], &["--strict"]].concat()).status.code(), Some(3));
}

#[test]
fn stdout_is_plain_when_it_is_not_a_terminal() {
    let output = relubound(&["bounds", "--widths", "8,3"]);
    assert!(!text(&output.stdout).contains('\u{1b}') && output.stderr.is_empty());
}

#[test]
fn tables_fit_a_hundred_columns() {
    for args in [
        &["bounds"][..],
        &["check", "--widths", "8,3,3,3", "--trials", "500"],
        &["check", "--widths", "1000000,3", "--trials", "3", "--searches", "1"],
    ] {
        let output = text(&relubound(args).stdout);
        for line in output.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn the_page_is_self_contained() {
    let page = text(
        &relubound(&["check", "--widths", "8,3,3,3", "--trials", "400", "--format", "html"]).stdout,
    );
    // One for every statement that has something to show, and more for the layers.
    assert!(page.matches("<svg").count() > 15);
    for outside in ["<script", "src=", "url(", "<link", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // The only addresses are names of XML vocabularies.
    assert!(page.matches("http").count() == page.matches("http://www.w3.org/").count());
}

#[test]
fn every_format_carries_every_row() {
    for format in ["text", "json", "csv", "markdown", "html"] {
        // One has rows only with biases.
        let norm = ["--norm", "linf", "--trained", "0.01", "--bias", "0.5"];
        let args = [&["bounds", "9,4", "-v", "--format", format][..], &norm].concat();
        let output = text(&relubound(&args).stdout);
        // Factors have a table of their own, once there is something to compare them with; the
        // other side of a threshold is for people where there is one.
        let data = ["json", "csv"].contains(&format);
        let spared = |s: &&Statement| s.kind == Kind::Factor || s.about == About::Failure;
        let listed = |s: &&Statement| data || !spared(s);
        for statement in relubound::stage::statements().filter(listed) {
            assert!(output.contains(statement.label), "{format} lacks {}", statement.label);
        }
    }
    let output = text(&relubound(&["bounds", "--stages", "gradient"]).stdout);
    assert!(!output.contains("output.") && output.contains("gradient.ratio"));
}

#[test]
fn usage_is_said_where_it_is_asked_for() {
    let few = ["check", "--widths", "64x2", "--trials", "20", "--stages", "output"];
    assert_eq!(text(&relubound(&few).stderr), "");
    let said = text(&relubound(&[&few[..], &["--usage"]].concat()).stderr);
    assert!(said.contains(" s, ") && said.contains("of memory") && said.lines().count() == 1);
    // A network of 64 MiB is held, and not much more.
    if cfg!(target_os = "linux") {
        let large = ["check", "--widths", "2048x2", "--trials", "1", "--searches", "0"];
        let more = ["--stages", "output", "--engine", "dense", "--threads", "1", "--usage"];
        let said = text(&relubound(&[&large[..], &more].concat()).stderr);
        let peak = said.split("at most ").nth(1).and_then(|rest| rest.split(' ').next());
        let peak: f64 = peak.unwrap().parse().unwrap();
        assert!((64.0..160.0).contains(&peak), "{said}");
    }
}

/// A run as the first form has it: without what is new, and with its old name.
#[test]
fn old_runs_still_render() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let args = ["check", "6,4", "--trials", "60", "--searches", "20", "--out"];
    assert!(relubound(&[&args[..], &[out.to_str().unwrap()]].concat()).status.success());
    let path = out.join("run.json");
    let mut run: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let (now, body) = (run.clone(), run.as_object_mut().unwrap());
    body.shift_remove("schema");
    body["config"]["sampling"].as_object_mut().unwrap().shift_remove("steps");
    for row in body["rows"].as_array_mut().unwrap() {
        let row = row.as_object_mut().unwrap();
        for name in ["outside", "searched", "counted", "reach", "high"] {
            row.shift_remove(name);
        }
        let expected = row.shift_remove("expected").unwrap();
        row.insert("prediction".into(), expected);
    }
    body.shift_remove(SEAL);
    let sealed = seal(&run);
    run[SEAL] = sealed.into();
    std::fs::write(&path, run.to_string()).unwrap();
    let report = relubound(&["report", out.to_str().unwrap(), "--json"]);
    assert!(report.status.success(), "{}", text(&report.stderr));
    let read: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(read["rows"], now["rows"]);
    // One of a later form is not read at all.
    run["schema"] = 99.into();
    run.as_object_mut().unwrap().shift_remove(SEAL);
    let sealed = seal(&run);
    run[SEAL] = sealed.into();
    std::fs::write(&path, run.to_string()).unwrap();
    refused(&["report", out.to_str().unwrap()], &["a later version"]);
}
