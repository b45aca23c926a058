//! `cargo xtask explain`: the page of a message's code, as `rustc --explain` prints one; of anything else the app's own answer.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::ask;
use crate::nearest::nearest;
use crate::shell::Fault;

/// Where the pages are.
const PAGES: &str = "docs/errors";

/// Prints the page where the first argument is a code, and asks the app otherwise.
pub(crate) fn run(root: &Path, args: &ask::Args) -> Result<ExitCode, Fault> {
    let Some(code) = args.first().and_then(code) else { return ask::run(root, "explain", args) };
    println!("{}", page(root, &code)?);
    Ok(ExitCode::SUCCESS)
}

/// `PB0301` of `PB0301`, `pb301` or `[PB0301]`; nothing of what is no code.
fn code(text: &str) -> Option<String> {
    let text = text.trim_matches(['[', ']']).to_ascii_uppercase();
    let digits = text.strip_prefix("PB").filter(|digits| !digits.is_empty())?;
    digits.bytes().all(|one| one.is_ascii_digit()).then(|| format!("PB{digits:0>4}"))
}

/// The page as a terminal shows it: without the lines of examples that a reader does not see.
fn page(root: &Path, code: &str) -> Result<String, Fault> {
    let folder = root.join(PAGES);
    let Ok(text) = fs::read_to_string(folder.join(format!("{code}.md"))) else {
        return Err(unknown(&folder, code));
    };
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push(line.to_owned());
        } else if !line.starts_with("# ") {
            lines.push(format!("    {line}").trim_end().to_owned());
        }
    }
    Ok(lines.join("\n"))
}

fn unknown(folder: &Path, code: &str) -> Fault {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut known: Vec<String> = entries
        .filter_map(|entry| {
            entry.path().file_stem()?.to_str().filter(|name| name.starts_with("PB")).map(str::to_owned)
        })
        .collect();
    known.sort();
    // Of one group: two digits more are another subject.
    let group: Vec<&str> =
        known.iter().map(String::as_str).filter(|one| one.get(..4) == code.get(..4)).collect();
    let remedy = match (group.first(), group.last()) {
        (Some(first), Some(last)) => {
            let near = nearest(code, group.iter().copied());
            let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            format!("{near}this group has `{first}` to `{last}`")
        }
        _ => format!("{PAGES}/README.md lists them"),
    };
    Fault::new(format!("no message has the code `{code}`\n  help: {remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn a_code_is_read_however_it_is_written() {
        for text in ["PB0301", "pb0301", "PB301", "[PB0301]"] {
            assert_eq!(code(text).as_deref(), Some("PB0301"), "{text}");
        }
        for text in ["ChatTurn", "memory", "PB", "PBX", "pb-301"] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn a_page_is_printed_without_fences_and_hidden_lines() {
        let text = page(&workspace::root(), "PB0301").unwrap();
        assert!(text.starts_with("# PB0301: There are six kinds of hooks\n"), "{text}");
        assert!(text.contains("    error: there is no hook kind `befor` [PB0301]\n"), "{text}");
        assert!(!text.contains("```") && !text.contains("fn main"), "{text}");
    }

    #[test]
    fn a_code_that_nothing_has_is_answered_with_the_nearest_or_where_all_are() {
        let told = |code| page(&workspace::root(), code).unwrap_err().to_string();
        let near = told("PB0310");
        assert!(near.contains("no message has the code `PB0310`") && near.contains("`PB0301`"), "{near}");
        let far = told("PB7777");
        assert!(far.contains("docs/errors/README.md"), "{far}");
    }
}
