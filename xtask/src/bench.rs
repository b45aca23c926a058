//! `cargo xtask bench`: builds the benches, runs each part in a process of its own, and writes the report; or holds instructions against their budget.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::ValueEnum;

use crate::debian;
use crate::report::Report;
use crate::shell::{self, Fault};
use crate::{size, workspace};

const PACKAGE: &str = "plugboard-bench";
const BUDGET: &str = "tests/bench/budget.toml";
const PAGE: &str = "docs/benchmarks.md";
const REMEDY: &str = "install valgrind, on Debian: apt-get install valgrind";

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these parts; what was measured before of the others is reported with them.
    parts: Vec<Part>,
    /// A tenth of the rounds; the page is not written.
    #[arg(long)]
    quick: bool,
    /// Prints JSON instead of the page.
    #[arg(long)]
    json: bool,
    /// Only chains whose group and contender begin so, `async.before` or `sync.before.add.8/plugboard`; the page is not written.
    #[arg(long, value_name = "PREFIX", default_value = "")]
    filter: String,
    /// Only holds instructions, indirect branches and allocations against their budget: 3 % more is a failure, and so is 3 % less.
    #[arg(long, conflicts_with_all = ["parts", "quick", "json", "filter"])]
    callgrind: bool,
    /// Writes the budget anew.
    #[arg(long, requires = "callgrind")]
    bless: bool,
}

/// What one process measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Part {
    /// The time of chains, beside what one would write by hand or take from elsewhere.
    Chains,
    /// Their instructions, indirect branches and allocations.
    Counts,
    /// Starts, and long chains.
    Starts,
    /// Servers with and without plugins.
    Web,
    /// Builds.
    Size,
}

/// Measures and reports, or checks the budget.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    let folder = folder(root)?;
    if args.callgrind {
        valgrind()?;
        let passed = hold(root, &folder, args.bless)?;
        return Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let whole = args.parts.is_empty() && args.filter.is_empty() && !args.quick;
    let parts = if args.parts.is_empty() { Part::value_variants() } else { &args.parts[..] };
    let program = build(root, &["--features", "bevy"])?;
    if whole {
        // What an earlier state of the code came to does not belong into this report.
        forget(&folder);
    }
    for part in parts {
        if *part == Part::Counts {
            valgrind()?;
        }
        if *part == Part::Size {
            // A quick look has no time for builds.
            if args.quick && args.parts.is_empty() {
                continue;
            }
            size::measure(root, &folder, args.quick)?;
            continue;
        }
        measure(&program, *part, &folder, args)?;
    }
    let mut report = Command::new(&program);
    report.arg("report").arg("--folder").arg(&folder);
    if whole {
        report.arg("--page").arg(root.join(PAGE));
    }
    if args.json {
        report.arg("--json");
    }
    Ok(if shell::run(&mut report)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Removes the numbers, and leaves what took long to build.
fn forget(folder: &Path) {
    for file in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if file.extension().is_some_and(|extension| extension == "json") {
            let _ = fs::remove_file(file);
        }
    }
}

fn measure(program: &Path, part: Part, folder: &Path, args: &Args) -> Result<(), Fault> {
    let mut command = Command::new(program);
    let name = format!("{part:?}").to_lowercase();
    command.arg(&name).arg("--folder").arg(folder);
    if args.quick {
        command.arg("--quick");
    }
    if matches!(part, Part::Chains | Part::Counts) && !args.filter.is_empty() {
        command.args(["--filter", &args.filter]);
    }
    if shell::run(&mut command)? {
        Ok(())
    } else {
        Err(Fault::new(format!("the part `{name}` could not be measured, see above")))
    }
}

/// Holds the costs against their budget, as one check; skipped where they cannot be counted.
///
/// # Errors
///
/// If cargo or the benches cannot be run at all.
pub(crate) fn gate(root: &Path) -> Result<Report, Fault> {
    let mut report = Report::default();
    let budget = fs::read_to_string(root.join(BUDGET)).unwrap_or_default();
    let able = if is_of_this_architecture(&budget) {
        valgrind()
    } else {
        Err(Fault::new(format!("{BUDGET} was written on another architecture")))
    };
    match able {
        Ok(()) => report.check("costs of chains, see above", hold(root, &folder(root)?, false)?),
        Err(fault) => report.skip(format!("costs of chains: {fault}")),
    }
    Ok(report)
}

fn is_of_this_architecture(budget: &str) -> bool {
    let budget = budget.parse::<toml_edit::DocumentMut>().ok();
    let written = budget.as_ref().and_then(|budget| budget.get("architecture")?.as_str());
    written == Some(std::env::consts::ARCH)
}

fn hold(root: &Path, folder: &Path, bless: bool) -> Result<bool, Fault> {
    // Without what only other parts need.
    let program = build(root, &["--no-default-features"])?;
    let mut gate = Command::new(program);
    gate.arg("gate").arg("--folder").arg(folder.join("callgrind")).arg("--budget").arg(root.join(BUDGET));
    if bless {
        gate.arg("--bless");
    }
    shell::run(&mut gate)
}

fn valgrind() -> Result<(), Fault> {
    if shell::answers(&mut Command::new("valgrind")) {
        return Ok(());
    }
    debian::install(&["valgrind"], REMEDY)
}

/// Builds the package's programs for release; yields the one that measures.
fn build(root: &Path, features: &[&str]) -> Result<PathBuf, Fault> {
    let mut cargo = shell::cargo(root);
    cargo.args(["build", "--release", "--package", PACKAGE, "--bins"]).args(features);
    if !shell::run(&mut cargo)? {
        return Err(Fault::new("the benches do not build, see above"));
    }
    let target = workspace::metadata(root)?.target_directory.into_std_path_buf();
    Ok(target.join("release").join(PACKAGE).with_extension(std::env::consts::EXE_EXTENSION))
}

/// Where the parts leave what they measured.
fn folder(root: &Path) -> Result<PathBuf, Fault> {
    Ok(workspace::metadata(root)?.target_directory.into_std_path_buf().join("bench"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_of_another_architecture_holds_nothing_here() {
        let here = format!("architecture = {:?}\n[scenarios]\n", std::env::consts::ARCH);
        assert!(is_of_this_architecture(&here));
        assert!(!is_of_this_architecture("architecture = \"pdp11\"\n"));
        assert!(!is_of_this_architecture(""));
    }

    #[test]
    fn the_budget_names_its_architecture() {
        let text = fs::read_to_string(workspace::root().join(BUDGET)).unwrap();
        assert!(text.contains("architecture = "), "{text}");
    }
}
