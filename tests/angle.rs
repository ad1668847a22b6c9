//! The angle's recurrence as a user meets it.

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;
use std::process::Output;
use std::time::Duration;

fn angle(args: &[&str]) -> Output {
    cargo_bin_cmd!("relubound")
        .arg("angle")
        .args(args)
        .timeout(Duration::from_mins(2))
        .output()
        .unwrap()
}

fn text(args: &[&str]) -> String {
    let output = angle(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The same with biases, by the kernel of a common entry beside, with 400 digits.
#[test]
fn reference_values_with_biases() {
    for (slope, bias, start, layer, theta, scaled) in [
        (
            "1/10",
            "1/2",
            "0",
            1,
            "1.18078056126037104479031474826",
            "1.32015280074427220531591501194",
        ),
        (
            "0.1",
            "0.5",
            "0",
            100,
            "0.00000956119510494932091012270158169",
            "0.669904400883772078885898173226",
        ),
        ("0", "1/2", "-1/3", 1000, "2.15996454483158923945654726181e-49", "0.61581905993"),
        (
            "-1",
            "1/3",
            "-1",
            10,
            "0.177376010733459634242953762541",
            "0.300387831688021192980327799863",
        ),
        (
            "-1/2",
            "2",
            "0",
            50,
            "3.78700609123056092749158679816e-18",
            "1.12861576415019062980758749384",
        ),
    ] {
        let args = ["--slope", slope, "--bias", bias, "--cos", start];
        let shown = text(&[&args[..], &["--depth", "1000", "--digits", "30"]].concat());
        let block = shown.split(&format!("layer {layer}\n")).nth(1).unwrap();
        let number = |line: usize| {
            let line = block.lines().nth(line).unwrap();
            line.split_whitespace().last().unwrap().to_owned()
        };
        let (seen, ratio) = (number(1), number(2));
        let same = |a: &str, b: &str| {
            let (a, b) = (a.parse::<f64>().unwrap(), b.parse::<f64>().unwrap());
            (a / b - 1.0).abs() < 1e-11
        };
        assert!(same(&seen, theta) && same(&ratio, scaled), "{seen} {ratio}");
        let digits = |x: &str| x.split('e').next().unwrap().replace(['.', '0'], "");
        assert_eq!(digits(&seen), digits(theta), "slope {slope}, bias {bias}, layer {layer}");
    }
    assert!(text(&["--bias", "0.5", "--depth", "9"]).contains("falls geometrically"));
    assert!(text(&["--bias", "3/4", "--depth", "9"]).contains(", 0.80000000000"));
    // None is none.
    assert_eq!(text(&["--bias", "0", "--depth", "50"]), text(&["--depth", "50"]));
    assert!(!angle(&["--bias", "-1"]).status.success());
    // Deep layers cost no more digits than others.
    let args = ["--bias", "1", "--depth", "100000", "--digits", "20"];
    assert!(text(&args).contains("100000"));
}

/// Thirty digits of cos θ_i from ball arithmetic at 6000 bits.
#[test]
fn reference_values() {
    let table = [
        ("0", 1, "0.318309886183790671537767526745"),
        ("0", 10, "0.871535516021517620848623579419"),
        ("0", 100, "0.996423146683947625964853988239"),
        ("0", 1000, "0.999956870267450785986716460068"),
        ("1/2", 1, "0.608997781044229358088996582490"),
        ("1/2", 10, "0.897646729807322553541324284967"),
        ("1/2", 100, "0.996552710860832020025144496034"),
        ("1/2", 1000, "0.999957043960187563664646429258"),
        ("-1", 10, "0.854809237548905775548109437016"),
        ("-1", 100, "0.996357151120418373497083489655"),
        ("-1", 1000, "0.999956785011164286260161589618"),
    ];
    for start in ["0", "1/2", "-1"] {
        let shown = text(&["--cos", start, "--depth", "1000", "--digits", "30"]);
        for (_, layer, digits) in table.iter().filter(|row| row.0 == start) {
            let block = shown.split(&format!("layer {layer}\n")).nth(1).unwrap();
            let cos = block.lines().next().unwrap().trim();
            assert_eq!(cos, format!("cos θ    {digits}"), "start {start}, layer {layer}");
        }
    }
    // Opposite inputs are orthogonal after one layer, exactly.
    assert!(
        text(&["--cos", "-1", "--depth", "1"]).lines().any(|l| l.trim_start().starts_with("1  0 "))
    );
}

/// The same at other slopes, by another formula (the kernel as a mean of those of ReLU at θ and π −
/// θ), with 80 digits.
#[test]
fn reference_values_at_other_slopes() {
    for (slope, start, layer, digits) in [
        ("-1/2", "0", 1, "0.572957795130823208767981548141"),
        ("-1/2", "0", 10, "0.949795084649394379125918038367"),
        ("-1/2", "0", 1000, "0.999986636589693478245822210522"),
        ("-1/2", "-1/3", 1000, "0.999986636452813240733587562106"),
        ("0.1", "0", 100, "0.994572271167972938294699113130"),
        ("0.1", "-1/3", 1, "0.0699263065816712962050555583318"),
        ("-1", "0", 1, "0.636619772367581343075535053490"),
        ("-1", "-1/3", 1000, "0.999989177270033102008756556059"),
        ("0.3", "-1/3", 1, "-0.107290524641594981132009669855"),
        ("0.3", "0", 1000, "0.999789605193827986223300896492"),
    ] {
        let shown = text(&["--slope", slope, "--cos", start, "--depth", "1000", "--digits", "30"]);
        let block = shown.split(&format!("layer {layer}\n")).nth(1).unwrap();
        let cos = block.lines().next().unwrap().trim();
        assert_eq!(cos, format!("cos θ    {digits}"), "slope {slope}, {start}, layer {layer}");
    }
    // The absolute value cannot tell an input from its opposite, and a line keeps all angles.
    let at = |slope: &str, start: &str| text(&["--slope", slope, "--cos", start, "--depth", "2"]);
    assert!(at("-1", "-1").contains("2  1.0000000000000000000   0 "));
    assert!(at("1", "0.25").contains("2  0.25000000000000000000"));
    assert!(text(&["--depth", "2"]).contains("tends to 3π\n"));
    assert!(at("-1/2", "0").contains("tends to 5π/3\n") && at("1", "0").contains("linear"));
}

#[test]
fn starts_that_are_the_same_give_the_same() {
    let rows = |args: &[&str]| text(args).lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        rows(&["--theta0", "pi/3", "--depth", "50"]),
        rows(&["--cos", "0.5", "--depth", "50"])
    );
    assert_eq!(rows(&["--theta0", "pi/2", "--depth", "50"]), rows(&["--depth", "50"]));
    assert!(text(&["--theta0", "0", "--depth", "3"]).contains("3  1"));
}

#[test]
fn enclosures_are_nested_and_pass_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("../schema/angle.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let json = |digits: &str, start: &str| -> Value {
        let args = ["--theta0", start, "--depth", "40", "--digits", digits, "--format", "json"];
        serde_json::from_str(&text(&args)).unwrap()
    };
    for start in ["pi/7", "1.25", "pi", "0", "1e-9"] {
        let (coarse, fine) = (json("12", start), json("25", start));
        assert!(schema.is_valid(&coarse) && schema.is_valid(&fine), "{start}");
        for (a, b) in
            coarse["steps"].as_array().unwrap().iter().zip(fine["steps"].as_array().unwrap())
        {
            for part in ["cos", "theta", "scaled"] {
                let end = |row: &Value, side: &str| {
                    row[part][side].as_str().unwrap().parse::<f64>().unwrap()
                };
                assert!(
                    end(a, "lo") <= end(b, "lo") && end(b, "hi") <= end(a, "hi"),
                    "{start} {part}"
                );
            }
            if let Some(envelope) = a["envelope"].as_object() {
                let end = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
                let theta = &a["theta"];
                assert!(
                    end(&envelope["lo"]) <= end(&theta["hi"])
                        && end(&theta["lo"]) <= end(&envelope["hi"])
                );
            }
        }
    }
    let mut broken = json("12", "1");
    broken["steps"][0]["cos"]["lo"] = Value::from(0.5);
    assert!(!schema.is_valid(&broken));
}

