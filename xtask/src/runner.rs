//! Runs tests with nextest or cargo and reads the runners' own summaries.

use std::path::Path;
use std::process::Command;

use crate::report::Report;
use crate::shell::{self, Fault, Printed};

/// Runs tests: what for, where, with which runner.
pub(crate) struct Runner<'a> {
    root: &'a Path,
    nextest: bool,
    environment: Vec<(&'static str, String)>,
}

impl<'a> Runner<'a> {
    /// A runner in `root` that gives the tests these variables; with nextest where it is installed.
    pub(crate) fn new(root: &'a Path, environment: Vec<(&'static str, String)>) -> Self {
        let nextest = shell::answers(shell::cargo(root).arg("nextest"));
        Self { root, nextest, environment }
    }

    /// The tests of `selection`, given as cargo's own arguments; with the documentation's too where `doc` says of which
    /// packages.
    pub(crate) fn tests(
        &self,
        title: &str,
        selection: &[String],
        doc: Option<&[String]>,
    ) -> Result<Report, Fault> {
        let mut report = if self.nextest {
            let start = ["nextest", "run", "--no-fail-fast", "--no-tests=pass", "--status-level=skip"];
            self.one(title, &start, selection)?
        } else {
            // Named targets leave the documentation out; otherwise it would be run twice.
            let targets: &[&str] = if names_targets(selection) { &[] } else { &["--tests", "--examples"] };
            let start = [&["test", "--no-fail-fast"], targets].concat();
            self.one(title, &start, selection)?
        };
        if let Some(packages) = doc {
            report.add(self.one(
                &format!("{title} (documentation)"),
                &["test", "--doc", "--no-fail-fast"],
                packages,
            )?);
        }
        Ok(report)
    }

    fn one(&self, title: &str, start: &[&str], selection: &[String]) -> Result<Report, Fault> {
        let mut command: Command = shell::cargo(self.root);
        command.args(start).args(selection).envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(read(title, &shell::tee(&mut command)?))
    }
}

fn names_targets(selection: &[String]) -> bool {
    selection.iter().any(|argument| matches!(argument.as_str(), "--lib" | "--bins" | "--test" | "--tests"))
}

/// What a runner's output says, whichever runner it was.
fn read(title: &str, printed: &Printed) -> Report {
    let mut report = Report::default();
    // libtest writes at the margin; nextest indents its own lines, and what a failed test wrote, libtest's lines included.
    for line in printed.lines.iter().map(|line| line.trim_end()) {
        if let Some(counts) = line.strip_prefix("test result:").or_else(|| summary(line)) {
            count(&mut report, counts);
        } else if let Some(test) = failed_test(line) {
            let name = format!("{title}: {test}");
            if !report.failures.contains(&name) {
                report.failures.push(name);
            }
        } else if let Some(test) = skipped_test(line) {
            report.skips.push(format!("{title}: {test}"));
        }
    }
    // A build that fails, a crash or a usage error leaves no count of its own.
    if !printed.success && report.failed == 0 {
        report.fail(format!("{title}: did not build or did not finish, see above"));
    }
    report
}

/// `Summary [ 0.1s] 3 tests run: 2 passed (1 slow), 1 failed, 4 skipped` of nextest, from the colon.
fn summary(line: &str) -> Option<&str> {
    let (start, counts) = line.trim_start().strip_prefix("Summary [")?.split_once(':')?;
    (start.ends_with("tests run") || start.ends_with("test run")).then_some(counts)
}

fn count(report: &mut Report, counts: &str) {
    let mut depth = 0_usize;
    let flat = counts.chars().filter(|char| {
        depth = if *char == '(' { depth + 1 } else { depth };
        let keep = depth == 0;
        depth = if *char == ')' { depth.saturating_sub(1) } else { depth };
        keep
    });
    let flat = flat.collect::<String>();
    for part in flat.split([',', ';', '.']) {
        let mut words = part.split_whitespace();
        let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else { continue };
        match words.collect::<Vec<_>>().join(" ").as_str() {
            "passed" => report.passed += number,
            "failed" | "timed out" | "exec failed" => report.failed += number,
            "ignored" | "skipped" => report.skipped += number,
            _ => {}
        }
    }
}

fn failed_test(line: &str) -> Option<&str> {
    if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
        return Some(name);
    }
    let status = ["FAIL [", "TIMEOUT [", "SIGABRT [", "SIGSEGV [", "ABORT ["]
        .iter()
        .find_map(|status| line.trim_start().strip_prefix(status))?;
    let (_, name) = status.split_once("] ")?;
    // `(12/488) ` counts the tests.
    Some(name.rsplit_once(") ").map_or(name, |(_, name)| name).trim())
}

fn skipped_test(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix("test ") {
        return rest.contains(" ... ignored").then_some(rest);
    }
    line.trim_start().strip_prefix("SKIP [")?.split_once("] ").map(|(_, name)| name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(success: bool, text: &str) -> Report {
        read("all", &Printed { success, lines: text.lines().map(ToOwned::to_owned).collect() })
    }

    #[test]
    fn the_counts_of_cargo_test_are_summed_over_binaries() {
        let text = "test one ... ok\ntest two ... FAILED\ntest three ... ignored, needs a tape\n\
            test result: FAILED. 4 passed; 1 failed; 1 ignored; 0 measured; 9 filtered out; finished in 0.02s\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        let report = report(false, text);
        assert_eq!((report.passed, report.failed, report.skipped), (6, 1, 1));
        assert_eq!(report.failures, ["all: two"]);
        assert_eq!(report.skips, ["all: three ... ignored, needs a tape"]);
    }

    #[test]
    fn the_counts_of_nextest_are_read_with_their_remarks() {
        let text = "        FAIL [   0.004s] (1/6) plugin-core graph::a_circle\n        SKIP [         ] plugin-core slow_one\n\
            \u{20}    Summary [   1.205s] 6 tests run: 3 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 4 skipped\n\
            \u{20}   test a_circle ... FAILED\n\
            \u{20}   test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out\n\
            \u{20}       FAIL [   0.004s] (1/6) plugin-core graph::a_circle";
        let report = report(false, text);
        assert_eq!((report.passed, report.failed, report.skipped), (3, 3, 4));
        assert_eq!(report.failures, ["all: plugin-core graph::a_circle"]);
        assert_eq!(report.skips, ["all: plugin-core slow_one"]);
    }

    #[test]
    fn one_test_is_a_test_run() {
        let report = report(true, "     Summary [   0.005s] 1 test run: 1 passed, 0 skipped");
        assert_eq!((report.passed, report.failed, report.skipped), (1, 0, 0));
    }

    #[test]
    fn a_build_that_fails_is_a_failure() {
        let report = report(false, "error[E0425]: cannot find value\nerror: could not compile");
        assert_eq!((report.passed, report.failed), (0, 1));
        assert!(report.failures[0].contains("did not build"), "{report:?}");
    }
}
