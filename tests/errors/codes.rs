//! Where codes stand: in the sources that emit them, and in the cases that show them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The codes that messages can have.
pub(crate) fn emitted(root: &Path) -> BTreeSet<String> {
    let enumerated = fs::read_to_string(root.join("plugin-macros/src/code.rs")).unwrap();
    let numbers = enumerated.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = "));
    let mut codes: BTreeSet<String> =
        numbers.filter_map(|(_, number)| Some(format!("PB{:04}", number.parse::<u16>().ok()?))).collect();
    assert!(!codes.is_empty(), "plugin-macros/src/code.rs numbers its variants");
    for (_, text) in files(&root.join("plugin-core/src"), "rs") {
        codes.extend(named(&text));
    }
    codes
}

/// The codes that a case of `tests/ui` or a test of `tests/it` shows.
pub(crate) fn shown(root: &Path) -> BTreeSet<String> {
    let cases =
        files(&root.join("tests/ui"), "stderr").into_iter().chain(files(&root.join("tests/it"), "rs"));
    cases.flat_map(|(_, text)| marks(&text).collect::<Vec<_>>()).collect()
}

/// What rustc prints for the cases of `tests/ui`.
pub(crate) fn cases(root: &Path) -> Vec<(PathBuf, String)> {
    files(&root.join("tests/ui"), "stderr")
}

/// Each `#[diagnostic::on_unimplemented(…)]` of plugin-core, with its file.
pub(crate) fn traits(root: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for (file, text) in files(&root.join("plugin-core/src"), "rs") {
        for part in text.split("#[diagnostic::on_unimplemented(").skip(1) {
            let end = part.find("\n)]").unwrap_or(part.len());
            found.push((file.clone(), part[..end].to_owned()));
        }
    }
    assert!(!found.is_empty());
    found
}

/// The public traits of plugin-core without a message of their own, `Name` each.
pub(crate) fn silent_traits(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (_, text) in files(&root.join("plugin-core/src"), "rs") {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(name) = line.strip_prefix("pub trait ") else { continue };
            // Its attributes end where the item before it ends.
            let above = lines[..at].iter().rev().take_while(|line| !line.is_empty() && **line != "}");
            if !above.into_iter().any(|line| line.starts_with("#[diagnostic::on_unimplemented(")) {
                let end = name.find(|one: char| !one.is_alphanumeric()).unwrap_or(name.len());
                found.push(name[..end].to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The constants that say where the pages are.
pub(crate) fn bases(root: &Path) -> Vec<String> {
    let files = ["plugin-macros/src/code.rs", "plugin-core/src/graph/code.rs"];
    let base = |file: &str| {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let line =
            text.lines().find_map(|line| line.strip_prefix("const PAGES: &str = \"")?.strip_suffix("\";"));
        line.unwrap_or_else(|| panic!("no PAGES in {file}")).to_owned()
    };
    files.map(base).to_vec()
}

/// The codes in brackets, as they end the first line of a message.
pub(crate) fn marks(text: &str) -> impl Iterator<Item = String> {
    text.split("[PB").skip(1).filter_map(|rest| number(rest, "]"))
}

/// The codes of the pages that are referred to.
pub(crate) fn sees(text: &str) -> impl Iterator<Item = String> {
    text.split("see: docs/errors/PB").skip(1).filter_map(|rest| number(rest, ".md"))
}

/// All codes.
fn named(text: &str) -> impl Iterator<Item = String> {
    text.split("PB").skip(1).filter_map(|rest| number(rest, ""))
}

fn number(rest: &str, behind: &str) -> Option<String> {
    let digits = rest.get(..4).filter(|digits| digits.bytes().all(|one| one.is_ascii_digit()))?;
    rest[4..].starts_with(behind).then(|| format!("PB{digits}"))
}

/// The files in a folder and those in it, in the order of their names.
fn files(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}
