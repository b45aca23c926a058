//! The codes of messages, the pages that explain them, and the cases that show them: all in step, and each example compiled.
//!
//! `UPDATE_EXPECT=1 cargo test -p plugboard-tests --test errors` writes what rustc prints now into the pages, and the index; read
//! the difference before it is committed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod codes;
mod index;
mod package;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use page::Page;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn pages() -> Vec<Page> {
    page::all(&root().join("docs/errors"))
}

fn updates() -> bool {
    std::env::var_os("UPDATE_EXPECT").is_some()
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let emitted = codes::emitted(&root());
    let explained: BTreeSet<String> =
        pages().iter().filter(|page| !page.retired()).map(|page| page.code.clone()).collect();
    let missing: Vec<_> = emitted.difference(&explained).collect();
    assert!(missing.is_empty(), "write docs/errors/PBxxxx.md for {missing:?}");
    let unknown: Vec<_> = explained.difference(&emitted).collect();
    assert!(
        unknown.is_empty(),
        "no message has the code of these pages: {unknown:?}; if one is gone, add `(retired)` to the title"
    );
}

#[test]
fn every_code_is_shown_by_a_case() {
    let shown = codes::shown(&root());
    let unseen: Vec<_> = codes::emitted(&root()).into_iter().filter(|code| !shown.contains(code)).collect();
    assert!(unseen.is_empty(), "write a case in tests/ui, or a test in tests/it, for {unseen:?}");
}

#[test]
fn every_message_of_a_case_ends_with_the_page_of_its_code() {
    for (file, text) in codes::cases(&root()) {
        let told: Vec<_> = codes::marks(&text).collect();
        let seen: Vec<_> = codes::sees(&text).collect();
        assert_eq!(told, seen, "`[PBxxxx]` and `see: docs/errors/PBxxxx.md` differ in {}", file.display());
    }
}

#[test]
fn every_trait_with_a_message_of_its_own_has_a_code_and_its_page() {
    for (file, text) in codes::traits(&root()) {
        let told: Vec<_> = codes::marks(&text).collect();
        let seen: Vec<_> = codes::sees(&text).collect();
        assert_eq!(told, seen, "{}: {text}", file.display());
        assert_eq!(told.len(), 1, "a `message` that ends with `[PBxxxx]` in {}: {text}", file.display());
    }
}

#[test]
fn a_public_trait_that_authors_can_miss_has_a_message_of_its_own() {
    // A point has its mode from the derive, and what the mode lacks is told by `MayAwait` and `MustNotAwait`; the kinds of hooks, and
    // where they put their futures, are the framework's own; a capability is a trait like those of authors, and told by `Capability`.
    assert_eq!(codes::silent_traits(&root()), ["AsyncPoint", "Kind", "MessageBus", "Puts", "SyncPoint"]);
}

#[test]
fn both_crates_name_the_same_place_of_the_pages() {
    let bases = codes::bases(&root());
    assert_eq!(bases, ["docs/errors/", "docs/errors/"], "PAGES in plugin-core and in plugin-macros");
}

#[test]
fn the_index_lists_every_page() {
    let file = root().join("docs/errors/README.md");
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    let index = index::write(&written, &pages());
    if updates() {
        std::fs::write(&file, index).unwrap();
    } else {
        assert!(written == index, "docs/errors/README.md is stale; UPDATE_EXPECT=1 writes it");
    }
}

#[test]
fn what_is_wrong_in_a_page_says_so_and_what_is_right_compiles() {
    let pages = pages();
    let found = package::try_all(&pages);
    let mut faults = Vec::new();
    for page in &pages {
        let said = found.wrong.get(&page.code).map_or("", String::as_str);
        let codes: BTreeSet<_> = codes::marks(said).collect();
        if codes != BTreeSet::from([page.code.clone()]) {
            faults.push(format!("{}: the wrong example has the codes {codes:?}:\n{said}", page.code));
        } else if said != page.said && updates() {
            page.write(said);
        } else if said != page.said {
            faults.push(format!("{}: the page prints\n{}\nand rustc\n{said}", page.code, page.said));
        }
    }
    faults
        .extend(found.right.iter().map(|(file, told)| format!("{file}: the right example is not:\n{told}")));
    assert!(
        faults.is_empty(),
        "{}\n\nUPDATE_EXPECT=1 writes what rustc prints into the pages",
        faults.join("\n\n")
    );
}

#[test]
fn examples_are_short() {
    let long: BTreeMap<_, _> = pages()
        .iter()
        .flat_map(|page| [&page.wrong, &page.right].map(|example| (page.code.clone(), example.shown)))
        .filter(|(_, lines)| *lines > 20)
        .collect();
    assert!(long.is_empty(), "at most 20 lines that are seen: {long:?}");
}
