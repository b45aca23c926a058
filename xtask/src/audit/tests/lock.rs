//! What is declared against what was granted.

use super::super::lock::{FILE, Lock};
use super::super::{accept, audit};
use super::Case;

const PLUGIN: &str = "#[plugin(permissions(env(\"A\", \"B\")))]\npub mod sample {\n    pub fn read() {\n        \
    let _ = (std::env::var(\"A\"), std::env::var(\"B\"));\n    }\n}\n";

/// The reports with this lock file.
fn with(lock: Option<&str>) -> (Case, String) {
    let case = Case::new(PLUGIN);
    if let Some(lock) = lock {
        std::fs::write(case.root().join(FILE), lock).unwrap();
    }
    let text = audit(&case.root(), std::slice::from_ref(&case.package), true).unwrap().text(false);
    (case, text)
}

#[test]
fn what_was_not_granted_is_told_at_its_own_token() {
    let (_, text) = with(Some("[sample]\nenv = [\"A\"]\n"));
    let expected = "\
error[lock]: plugin `sample` declares `env(\"B\")`, which plugins/permissions.lock does not grant
 --> plugins/sample/src/lib.rs:1:31
  |
1 | #[plugin(permissions(env(\"A\", \"B\")))]
  |                               ^^^ not granted
  = help: if that is meant, run `cargo xtask audit --accept` and let a review read the difference

audit: 1 package, 1 file: 1 error, 0 warnings
";
    assert_eq!(text, expected);
}

#[test]
fn without_a_lock_file_nothing_is_granted() {
    let (_, text) = with(None);
    assert_eq!(text.matches("error[lock]").count(), 2, "{text}");
}

#[test]
fn what_was_granted_and_is_no_longer_declared_is_told_in_the_lock_file() {
    let (_, text) =
        with(Some("[gone]\nprocess = true\n\n[sample]\nenv = [\"A\", \"B\"]\nfs = [\"./data\"]\n"));
    let expected = "\
error[lock]: plugins/permissions.lock grants permissions to `gone`, and there is no such plugin
 --> plugins/permissions.lock:1:1
  |
1 | [gone]
  | ^^^^^^ no such plugin
  = help: if that is meant, run `cargo xtask audit --accept` and let a review read the difference

error[lock]: plugins/permissions.lock grants `fs(\"./data\")` to `sample`, which no longer declares it
 --> plugins/permissions.lock:4:1
  |
4 | [sample]
  | ^^^^^^^^ granted
  = help: if that is meant, run `cargo xtask audit --accept` and let a review read the difference

audit: 1 package, 1 file: 2 errors, 0 warnings
";
    assert_eq!(text, expected);
}

#[test]
fn what_is_accepted_is_granted_and_accepting_again_changes_nothing() {
    let (case, _) = with(Some("[gone]\nprocess = true\n"));
    let packages = std::slice::from_ref(&case.package);
    accept(&case.root(), &audit(&case.root(), packages, true).unwrap().wanted).unwrap();
    let outcome = audit(&case.root(), packages, true).unwrap();
    assert!(outcome.findings.is_empty(), "{}", outcome.text(false));
    let read = || std::fs::read_to_string(case.root().join(FILE)).unwrap();
    let before = read();
    accept(&case.root(), &outcome.wanted).unwrap();
    assert_eq!(read(), before);
    assert!(!before.contains("gone"), "{before}");
}

#[test]
fn accepting_one_package_leaves_the_others_as_they_were_granted() {
    let (case, _) = with(Some("[other]\nprocess = true\n"));
    let outcome = audit(&case.root(), std::slice::from_ref(&case.package), false).unwrap();
    assert!(!outcome.text(false).contains("other"), "{}", outcome.text(false));
    accept(&case.root(), &outcome.wanted).unwrap();
    let lock = Lock::read(&case.root().join(FILE)).unwrap();
    assert_eq!(lock.granted.keys().collect::<Vec<_>>(), ["other", "sample"]);
}
