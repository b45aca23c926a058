//! The index of the pages, by the first two digits of their codes.

use crate::page::Page;

const GROUPS: [(&str, &str); 9] = [
    ("01", "A plugin's module, and the arguments of all attributes"),
    ("02", "State, `#[init]` and `#[config]`"),
    ("03", "Hooks"),
    ("04", "Hook points"),
    ("05", "Capabilities"),
    ("06", "Events"),
    ("07", "Tasks, commands, health, and state that outlives a reload"),
    ("08", "The manager, and `plugins!`"),
    ("09", "The plugins of an app together"),
];
const BEGIN: &str =
    "<!-- pages: written by `UPDATE_EXPECT=1 cargo test -p plugboard-tests --test errors` -->\n";

/// `written` with the list of pages renewed.
pub(crate) fn write(written: &str, pages: &[Page]) -> String {
    let head = written.split(BEGIN).next().unwrap_or_default();
    let mut text = format!("{head}{BEGIN}");
    for (digits, title) in GROUPS {
        text.push_str(&format!("\n## {title}\n\n| code | rule |\n|---|---|\n"));
        for page in pages.iter().filter(|page| page.code[2..].starts_with(digits)) {
            text.push_str(&format!("| [{}]({}.md) | {} |\n", page.code, page.code, page.title));
        }
    }
    let listed =
        pages.iter().filter(|page| GROUPS.iter().any(|(digits, _)| page.code[2..].starts_with(digits)));
    assert_eq!(listed.count(), pages.len(), "each page is of one of the groups in tests/errors/index.rs");
    text
}
