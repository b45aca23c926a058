//! `cargo xtask graph`, `explain` and `plan`: the app's own subcommands, without the need to know how to start it.

use std::path::Path;
use std::process::{ExitCode, Stdio};

use crate::shell::{self, Fault};
use crate::workspace::APP;

/// What is passed on.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments of the app's subcommand.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

impl Args {
    /// What is asked about.
    pub(crate) fn first(&self) -> Option<&str> {
        self.arguments.first().map(String::as_str)
    }
}

/// Builds the app and runs its subcommand of that name where the user stands, for files are named from there.
pub(crate) fn run(root: &Path, subcommand: &str, args: &Args) -> Result<ExitCode, Fault> {
    let here =
        std::env::current_dir().map_err(|error| Fault::new(format!("cannot say where this is: {error}")))?;
    let mut cargo = shell::cargo(&here);
    cargo
        .args(["run", "--quiet", "--package", APP, "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .args(["--", subcommand])
        .args(&args.arguments)
        .stdin(Stdio::inherit());
    Ok(if shell::run(&mut cargo)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
