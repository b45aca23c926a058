//! Which files are migrated, and whether git could bring them back.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tree::Format;
use crate::shell::Fault;

/// How a file is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Rust,
    Markdown,
    Config(Format),
}

/// By the end of its name.
pub(super) fn kind(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()? {
        "rs" => Some(Kind::Rust),
        "md" => Some(Kind::Markdown),
        _ => Format::of(path).map(Kind::Config),
    }
}

/// The files under `paths` that may be migrated, in order. Of a folder neither hidden files, nor what cargo builds, nor what a symbolic
/// link leads to.
///
/// # Errors
///
/// A path that is not there, or a file that is named and cannot be migrated.
pub(super) fn under(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Kind)>, Fault> {
    let mut found = BTreeSet::new();
    for path in paths {
        if path.is_dir() {
            folder(path, &mut found)?;
        } else if !path.exists() {
            return Err(Fault::new(format!(
                "there is no `{}`\n  help: name files or folders",
                path.display()
            )));
        } else if kind(path).is_some() {
            found.insert(path.clone());
        } else {
            return Err(Fault::new(format!(
                "`{}` is neither a Rust source, nor a configuration, nor Markdown\n  help: name files that end in `.rs`, `.md`, `.yaml`, `.yml`, `.toml` or `.json`",
                path.display()
            )));
        }
    }
    Ok(found.into_iter().filter_map(|path| kind(&path).map(|kind| (path, kind))).collect())
}

fn folder(path: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), Fault> {
    let fault = |error: std::io::Error| Fault::new(format!("cannot read {}: {error}", path.display()));
    for entry in fs::read_dir(path).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let (path, of) = (entry.path(), entry.file_type().map_err(fault)?);
        if entry.file_name().to_string_lossy().starts_with('.') || of.is_symlink() {
            continue;
        }
        if of.is_dir() {
            // What cargo builds into has this mark.
            if !path.join("CACHEDIR.TAG").exists() {
                folder(&path, found)?;
            }
        } else if kind(&path).is_some() {
            found.insert(path);
        }
    }
    Ok(())
}

/// Refuses where git could not bring back what is changed: files of `changed` that differ from what is committed, or that no git holds.
///
/// # Errors
///
/// Names them, and the option that says it is all the same.
pub(super) fn refuse_dirty(changed: &[&Path], allow_dirty: bool, allow_no_vcs: bool) -> Result<(), Fault> {
    let mut dirty = BTreeSet::new();
    for folder in changed.iter().filter_map(|path| path.parent()).collect::<BTreeSet<_>>() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut git = Command::new("git");
        git.current_dir(folder).args(["status", "--porcelain", "--untracked-files=all", "--", ":/"]);
        match git.output() {
            Ok(output) if output.status.success() => {
                dirty.extend(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned));
            }
            _ if allow_no_vcs => {}
            _ => {
                return Err(Fault::new(format!(
                    "no git holds `{}`, so nothing could bring back what is changed\n  help: commit it, or say `--allow-no-vcs`; `--dry-run` shows what would change",
                    folder.display()
                )));
            }
        }
    }
    if dirty.is_empty() || allow_dirty {
        return Ok(());
    }
    let shown = dirty.iter().take(10).map(|line| format!("\n    {line}")).collect::<String>();
    let more = dirty.len().saturating_sub(10);
    let more = if more > 0 { format!("\n    and {more} more") } else { String::new() };
    Err(Fault::new(format!(
        "there are changes that are not committed, which could not be told from those of a migration:{shown}{more}\n  help: commit or stash them, or say `--allow-dirty`"
    )))
}
