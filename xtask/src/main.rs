//! The project's own commands: `cargo xtask help` lists them.

#![forbid(unsafe_code)]

mod app;
mod ask;
mod audit;
mod bench;
mod changes;
mod check;
mod ci;
mod debian;
mod dev;
mod docs;
#[cfg(test)]
mod documented;
mod explain;
mod features;
mod kind;
mod list;
mod manifest;
mod migrate;
mod name;
mod nearest;
mod new_plugin;
mod python;
mod report;
mod runner;
mod shell;
mod size;
mod template;
mod test;
mod workspace;
mod yaml;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use shell::Fault;

/// Commands for those who work on Plugboard and Switchboard.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sets up what the tests need and runs them: all, or those of some packages.
    Test(test::Args),
    /// What CI runs: format, lints, documentation, models, the audit, all tests, then the costs of runs.
    Ci,
    /// Measures chains, starts, servers and builds, prints the report, and writes it where all of it was measured.
    Bench(bench::Args),
    /// Measures what plugins cost a build: time, and room in the binary.
    Size(size::Args),
    /// Builds the app with each of its plugins alone, without each, with none and with all; where one is needed, the build must say by whom.
    Check(check::Args),
    /// Writes a small working plugin and adds it to the app.
    NewPlugin(new_plugin::Args),
    /// Says which features of the app a configuration needs, and what each is for.
    Features(features::Args),
    /// Builds the app with the features that a configuration needs and no others, and prints where the binary is.
    Build(features::BuildArgs),
    /// Writes docs/reference/, a page for each plugin, from what the plugins declare, and the table of old forms in docs/migrate.md.
    Docs(docs::Args),
    /// Rewrites what is written in old forms of attributes and configurations.
    Migrate(migrate::Args),
    /// Builds and runs the app, and does so again when its sources change; the old one serves until the new one can.
    Dev(dev::Args),
    /// Reports what plugins touch beyond the permissions they declare, and permissions that were not granted.
    Audit(audit::Args),
    /// Prints the graph of the app's plugins, as `switchboard graph` does.
    Graph(ask::Args),
    /// Says why the hooks of a point run in their order, or why a plugin is there and what it does, as `switchboard explain` does; of the
    /// code of a message, `PB0301`, what the rule is and how to keep it.
    Explain(ask::Args),
    /// Says what would start with a configuration, and in which order, as `switchboard plan` does.
    Plan(ask::Args),
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().command) {
        Ok(code) => code,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode, Fault> {
    let root = workspace::root();
    match command {
        Command::Test(args) => test::run(&root, &args),
        Command::Ci => ci::run(&root),
        Command::Bench(args) => bench::run(&root, &args),
        Command::Size(args) => size::run(&root, &args),
        Command::Check(args) => check::run(&root, &args),
        Command::NewPlugin(args) => new_plugin::run(&root, &args),
        Command::Audit(args) => audit::run(&root, &args),
        Command::Features(args) => features::run(&root, &args),
        Command::Build(args) => features::build(&root, &args),
        Command::Docs(args) => docs::run(&root, &args),
        Command::Migrate(args) => migrate::run(&root, &args),
        Command::Dev(args) => dev::run(&root, &args),
        Command::Graph(args) => ask::run(&root, "graph", &args),
        Command::Explain(args) => explain::run(&root, &args),
        Command::Plan(args) => ask::run(&root, "plan", &args),
    }
}
