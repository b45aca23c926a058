//! `cargo xtask test`: sets up what the tests need, runs them, and closes with one line for all runs.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use cargo_metadata::{Metadata, TargetKind};

use crate::report::Report;
use crate::runner::Runner;
use crate::shell::{self, Fault};
use crate::workspace::{self, APP};
use crate::{check, python};

/// What to test.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Only this package's tests; may be given several times.
    #[arg(short, long = "package", value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Cargo features for the run; without this, everything is run with the default features and then what other
    /// features change.
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    features: Vec<String>,
}

/// Names the file that a test which cannot run here adds a line to: what, and why.
pub(crate) const SKIPS: &str = "PLUGBOARD_SKIPS";
/// Those whose tests are about the registry, or end in it.
const REGISTRY_TESTS: [&str; 3] = ["plugin-core", "plugboard-tests", APP];
/// The messages of the macros do not depend on the registry, and are the slowest of all tests.
const MESSAGES: [&str; 2] = ["errors", "ui"];

/// Runs the tests and prints the closing line.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    let report = report(root, args)?;
    Ok(report.close(shell::in_ci()))
}

/// Runs the tests.
///
/// # Errors
///
/// An unknown package, or a runner that cannot be started. A test that fails is no error; it is in the report.
pub(crate) fn report(root: &Path, args: &Args) -> Result<Report, Fault> {
    let metadata = workspace::metadata(root)?;
    let selection = selection(&metadata, args)?;
    let mut report = Report::default();
    let mut environment = Vec::new();

    if args.packages.is_empty() || args.packages.iter().any(|package| package == APP) {
        match python::interpreter(root, metadata.target_directory.as_std_path()) {
            Ok(interpreter) => {
                environment.push((python::VARIABLE, interpreter.to_string_lossy().into_owned()));
            }
            Err(fault) => {
                eprintln!("SKIPPED tests with the official openai client: {fault}");
                report.skip(format!("tests with the official openai client: {fault}"));
            }
        }
    }
    let skips = metadata.target_directory.as_std_path().join("skipped-tests.txt");
    let _ = fs::remove_file(&skips);
    environment.push((SKIPS, skips.to_string_lossy().into_owned()));

    let runner = Runner::new(root, environment);
    report.add(runner.tests(&selection.title, &selection.arguments, selection.doc.as_deref())?);
    if args.packages.is_empty() && args.features.is_empty() {
        report.add(runner.tests("registry inventory", &inventory(&metadata)?, None)?);
        report.add(runner.tests("memory of plugins", &ACCOUNTING.map(str::to_owned), None)?);
        report.add(check::report(root, &metadata)?);
    }
    count_skips(&mut report, &fs::read_to_string(skips).unwrap_or_default());
    Ok(report)
}

struct Selection {
    title: String,
    arguments: Vec<String>,
    /// The arguments of the documentation's tests; none where no package has a library.
    doc: Option<Vec<String>>,
}

fn selection(metadata: &Metadata, args: &Args) -> Result<Selection, Fault> {
    let mut arguments = Vec::new();
    let mut doc = Vec::new();
    for name in &args.packages {
        let package = workspace::package(metadata, name)?;
        arguments.extend(["--package".to_owned(), name.clone()]);
        if workspace::has_lib(package) {
            doc.extend(["--package".to_owned(), name.clone()]);
        }
    }
    if args.packages.is_empty() {
        arguments.push("--workspace".to_owned());
        doc.push("--workspace".to_owned());
    }
    let has_doc = !doc.is_empty();
    if !args.features.is_empty() {
        let features = ["--features".to_owned(), args.features.join(",")];
        arguments.extend_from_slice(&features);
        doc.extend(features);
    }
    let title = if args.packages.is_empty() { "workspace".to_owned() } else { args.packages.join(", ") };
    Ok(Selection { title, arguments, doc: has_doc.then_some(doc) })
}

/// What plugins allocate is counted by an allocator of its own, in a build of its own.
const ACCOUNTING: [&str; 6] =
    ["--package", "plugin-core", "--features", "allocation-accounting", "--test", "allocation"];

/// The framework's suite and the app's once more, registered through `inventory`.
fn inventory(metadata: &Metadata) -> Result<Vec<String>, Fault> {
    let mut arguments = vec!["--lib".to_owned(), "--bins".to_owned()];
    for name in REGISTRY_TESTS {
        let package = workspace::package(metadata, name)?;
        arguments.extend(["--package".to_owned(), name.to_owned()]);
        for target in workspace::targets(package, &TargetKind::Test)
            .into_iter()
            .filter(|target| !MESSAGES.contains(&target.as_str()))
        {
            arguments.extend(["--test".to_owned(), target]);
        }
    }
    arguments.extend(["--features".to_owned(), "inventory".to_owned()]);
    Ok(arguments)
}

/// The tests in `skips` returned early, so the runner took them for passed.
fn count_skips(report: &mut Report, skips: &str) {
    for line in skips.lines().filter(|line| !line.trim().is_empty()) {
        report.passed = report.passed.saturating_sub(1);
        report.skip(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Metadata {
        workspace::metadata(&workspace::root()).unwrap()
    }

    #[test]
    fn a_test_that_skips_itself_did_not_pass() {
        let mut report = Report { passed: 5, ..Report::default() };
        count_skips(&mut report, "streams_to_python: no interpreter\n\n");
        assert_eq!((report.passed, report.skipped), (4, 1));
        assert_eq!(report.skips, ["streams_to_python: no interpreter"]);
    }

    #[test]
    fn one_package_is_not_the_workspace() {
        let args = Args { packages: vec!["plugin-core".into()], ..Args::default() };
        let selection = selection(&metadata(), &args).unwrap();
        assert_eq!(selection.arguments, ["--package", "plugin-core"]);
        assert_eq!(selection.doc.unwrap(), ["--package", "plugin-core"]);
    }

    #[test]
    fn a_program_has_no_documentation_tests() {
        let args = Args { packages: vec!["xtask".into()], features: vec!["x".into()] };
        let selection = selection(&metadata(), &args).unwrap();
        assert_eq!(selection.arguments, ["--package", "xtask", "--features", "x"]);
        assert_eq!(selection.doc, None);
    }

    #[test]
    fn an_unknown_package_is_answered_with_those_there_are() {
        let args = Args { packages: vec!["plugin-cor".into()], ..Args::default() };
        let fault = selection(&metadata(), &args).err().unwrap().to_string();
        assert!(fault.contains("no package `plugin-cor`") && fault.contains("plugin-core"), "{fault}");
    }

    #[test]
    fn the_second_registry_runs_the_framework_and_the_app_but_no_messages() {
        let arguments = inventory(&metadata()).unwrap();
        for expected in ["plugin-core", "plugboard-tests", "switchboard", "it", "e2e", "inventory"] {
            assert!(arguments.iter().any(|argument| argument == expected), "{expected} in {arguments:?}");
        }
        for left_out in ["errors", "ui", "allocation"] {
            assert!(!arguments.iter().any(|argument| argument == left_out), "{left_out} in {arguments:?}");
        }
    }
}
