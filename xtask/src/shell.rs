//! Running other programs: shown as they are run, never with a leftover of the outer cargo's environment.

use std::fmt;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Why a command could not do its work, in a sentence with its remedy.
#[derive(Debug)]
pub(crate) struct Fault(String);

impl Fault {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a program printed, and whether it succeeded.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) success: bool,
    /// Standard output and standard error, each in its own order, without colours.
    pub(crate) lines: Vec<String>,
}

/// The cargo that runs this program, in `root`.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).stdin(Stdio::null());
    // What the outer `cargo run` said of the package xtask must not be taken for facts of another package.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_the_outer_package) {
            command.env_remove(name);
        }
    }
    if io::stdout().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

/// Runs it with this program's output as its own and says whether it succeeded.
pub(crate) fn run(command: &mut Command) -> Result<bool, Fault> {
    announce(command);
    let status = command.status().map_err(|error| not_started(command, &error))?;
    Ok(status.success())
}

/// Runs it, passes on what it prints line by line, and keeps it.
pub(crate) fn tee(command: &mut Command) -> Result<Printed, Fault> {
    announce(command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| not_started(command, &error))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let lines = std::thread::scope(|scope| {
        let err = scope.spawn(|| err.map_or_else(Vec::new, |pipe| pass_on(pipe, io::stderr())));
        let mut lines = out.map_or_else(Vec::new, |pipe| pass_on(pipe, io::stdout()));
        lines.extend(err.join().unwrap_or_default());
        lines
    });
    let status = child.wait().map_err(|error| not_started(command, &error))?;
    Ok(Printed { success: status.success(), lines })
}

/// Runs it and keeps what it prints; shows nothing.
pub(crate) fn capture(command: &mut Command) -> Result<Printed, Fault> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    let text = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)];
    let lines = text.iter().flat_map(|text| text.lines()).map(plain).collect();
    Ok(Printed { success: output.status.success(), lines })
}

/// Runs it and shows nothing.
///
/// # Errors
///
/// `what` failed, with the last line that it printed.
pub(crate) fn succeed(command: &mut Command, what: &str) -> Result<(), Fault> {
    let printed = capture(command)?;
    if printed.success {
        return Ok(());
    }
    let words = printed.lines.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty());
    Err(Fault::new(format!("{what}: {}", words.unwrap_or("it printed nothing"))))
}

/// Whether a program of this name answers to `--version`.
pub(crate) fn answers(command: &mut Command) -> bool {
    capture(command.arg("--version")).is_ok_and(|printed| printed.success)
}

/// Whether this runs in CI, where nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// `line` without terminal colours.
pub(crate) fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        if char != '\u{1b}' {
            text.push(char);
        } else if chars.next() == Some('[') {
            chars.by_ref().find(|char| ('@'..='~').contains(char));
        }
    }
    text
}

fn is_of_the_outer_package(name: &str) -> bool {
    const NAMES: [&str; 4] =
        ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR"];
    const PREFIXES: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_EXE_", "CARGO_FEATURE_"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn announce(command: &Command) {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy();
    let arguments =
        command.get_args().map(|argument| format!(" {}", argument.to_string_lossy())).collect::<String>();
    eprintln!("\n$ {program}{arguments}");
}

fn pass_on(pipe: impl Read, mut to: impl Write) -> Vec<String> {
    let mut lines = Vec::new();
    let mut pipe = BufReader::new(pipe);
    let mut bytes = Vec::new();
    while pipe.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
        // A reader that has gone away must not end the tests.
        let _ = to.write_all(&bytes).and_then(|()| to.flush());
        lines.push(plain(String::from_utf8_lossy(&bytes).trim_end()));
        bytes.clear();
    }
    lines
}

fn not_started(command: &Command, error: &io::Error) -> Fault {
    Fault::new(format!("cannot run `{}`: {error}", command.get_program().to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_no_part_of_a_line() {
        assert_eq!(plain("\u{1b}[32;1m  Summary\u{1b}[0m 3 passed"), "  Summary 3 passed");
    }

    #[test]
    fn only_the_outer_package_is_forgotten() {
        for name in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_BIN_NAME"] {
            assert!(is_of_the_outer_package(name), "{name}");
        }
        for name in ["CARGO_TARGET_DIR", "CARGO_HOME", "CARGO_INCREMENTAL", "CARGO_BUILD_JOBS", "PATH"] {
            assert!(!is_of_the_outer_package(name), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_failed_program_keeps_its_last_words() {
        let printed = capture(Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"])).unwrap();
        assert!(!printed.success);
        assert_eq!(printed.lines, ["one", "two"]);
    }
}
