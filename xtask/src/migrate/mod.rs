//! `cargo xtask migrate`: rewrites what is written in old forms, in sources and configurations, and leaves every other byte as it is.

mod attributes;
mod config;
mod edit;
mod files;
mod json;
mod markdown;
pub(crate) mod page;
#[path = "../../../plugin-core/src/config/renamed.rs"]
mod renamed;
mod rust;
#[path = "../../../plugin-macros/src/api/table.rs"]
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod yaml;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use self::edit::{Found, apply, position};
use self::files::Kind;
use crate::changes::{Changes, read};
use crate::shell::Fault;

/// What to migrate, and whether to write it.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Files and folders; the whole workspace, unless some are named.
    paths: Vec<PathBuf>,
    /// Writes nothing; ends with 1 where something is to do.
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Writes nothing, and only says what would change.
    #[arg(long)]
    dry_run: bool,
    /// Says it as JSON.
    #[arg(long)]
    json: bool,
    /// Writes although there are changes that are not committed.
    #[arg(long)]
    allow_dirty: bool,
    /// Writes files that no git holds.
    #[arg(long)]
    allow_no_vcs: bool,
}

/// What was found, for programs.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether the edits are made.
    written: bool,
    edits: Vec<Told<'a>>,
    left: Vec<Told<'a>>,
}

/// One edit, or one thing that is left.
#[derive(Serialize)]
struct Told<'a> {
    file: String,
    line: usize,
    column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

/// A file that says this in a comment is left as it is.
const KEEP: &str = "xtask migrate: keep";

/// A file in which something is old.
struct File {
    path: PathBuf,
    text: String,
    found: Found,
}

/// Rewrites, or says what it would; 1 where something is left to do.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    let files = search(root, &args.paths)?;
    let edits = files.iter().map(|file| file.found.edits.len()).sum::<usize>();
    let left = files.iter().map(|file| file.found.left.len()).sum::<usize>();
    let write = !args.check && !args.dry_run;
    if write && edits > 0 {
        let changed = files.iter().filter(|file| !file.found.edits.is_empty());
        let changed: Vec<&Path> = changed.map(|file| file.path.as_path()).collect();
        files::refuse_dirty(&changed, args.allow_dirty, args.allow_no_vcs)?;
        let mut changes = Changes::default();
        for file in files.iter().filter(|file| !file.found.edits.is_empty()) {
            let text = apply(&file.text, &file.found.edits);
            changes.edit(file.path.clone(), file.text.clone(), text);
        }
        changes.apply()?;
    }
    let report = Report::of(&files, write, root);
    if args.json {
        let text = serde_json::to_string_pretty(&report).map_err(|error| Fault::new(error.to_string()))?;
        println!("{text}");
    } else {
        print!("{}", report.text(write));
    }
    let to_do = left > 0 || (args.check && edits > 0);
    Ok(if to_do && !args.dry_run { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Whether nothing in the workspace is old; says what is.
///
/// # Errors
///
/// A folder that cannot be read.
pub(crate) fn is_current(root: &Path) -> Result<bool, Fault> {
    let files = search(root, &[])?;
    if !files.is_empty() {
        print!("{}", Report::of(&files, false, root).text(false));
    }
    Ok(files.is_empty())
}

fn search(root: &Path, paths: &[PathBuf]) -> Result<Vec<File>, Fault> {
    let whole = [root.to_path_buf()];
    let paths = if paths.is_empty() { &whole[..] } else { paths };
    let named = |path: &PathBuf| paths.contains(path);
    let mut files = Vec::new();
    for (path, kind) in files::under(paths)? {
        let text = match read(&path) {
            Ok(text) => text,
            // Of a folder, what is no text is none of our files.
            Err(_) if !named(&path) => continue,
            Err(fault) => return Err(fault),
        };
        let found = match kind {
            _ if text.contains(KEEP) => continue,
            Kind::Rust => rust::find(&text),
            Kind::Markdown => markdown::find(&text),
            Kind::Config(format) => config::find(&text, format),
        };
        // A folder holds files of other programs, which need not be what their names say.
        let broken = found.left.iter().any(|left| left.broken);
        let ours = !broken || named(&path) || text.contains("plugins");
        if ours && !found.is_empty() {
            files.push(File { path, text, found });
        }
    }
    Ok(files)
}

impl<'a> Report<'a> {
    fn of(files: &'a [File], written: bool, root: &Path) -> Self {
        let mut report = Self { written, edits: Vec::new(), left: Vec::new() };
        for File { path, text, found } in files {
            let file = path.strip_prefix(root).unwrap_or(path).display().to_string();
            let told = |at: usize| {
                let (line, column) = position(text, at);
                Told { file: file.clone(), line, column, old: None, new: None, why: None, help: None }
            };
            report.edits.extend(found.edits.iter().map(|edit| Told {
                old: Some(&edit.old),
                new: Some(&edit.new),
                ..told(edit.place.start)
            }));
            report.left.extend(found.left.iter().map(|left| Told {
                why: Some(&left.why),
                help: Some(&left.help),
                ..told(left.at)
            }));
        }
        report
    }

    /// A line for each edit, two for what is left, and the sum.
    fn text(&self, write: bool) -> String {
        let mut out = String::new();
        for Told { file, line, column, old, new, .. } in &self.edits {
            let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
            out.push_str(&format!("{file}:{line}:{column}: {old} → {new}\n"));
        }
        for Told { file, line, column, why, help, .. } in &self.left {
            let (why, help) = (why.unwrap_or_default(), help.unwrap_or_default());
            out.push_str(&format!("{file}:{line}:{column}: {why}\n  help: {help}\n"));
        }
        let forms =
            |count: usize| if count == 1 { "1 old form".to_owned() } else { format!("{count} old forms") };
        match (self.edits.len(), self.left.len()) {
            (0, 0) => out.push_str("nothing is old\n"),
            (edits, left) => {
                let verb = if write { "rewritten" } else { "to rewrite" };
                let left = if left > 0 { format!(", {left} left to you") } else { String::new() };
                out.push_str(&format!("{} {verb}{left}\n", forms(edits)));
            }
        }
        out
    }
}
