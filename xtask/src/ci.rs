//! `cargo xtask ci`: what CI runs. A step that fails does not hide what the next ones find.

use std::path::Path;
use std::process::ExitCode;

use crate::bench;
use crate::report::Report;
use crate::shell::{self, Fault};
use crate::test;

/// Name, arguments of cargo, and what is added to its environment.
type Step = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const STEPS: [Step; 3] = [
    ("format", &["fmt", "--all", "--check"], &[]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[]),
    ("documentation", &["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")]),
];

/// Runs every step and all tests, holds what runs cost against its budget, and prints the closing line.
pub(crate) fn run(root: &Path) -> Result<ExitCode, Fault> {
    let mut report = Report::default();
    for (name, arguments, environment) in STEPS {
        let passed = shell::run(shell::cargo(root).args(arguments).envs(environment.iter().copied()))?;
        report.check(name, passed);
    }
    report.add(test::report(root, &test::Args::default())?);
    report.add(bench::gate(root)?);
    Ok(report.close(shell::in_ci()))
}
