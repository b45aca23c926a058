//! The log on stderr.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::LogFormat;

/// Starts it. `RUST_LOG` says what is logged; without it everything from `info` while serving, and from `warn` otherwise.
///
/// # Errors
///
/// If `RUST_LOG` is wrong.
pub(super) fn init(format: LogFormat, serving: bool) -> Result<(), String> {
    let level = if serving { LevelFilter::INFO } else { LevelFilter::WARN };
    let filter = EnvFilter::builder().with_default_directive(level.into()).from_env();
    let filter = filter.map_err(|error| {
        format!("RUST_LOG is wrong: {error}\n  help: write `info`, or `warn,plugin_local=debug`")
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Human => log.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    started.map_err(|error| format!("the log cannot be started: {error}"))
}
