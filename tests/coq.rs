//! The machine-checked part of the proofs, where Coq is installed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn installed() -> bool {
    let found = Command::new("coqc").arg("--version").output().is_ok_and(|o| o.status.success());
    if !found {
        eprintln!("skipped: coqc is not installed");
    }
    found
}

/// The check of one file, run on a copy to which `add` is appended.
fn check_with(file: &str, add: &str) -> Output {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs/coq");
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(kept).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
    }
    let changed = dir.path().join(file);
    let text = fs::read_to_string(&changed).unwrap();
    fs::write(&changed, text + add).unwrap();
    Command::new(dir.path().join("check")).arg(file).output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_machine_without_coq_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    for tool in ["bash", "dirname"] {
        let path = ["/bin", "/usr/bin"].map(|bin| Path::new(bin).join(tool));
        let found = path.into_iter().find(|path| path.exists()).unwrap();
        std::os::unix::fs::symlink(found, dir.path().join(tool)).unwrap();
    }
    let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs/coq/check");
    let output =
        Command::new(dir.path().join("bash")).arg(check).env("PATH", dir.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("Coq is not installed"));
}

#[test]
fn unfinished_proofs_and_new_axioms_are_refused() {
    if !installed() {
        return;
    }
    // The file as it stands, then ways to cheat. (All files: continuous integration.)
    let output = check_with("Recurrence.v", "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (planted, said) in [
        ("\nTheorem more : 0 = 1. Proof. Admitted.\n", "unfinished proof or assumption"),
        (
            "\nVariable more : 0 = 1.\nTheorem most : 0 = 1. Proof. exact more. Qed.\n",
            "outside a section",
        ),
        ("\nTheorem more : 0 = 1. Proof. reflexivity. Qed.\n", "Unable to unify"),
        // Names that the audit might confuse or miss.
        (
            "\nDeclare Module More.\nTheorem most' : 0 = 1. Proof. exact More.more. Qed.\n",
            "not allowed",
        ),
        (
            "\nLemma one : True. Proof. exact I. Qed. Theorem two : True. Proof. exact I. Qed.\n",
            "begin a line",
        ),
        ("\nModule Classical_Prop. Variable classic : 0 = 1. End Classical_Prop.\n", "not allowed"),
        ("\nTheorem\n  hidden : True. Proof. exact I. Qed.\n", "begin a line"),
    ] {
        let output = check_with("Recurrence.v", planted);
        let message = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "{planted}");
        assert!(message.contains(said), "{planted}: {message}");
    }
}
