//! Planted violations, each with its whole report; look-alikes that are fine; the lock file; the workspace itself.
//!
//! A case is a file: lines `//: key values` for the manifest, `src/lib.rs`, then further files, each behind `//- path`. A line
//! with `//~ kind` is one that must be reported as that kind, and no other line may be. `UPDATE_EXPECT=1 cargo test -p xtask audit`
//! writes down the reports; read the difference before it is committed.

mod lock;
mod output;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use tempfile::TempDir;

use super::finding::Level;
use super::package::Package;
use super::{Outcome, audit};
use crate::workspace;

/// Line, in which file, and the kind.
type Mark = (String, usize, String);

/// A workspace of one plugin package, `plugin-sample`, as a case describes it.
struct Case {
    folder: TempDir,
    package: Package,
    marks: BTreeSet<Mark>,
}

impl Case {
    fn new(text: &str) -> Self {
        let folder = TempDir::new().unwrap();
        // Where the temporary folder is a link, sources are named by what it leads to.
        let root = folder.path().canonicalize().unwrap().join("plugins/sample");
        let keys = text.lines().filter_map(|line| line.strip_prefix("//: ")).collect::<Vec<_>>();
        let has = |key: &str| keys.contains(&key);
        let values = |key: &str| {
            let of_key = keys.iter().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(' '));
            of_key.flat_map(|values| values.split(", ")).collect::<Vec<_>>()
        };
        let mut marks = BTreeSet::new();
        for (path, mut text) in files(text) {
            let name = format!("plugins/sample/{path}");
            marks.extend(text.lines().enumerate().flat_map(|(at, line)| {
                let kinds = line.split_once("//~ ").map_or("", |(_, kinds)| kinds).split_whitespace();
                let name = name.clone();
                kinds.map(move |kind| (name.clone(), at + 1, kind.to_owned()))
            }));
            if path == "src/lib.rs" && !has("no plugin") && !text.contains("#[plugin") {
                text.push_str("\n#[plugin]\npub mod sample {}\n");
            }
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let crates = values("crates").into_iter().map(|krate| {
            let (known_as, package) = krate.split_once(" = ").unwrap_or((krate, krate));
            (known_as.replace('-', "_"), package.to_owned())
        });
        let package = Package {
            name: "plugin-sample".to_owned(),
            manifest: root.join("Cargo.toml"),
            root: root.join("src/lib.rs"),
            build_script: has("build").then(|| root.join("build.rs")),
            crates: crates.collect::<HashMap<_, _>>(),
            unaudited: values("unaudited").into_iter().map(ToOwned::to_owned).collect(),
        };
        Self { folder, package, marks }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// Audits it; what it declares is granted.
    fn audit(&self) -> Outcome {
        let mut outcome = audit(&self.root(), std::slice::from_ref(&self.package), true).unwrap();
        outcome.findings.retain(|finding| finding.code != "lock");
        outcome
    }
}

/// The files of a case. The first is `src/lib.rs`.
fn files(text: &str) -> Vec<(String, String)> {
    let mut files = vec![("src/lib.rs".to_owned(), String::new())];
    for line in text.lines() {
        match line.strip_prefix("//- ") {
            Some(path) => files.push((path.to_owned(), String::new())),
            None if line.starts_with("//: ") => {}
            None => {
                let (_, text) = files.last_mut().unwrap();
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    files
}

/// The cases of a folder, by name.
fn cases(folder: &str) -> Vec<(PathBuf, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audit/tests").join(folder);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|one| one == "rs")).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), Case::new(&std::fs::read_to_string(path).unwrap()))).collect()
}

/// Every place that is reported as an error, as marks name it.
fn reported(outcome: &Outcome) -> BTreeSet<Mark> {
    let errors = outcome.findings.iter().filter(|finding| finding.level == Level::Error);
    let places = errors.flat_map(|finding| {
        let others = finding.others.iter().map(|(place, _)| *place);
        std::iter::once(finding.place).chain(others).map(|place| (place, finding.code.to_owned()))
    });
    places.map(|(place, code)| (outcome.files.get(place.file).name.clone(), place.start.line, code)).collect()
}

#[test]
fn every_planted_violation_is_reported_where_it_stands_and_nothing_else_is() {
    let cases = cases("violations");
    assert!(cases.len() >= 25, "{}", cases.len());
    let mut wrong = Vec::new();
    for (path, case) in &cases {
        assert!(!case.marks.is_empty(), "{} plants nothing", path.display());
        let outcome = case.audit();
        let reported = reported(&outcome);
        if reported != case.marks {
            let missed: Vec<_> = case.marks.difference(&reported).collect();
            let false_alarms: Vec<_> = reported.difference(&case.marks).collect();
            wrong.push(format!("{}: missed {missed:?}, false {false_alarms:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_report_reads_as_written_down() {
    for (path, case) in cases("violations") {
        expect_file![path.with_extension("txt")].assert_eq(&case.audit().text(false));
    }
}

#[test]
fn what_only_looks_like_a_violation_is_not_reported() {
    let cases = cases("fine");
    assert!(cases.len() >= 15, "{}", cases.len());
    for (path, case) in cases {
        let text = case.audit().text(false);
        assert!(text.contains("0 errors, 0 warnings"), "{}\n{text}", path.display());
    }
}

#[test]
fn the_workspace_itself_is_clean_and_what_it_declares_is_granted() {
    let root = workspace::root();
    let packages = super::package::all(&root, &workspace::metadata(&root).unwrap());
    assert!(packages.iter().any(|package| package.name == "plugin-storage-sqlite"), "{packages:?}");
    let outcome = audit(&root, &packages, true).unwrap();
    assert!(outcome.findings.is_empty(), "{}", outcome.text(false));
    assert!(outcome.read > packages.len(), "modules are read too");
}

#[test]
fn ci_counts_a_check_for_each_package() {
    let root = workspace::root();
    let packages = super::package::all(&root, &workspace::metadata(&root).unwrap());
    let report = super::report(&root).unwrap();
    assert_eq!((report.passed, report.failed), (packages.len() as u64, 0), "{report:?}");
}

#[test]
fn a_package_that_is_not_there_is_answered_with_those_that_are() {
    let mut packages = vec![Case::new("").package];
    let fault = super::chosen(&mut packages, &["plugin-simple".to_owned()]).unwrap_err().to_string();
    assert!(fault.contains("no package `plugin-simple`") && fault.contains("plugin-sample"), "{fault}");
    super::chosen(&mut packages, &["plugin-sample".to_owned()]).unwrap();
    assert_eq!(packages.len(), 1);
}

#[test]
fn the_manifest_tells_renamed_crates_build_scripts_and_folders_that_no_audit_reads() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let package = |name: &str| format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
    write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"plugins/*\", \"helper\"]\n");
    write("helper/Cargo.toml", &package("helper"));
    write("helper/src/lib.rs", "");
    let dependencies = "[dependencies]\nweb = { package = \"reqwest\", version = \"1\" }\nhelper = { path = \"../../helper\" }\n\
        [dev-dependencies]\ntempfile = \"3\"\n[build-dependencies]\ncc = \"1\"\n";
    write("plugins/notes/Cargo.toml", &(package("plugin-notes") + dependencies));
    write("plugins/notes/src/lib.rs", "#[plugin] pub mod notes { use web::Client; use tempfile::tempdir; }");
    write("plugins/notes/build.rs", "fn main() {}");
    let packages = super::package::all(&root, &workspace::metadata(&root).unwrap());
    let [notes] = &packages[..] else { panic!("{packages:?}") };
    assert_eq!(notes.crates.get("web").map(String::as_str), Some("reqwest"));
    assert!(!notes.crates.contains_key("tempfile") && !notes.crates.contains_key("cc"));
    assert_eq!(notes.unaudited, ["helper"]);
    let codes: BTreeSet<String> =
        reported(&audit(&root, &packages, true).unwrap()).into_iter().map(|(_, _, code)| code).collect();
    assert_eq!(codes, ["build_script", "net", "unseen"].map(ToOwned::to_owned).into());
}
