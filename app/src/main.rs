//! The binary: parses the command line and does what it says.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    switchboard::cli::run(switchboard::cli::Cli::parse()).await
}
