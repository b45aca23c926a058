//! `cargo xtask ci`: what CI runs. A step that fails does not hide what the next ones find.

use std::path::Path;
use std::process::ExitCode;

use crate::report::Report;
use crate::shell::{self, Fault};
use crate::{audit, bench, docs, migrate, test};

/// Name, arguments of cargo, and what is added to its environment.
type Step = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const STEPS: [Step; 4] = [
    ("format", &["fmt", "--all", "--check"], &[]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[]),
    ("documentation", &["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")]),
    // In a folder of its own: the flag is one of every crate, and would build them all anew with each change of it.
    (
        "models of what threads share",
        &["test", "-p", "plugin-core", "--lib", "--target-dir", "target/loom", "models::"],
        &[("RUSTFLAGS", "--cfg loom")],
    ),
];

/// Runs every step, compares the reference of the plugins, looks for old forms, runs the audit and all tests, holds what runs cost against its budget, and prints the closing line.
pub(crate) fn run(root: &Path) -> Result<ExitCode, Fault> {
    let mut report = Report::default();
    for (name, arguments, environment) in STEPS {
        let passed = shell::run(shell::cargo(root).args(arguments).envs(environment.iter().copied()))?;
        report.check(name, passed);
    }
    let current = docs::is_current(root).unwrap_or_else(|fault| {
        eprintln!("error: {fault}");
        false
    });
    report.check("reference of the plugins", current);
    let renewed = migrate::is_current(root).unwrap_or_else(|fault| {
        eprintln!("error: {fault}");
        false
    });
    report.check("no old forms", renewed);
    report.add(audit::report(root)?);
    report.add(test::report(root, &test::Args::default())?);
    report.add(bench::gate(root)?);
    Ok(report.close(shell::in_ci()))
}
