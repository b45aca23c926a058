//! What all runs of a command came to, and the one line that says so.

use std::fmt::Write as _;
use std::process::ExitCode;

/// What has been counted so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Report {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    /// What failed, a line each.
    pub(crate) failures: Vec<String>,
    /// What was skipped and why, a line each.
    pub(crate) skips: Vec<String>,
}

impl Report {
    /// Counts one check.
    pub(crate) fn check(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.fail(name);
        }
    }

    /// Counts one failure.
    pub(crate) fn fail(&mut self, what: impl Into<String>) {
        self.failed += 1;
        self.failures.push(what.into());
    }

    /// Counts one thing that was not tried.
    pub(crate) fn skip(&mut self, what: impl Into<String>) {
        self.skipped += 1;
        self.skips.push(what.into());
    }

    /// Adds what another counted.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
        self.skips.extend(other.skips);
    }

    /// Whether all is well; in CI a skip is not.
    pub(crate) fn is_well(&self, in_ci: bool) -> bool {
        self.failed == 0 && (self.skipped == 0 || !in_ci)
    }

    /// The lists of what failed and what was skipped, then the closing line.
    pub(crate) fn text(&self, in_ci: bool) -> String {
        let mut text = String::new();
        list(&mut text, "FAILED", &self.failures);
        list(&mut text, "SKIPPED", &self.skips);
        if in_ci && self.skipped > 0 {
            text.push_str("error: with CI set, nothing may be skipped\n");
        }
        let _ = writeln!(text, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped);
        text
    }

    /// Prints the closing lines and gives the exit code they stand for.
    pub(crate) fn close(&self, in_ci: bool) -> ExitCode {
        print!("\n{}", self.text(in_ci));
        if self.is_well(in_ci) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn list(text: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        let _ = writeln!(text, "{title}");
        lines.iter().for_each(|line| {
            let _ = writeln!(text, "  {line}");
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_is_plain_and_last() {
        let mut report = Report { passed: 3, ..Report::default() };
        report.fail("lints");
        report.skip("the openai client: no python3");
        let text =
            "FAILED\n  lints\nSKIPPED\n  the openai client: no python3\n3 passed, 1 failed, 1 skipped\n";
        assert_eq!(report.text(false), text);
    }

    #[test]
    fn a_skip_fails_in_ci_only() {
        let mut report = Report::default();
        assert!(report.is_well(true));
        report.skip("a test");
        assert!(report.is_well(false));
        assert!(!report.is_well(true));
        assert!(report.text(true).contains("nothing may be skipped"));
    }

    #[test]
    fn a_failure_fails_everywhere() {
        let mut report = Report::default();
        report.check("format", false);
        assert!(!report.is_well(false));
        assert_eq!((report.passed, report.failed), (0, 1));
    }
}
