//! An exit code is a value, and so is the number of this process.
use std::process::ExitCode;

pub fn code() -> ExitCode {
    if std::process::id() > 1 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
pub const SYSTEM: &str = std::env::consts::OS;