#[test]
fn bad_input_gets_one_line() {
    for (args, words) in [
        (&["--cos", "1.1"][..], &["--cos 1.1", "-1 to 1"][..]),
        (&["--cos", "x"], &["--cos x"]),
        (&["--theta0", "4"], &["--theta0 4", "0 to pi"]),
        (&["--theta0", "pi/0"], &["--theta0 pi/0"]),
        (&["--depth", "0"], &["--depth 0", "from 1"]),
        (&["--digits", "1000000"], &["--digits 1000000", "100000"]),
        (&["--cos", "0", "--theta0", "1"], &["--cos", "--theta0"]),
    ] {
        let output = angle(args);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }
}

/// A start far below what the layers move: its envelopes settle the digits, and few bits are
/// enough.
#[test]
fn a_tiny_start_takes_few_bits() {
    let args = ["--theta0", "1e-2000", "--depth", "1000", "--digits", "20", "--format", "json"];
    let table: serde_json::Value = serde_json::from_str(&text(&args)).unwrap();
    assert!(table["config"]["precision"].as_u64().unwrap() < 200);
    let last = table["steps"].as_array().unwrap().last().unwrap();
    assert!(last["theta"]["lo"].as_str().unwrap().starts_with("9.9999999999999999999e-2001"));
    // Where the layers do move it, both ways give the same digits.
    let digits = |start: &str| {
        let args = ["--theta0", start, "--depth", "3", "--digits", "12", "--format", "json"];
        let table: serde_json::Value = serde_json::from_str(&text(&args)).unwrap();
        let precision = table["config"]["precision"].as_u64().unwrap();
        (precision, table["steps"][3]["theta"]["lo"].as_str().unwrap().to_owned())
    };
    // θ_3 ≈ θ₀(1 − θ₀/π): at 1e-12 envelopes are enough, at 1e-2 they are not.
    assert!(digits("1e-12").0 < digits("1e-2").0);
    assert!(digits("1e-2").1.starts_with("0.009968"));
}
