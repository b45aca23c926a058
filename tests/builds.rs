//! Builds of packages that are not of this workspace: cargo as a user starts it, and what rustc says in them.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Cargo in `package`, which builds into `target`: with the versions of this workspace, without a registry, and without what this
/// build set for itself. The file is a lock: all such builds share `target`, so the next would replace a program before it runs.
///
/// # Errors
///
/// The lock, or the copy of Cargo.lock, could not be written.
pub fn cargo(package: &Path, target: &Path, command: &str) -> std::io::Result<(Command, File)> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    let lock = File::create(target.with_extension("lock"))?;
    lock.lock()?;
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"), package.join("Cargo.lock"))?;
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let keep = text == "CARGO_HOME" || text.ends_with("_LINKER");
        if !keep && (text.starts_with("CARGO") || text.starts_with("RUSTC") || text.contains("RUSTFLAGS")) {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(package).env("CARGO_TERM_COLOR", "never").args([command, "--offline", "--quiet"]);
    cargo.arg("--target-dir").arg(target);
    Ok((cargo, lock))
}

/// What rustc says of a target.
#[derive(Debug)]
pub struct Diagnostic {
    /// The target's name.
    pub target: String,
    /// The lint's or the error's name, if it has one.
    pub code: String,
    /// `error`, `warning`.
    pub level: String,
    /// The first lines, without the place.
    pub message: String,
    /// File, line and the text under the caret.
    pub place: (String, u64, String),
    /// All of it, as a terminal shows it.
    pub rendered: String,
}

/// The messages with a place in what `cargo … --message-format=json` wrote, of packages that `wanted` accepts the id of.
#[must_use]
pub fn diagnostics(output: &Output, wanted: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let messages = lines.filter(|line| line["reason"] == "compiler-message");
    let here = messages.filter(|line| line["package_id"].as_str().is_some_and(&wanted));
    here.filter_map(|line| diagnostic(&line)).collect()
}

/// `None` without a place: it is the count at the end.
fn diagnostic(line: &Value) -> Option<Diagnostic> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let message = &line["message"];
    let span = message["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
    let under = span["text"][0]["text"].as_str().unwrap_or_default();
    let column = |name: &str| Some(usize::try_from(span[name].as_u64()?).ok()? - 1);
    let under = under.get(column("column_start")?..column("column_end")?).unwrap_or(under);
    Some(Diagnostic {
        target: text(&line["target"]["name"]),
        code: text(&message["code"]["code"]),
        level: text(&message["level"]),
        message: text(&message["message"]),
        place: (text(&span["file_name"]), span["line_start"].as_u64()?, under.to_owned()),
        rendered: text(&message["rendered"]),
    })
}
