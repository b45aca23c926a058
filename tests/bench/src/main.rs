//! Measures one part after the other, holds costs against their budget, and writes the report; `cargo xtask bench` calls it.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use plugboard_bench::machine::Machine;
use plugboard_bench::point::Fault;
use plugboard_bench::results::{Part, Results};
use plugboard_bench::rounds::{Effort, measure};
use plugboard_bench::{callgrind, gate, report, scenario};

/// What chains of plugins cost.
#[derive(Parser)]
#[command(arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
struct To {
    /// The folder of the parts' files.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// A tenth of the rounds.
    #[arg(long)]
    quick: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Times chains.
    Chains {
        #[command(flatten)]
        to: To,
        /// Only groups and contenders that begin so: `async.before`, `sync.before.add.8/plugboard`.
        #[arg(long, value_name = "PREFIX", default_value = "")]
        filter: String,
    },
    /// Counts instructions, indirect branches and allocations, under callgrind.
    Counts {
        #[command(flatten)]
        to: To,
        /// As with `chains`.
        #[arg(long, value_name = "PREFIX", default_value = "")]
        filter: String,
    },
    /// Times starts, and long chains.
    #[cfg(feature = "starts")]
    Starts(To),
    /// Loads servers with and without plugins.
    #[cfg(feature = "web")]
    Web(To),
    /// Prints what is there of all parts.
    Report {
        /// The folder of the parts' files.
        #[arg(long, value_name = "FOLDER")]
        folder: PathBuf,
        /// Writes the page there too.
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
        /// Prints the verdicts as JSON instead.
        #[arg(long)]
        json: bool,
    },
    /// Fails where a cost differs from its budget by more than 3 %.
    Gate {
        /// The folder of callgrind's dumps.
        #[arg(long, value_name = "FOLDER")]
        folder: PathBuf,
        /// The file of the budget.
        #[arg(long, value_name = "FILE")]
        budget: PathBuf,
        /// Writes the budget anew.
        #[arg(long)]
        bless: bool,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Fault> {
    match command {
        Command::Chains { to, filter } => {
            let runtime = Arc::new(plugboard_bench::runtime()?);
            let wanted = |group: &str, contender: &str| format!("{group}/{contender}").starts_with(&filter);
            let effort = Effort { rounds: rounds(&to, 1_000), batch: Duration::from_micros(200) };
            Part::Chains.write(&to.folder, &measure(scenario::list(&runtime, &wanted)?, effort)?)?;
        }
        Command::Counts { to, filter } => {
            Part::Counts.write(&to.folder, &callgrind::count(&to.folder.join("callgrind"), &[filter])?)?;
        }
        #[cfg(feature = "starts")]
        Command::Starts(to) => {
            let starts = plugboard_bench::start::measure(rounds(&to, 50))?;
            Part::Starts.write(&to.folder, &starts)?;
            Part::Depths.write(&to.folder, &plugboard_bench::start::depths(rounds(&to, 200))?)?;
        }
        #[cfg(feature = "web")]
        Command::Web(to) => {
            Part::Web.write(&to.folder, &plugboard_bench::web::measure(rounds(&to, 90))?)?;
        }
        Command::Report { folder, page, json } => {
            let results = Results::read(&folder)?;
            let text = report::page(&results, &Machine::here());
            if let Some(path) = page {
                std::fs::write(&path, &text)
                    .map_err(|error| Fault::setup(format!("{}: {error}", path.display())))?;
            }
            if json {
                println!("{}", report::json(&results, &Machine::here()));
            } else {
                println!("{text}");
            }
        }
        Command::Gate { folder, budget, bless } => return check(&folder, &budget, bless),
    }
    Ok(ExitCode::SUCCESS)
}

fn rounds(to: &To, all: usize) -> usize {
    if to.quick { all.div_ceil(10) } else { all }
}

fn check(folder: &std::path::Path, budget: &std::path::Path, bless: bool) -> Result<ExitCode, Fault> {
    let counted = callgrind::count(folder, &gate::PREFIXES.map(str::to_owned))?;
    let at = |error: std::io::Error| Fault::setup(format!("{}: {error}", budget.display()));
    if bless {
        std::fs::write(budget, gate::text(&counted)).map_err(at)?;
        println!("{} costs written to {}", counted.len(), budget.display());
        return Ok(ExitCode::SUCCESS);
    }
    let differences = gate::check(&std::fs::read_to_string(budget).map_err(at)?, &counted)?;
    differences.iter().for_each(|difference| eprintln!("{difference}"));
    if differences.is_empty() {
        println!("{} scenarios keep their budget", counted.len());
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}
