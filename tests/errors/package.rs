//! One package made of all examples: a program for each wrong one, since one mistake hides another; a library of all right ones; and
//! a program that starts those that compile and do not start.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use plugboard_tests::builds::{self, Diagnostic};

use crate::page::{Kind, Page};

/// What was told.
pub(crate) struct Found {
    /// Of wrong examples, by code.
    pub(crate) wrong: BTreeMap<String, String>,
    /// Of right ones, of which nothing should be, by file.
    pub(crate) right: BTreeMap<String, String>,
}

/// The features that examples name in `plugins!`.
const FEATURES: [&str; 2] = ["storage", "notes"];
/// The package's name, which a message may name.
const NAME: &str = "my-app";
const FOLDER: &str = "pages-of-errors";
/// Stands between what two examples print.
const RULER: &str = "-----";

/// Compiles, and where that is meant starts, the examples of all pages.
pub(crate) fn try_all(pages: &[Page]) -> Found {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(FOLDER);
    write(&place, pages);
    let mut found = Found { wrong: BTreeMap::new(), right: BTreeMap::new() };
    compiled(&check(&place, &["--lib", "--bins", "--keep-going"]), &mut found);
    for page in pages.iter().filter(|page| page.wrong.kind == Kind::Profile) {
        for (example, told) in [(&page.wrong, &mut found.wrong), (&page.right, &mut found.right)] {
            let name = "profile.toml";
            keep(place.join(name), &example.code);
            let said = builds::diagnostics(&check(&place, &["--lib", "--config", name]), |_| true);
            let said: String = said.iter().map(|one| format!("{}: {}\n", one.level, one.message)).collect();
            if !said.is_empty() {
                told.insert(page.code.clone(), said);
            }
        }
    }
    let (mut cargo, _lock) = builds::cargo(&place, &target(), "run").unwrap();
    started(&cargo.args(["--bin", "start"]).output().unwrap(), &mut found);
    found
}

/// Where tests/it/workspaces.rs has built the framework already.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("workspaces")
}

fn check(place: &Path, arguments: &[&str]) -> Output {
    let (mut cargo, _lock) = builds::cargo(place, &target(), "check").unwrap();
    cargo.args(arguments).arg("--message-format=json").output().unwrap()
}

/// Adds what rustc told of the examples.
fn compiled(output: &Output, found: &mut Found) {
    let told = builds::diagnostics(output, |package| package.contains(FOLDER));
    assert!(
        !told.is_empty(),
        "cargo did not come to the examples: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    for one in told {
        let code = one.target.to_uppercase();
        if !code.starts_with("PB") {
            found.right.entry(one.place.0.clone()).or_default().push_str(&one.rendered);
        } else if one.level == "error" {
            let said = found.wrong.entry(code).or_default();
            if !said.is_empty() {
                said.push('\n');
            }
            said.push_str(&shown(&one));
        }
    }
}

/// The package's files; what is as it was is left alone, so that cargo finds it built.
fn write(place: &Path, pages: &[Page]) {
    let mut right = "//! What is right.\n#![allow(dead_code)]\n".to_owned();
    let mut start = "//! What does not start.\n#![allow(dead_code)]\n".to_owned();
    let mut calls = String::new();
    let mut bins = String::new();
    fs::create_dir_all(place).unwrap();
    for page in pages {
        let code = page.code.to_lowercase();
        let (wrong, good) = (format!("{code}_wrong"), format!("{code}_right"));
        match page.wrong.kind {
            Kind::Profile => {}
            Kind::Compiled => {
                bins.push_str(&format!("[[bin]]\nname = \"{code}\"\npath = \"{wrong}.rs\"\n"));
                right.push_str(&format!("mod {good};\n"));
                keep(place.join(format!("{wrong}.rs")), &page.wrong.code);
                keep(place.join(format!("{good}.rs")), &page.right.code.replace("fn main() {}\n", ""));
            }
            Kind::Started => {
                for (name, example) in [(&wrong, &page.wrong), (&good, &page.right)] {
                    start.push_str(&format!("mod {name};\n"));
                    calls.push_str(&format!("    println!(\"{RULER}{name}\");\n    {name}::main();\n"));
                    let code = example.code.replace("fn main()", "pub fn main()");
                    keep(place.join(format!("{name}.rs")), &code);
                }
            }
        }
    }
    start.push_str(&format!("fn main() {{\n{calls}}}\n"));
    keep(place.join("right.rs"), &right);
    keep(place.join("start.rs"), &start);
    keep(place.join("Cargo.toml"), &manifest(&bins));
}

fn manifest(bins: &str) -> String {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin-core").canonicalize().unwrap();
    let features: String = FEATURES.iter().map(|name| format!("{name} = []\n")).collect();
    format!(
        "[workspace]\n\n[package]\nname = \"{NAME}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nautobins = false\n\n\
         [features]\n{features}\n[dependencies]\nplugin-core = {{ path = {core:?} }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\n[lib]\npath = \"right.rs\"\n\n\
         [[bin]]\nname = \"start\"\npath = \"start.rs\"\n{bins}\n[profile.dev]\ndebug = false\nincremental = false\n"
    )
}

fn keep(file: PathBuf, text: &str) {
    if fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(file, text).unwrap();
}

/// The message as in a plugin of one's own, without the parts that point into the framework.
fn shown(one: &Diagnostic) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for line in one.rendered.trim_end().lines() {
        let begins = ["note: ", "help: "].iter().any(|word| line.starts_with(word));
        if begins || blocks.is_empty() {
            blocks.push(String::new());
        }
        let block = blocks.last_mut().unwrap();
        block.push_str(line.trim_end());
        block.push('\n');
    }
    blocks.retain(|block| !block.contains("/plugin-core/src/"));
    narrow(&blocks.concat()).replace(&format!("{}_wrong.rs", one.target), "src/lib.rs")
}

/// Without the room for line numbers that stood in parts that are left out.
fn narrow(text: &str) -> String {
    let number = |line: &str| line.split_once(" |").map(|(number, _)| number.trim().len());
    let is_number = |line: &str| line.trim_start().starts_with(|one: char| one.is_ascii_digit());
    let needed = text.lines().filter(|line| is_number(line)).filter_map(number).max().unwrap_or_default();
    let Some(bar) =
        text.lines().find_map(|line| line.trim_start().starts_with('|').then(|| line.find('|'))?)
    else {
        return text.to_owned();
    };
    let spare = " ".repeat(bar.saturating_sub(needed + 1));
    text.lines().map(|line| format!("{}\n", line.strip_prefix(&spare).unwrap_or(line))).collect()
}

/// Adds what the examples printed that do not start.
fn started(output: &Output, found: &mut Found) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the examples that do not start: {out}{err}");
    for part in out.split(RULER).skip(1) {
        let (name, said) = part.split_once('\n').unwrap();
        let code = name[..6].to_uppercase();
        if name.ends_with("wrong") {
            found.wrong.insert(
                code,
                said.replace(&format!("{name}.rs"), "src/lib.rs")
                    .replace(&format!("start::{name}"), "my_app"),
            );
        } else if !said.is_empty() {
            found.right.insert(name.to_owned(), said.to_owned());
        }
    }
}
