//! What the documentation tells people to write and to run: configurations are checked, commands parsed, requests made.

use std::path::Path;

use clap::Parser;
use plugin_core::graph::{Absent, Scratch, check_list};
use plugin_core::{PluginManager, PluginSet};
use switchboard::Gateway as App;
use switchboard::cli::Cli;

use crate::binary::run;
#[cfg(unix)]
use crate::gateway::Gateway;
use crate::markdown::{Block, Page, is_like, pages};

/// Fails with all that was found.
fn none(found: &[String]) {
    assert!(found.is_empty(), "{} in the documentation\n{}", found.len(), found.join("\n"));
}

/// All pages but those that are documents for a test, or that a test of their own compiles.
fn documentation() -> Vec<Page> {
    let apart = |path: &str| path.contains("/tests/") || path.starts_with("docs/errors/PB");
    pages().into_iter().filter(|page| !apart(&page.path)).collect()
}

/// What `config check` says of a block, without `error: `; whether it is content.
async fn checked(block: &Block) -> (bool, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let name = format!("plugins.{}", block.language());
    std::fs::write(folder.path().join(&name), &block.text).expect("a file");
    let ran = run(folder.path(), &["config", "check", &name]).await;
    let text = if ran.code == Some(0) { ran.out } else { ran.err };
    (ran.code == Some(0), text.trim().trim_start_matches("error: ").to_owned())
}

#[tokio::test]
async fn every_configuration_passes_the_check_or_fails_as_it_says() {
    let mut found = Vec::new();
    let (mut good, mut bad) = (0, 0);
    for page in documentation() {
        let blocks = page.blocks();
        for (at, block) in blocks.iter().enumerate() {
            let place = block.place();
            if !["yaml", "toml", "json"].contains(&block.language())
                || block.said("no configuration").is_some()
            {
                continue;
            }
            let (passes, text) = checked(block).await;
            if block.said("config check") != Some("fails") {
                good += 1;
                if !passes {
                    found.push(format!(
                        "{place}: `config check` refuses it: mend it, or write `<!-- config check: fails -->` or `<!-- no configuration: WHAT IT IS -->` before it\n{text}"
                    ));
                }
                continue;
            }
            bad += 1;
            let report = blocks.get(at + 1).filter(|next| next.info == "text");
            if passes {
                found.push(format!("{place}: `config check` finds nothing wrong with it"));
            } else if let Some(shown) = report.filter(|shown| !is_like(&text, shown.text.trim())) {
                found.push(format!("{}: the report is now\n{text}", shown.place()));
            } else if report.is_none() {
                found.push(format!("{place}: show the report behind it, in a ```text block:\n{text}"));
            }
        }
    }
    none(&found);
    assert!(good > 8 && bad > 0, "{good} good and {bad} bad: the pages are not read as they should be");
}

/// What the compiler says of the app without these features.
fn without(features: &str) -> String {
    let mut entries = App::PLUGINS.entries.to_vec();
    for entry in &mut entries {
        if features.split(", ").any(|feature| feature == entry.feature) {
            entry.plugin = Err(Absent::Feature);
        }
    }
    let set = PluginSet { entries: entries.leak() };
    check_list(&set, Scratch::<1024>::new()).text(set.entries).as_str().to_owned()
}

#[test]
fn every_composition_that_does_not_compile_is_shown_with_the_words_of_the_compiler() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut found = Vec::new();
    let mut seen = 0;
    for block in documentation().iter().flat_map(Page::blocks) {
        let Some(features) = block.said("without the features") else { continue };
        seen += 1;
        let text = without(features);
        let shown = block.text.rsplit("evaluation panicked:").next().unwrap_or_default();
        if words(shown) != words(&text) {
            found.push(format!("{}: without {features} the compiler says now\n{text}", block.place()));
        }
    }
    none(&found);
    assert!(seen > 0, "the pages are not read as they should be");
}

/// Why the arguments behind `switchboard` or `cargo run` are none of this binary.
fn refused(arguments: &[String]) -> Option<String> {
    match Cli::try_parse_from(std::iter::once("switchboard".to_owned()).chain(arguments.iter().cloned())) {
        Err(error) if error.use_stderr() => Some(error.to_string()),
        _ => None,
    }
}

/// Why `cargo run …` does not run the app.
fn not_run(arguments: &[String]) -> Option<String> {
    let end = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
    let mut flags = arguments[..end].iter();
    while let Some(flag) = flags.next() {
        match flag.as_str() {
            "--release" | "--no-default-features" => {}
            "--features" => {
                let entries = App::PLUGINS.entries;
                let asked = flags.next().map(String::as_str).unwrap_or_default().split(',');
                let known = |name: &&str| entries.iter().any(|entry| entry.feature == *name);
                if let Some(unknown) = asked.clone().find(|name| !known(name)) {
                    return Some(format!("the app has no feature `{unknown}`"));
                }
            }
            other => return Some(format!("`{other}` is no flag that `cargo run` is shown with")),
        }
    }
    refused(arguments.get(end + 1..).unwrap_or_default())
}

#[test]
fn every_command_of_the_app_that_is_shown_is_one() {
    let mut found = Vec::new();
    let mut tried = 0;
    for shown in documentation().iter().flat_map(Page::commands) {
        let words = shown.words();
        let wrong = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["switchboard", ..] => refused(&words[1..]),
            ["cargo", "run", ..] => not_run(&words[2..]),
            // These are the app's, and handed on to it.
            ["cargo", "xtask", "plan" | "explain" | "graph", ..] => refused(&words[2..]),
            _ => continue,
        };
        tried += 1;
        found.extend(wrong.map(|why| format!("{}: `{}`\n{why}", shown.place, shown.command)));
    }
    none(&found);
    assert!(tried > 10, "there were {tried} commands: the pages are not read as they should be");
}

/// A gateway over the documents of the repository, as `cargo run` in a clone starts it.
#[cfg(unix)]
async fn in_a_clone() -> Gateway {
    let indexed = |path: &str| path.starts_with("docs/") || !path.contains('/');
    let copy = |folder: &Path| {
        for page in pages().into_iter().filter(|page| indexed(&page.path)) {
            let to = folder.join(&page.path);
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("folders");
            std::fs::write(to, page.text).expect("a copy");
        }
    };
    Gateway::start_in(copy, &[]).await
}

#[cfg(unix)]
#[tokio::test]
async fn every_request_that_is_shown_is_answered_as_shown() {
    let requests = documentation().iter().flat_map(Page::commands).collect::<Vec<_>>();
    let requests = requests.into_iter().filter(|shown| {
        let apart = shown.note.as_deref().is_some_and(|note| note.starts_with("not run:"));
        shown.command.starts_with("curl ") && !apart
    });
    let mut found = Vec::new();
    let mut made = 0;
    let gateway = in_a_clone().await;
    for shown in requests {
        made += 1;
        let address = gateway.url.trim_start_matches("http://");
        let command = format!("{} --fail-with-body", shown.command.replace("localhost:8080", address));
        let ran = tokio::process::Command::new("sh").args(["-c", &command]).output().await.expect("a shell");
        let out = String::from_utf8_lossy(&ran.stdout);
        let expected = shown.output.join("\n");
        if !ran.status.success() {
            let err = String::from_utf8_lossy(&ran.stderr);
            found.push(format!("{}: `{}` fails: {out}{err}", shown.place, shown.command));
        } else if !expected.trim().is_empty() && !is_like(out.trim(), expected.trim()) {
            found.push(format!("{}: the answer is now\n{out}", shown.place));
        }
    }
    none(&found);
    assert!(made > 3, "there were {made} requests: the pages are not read as they should be");
}

#[cfg(unix)]
#[tokio::test]
async fn every_program_in_python_that_is_shown_gets_its_answer() {
    let name = "every_program_in_python_that_is_shown_gets_its_answer";
    let Some(python) = crate::openai::python(name) else { return };
    let gateway = in_a_clone().await;
    let mut found = Vec::new();
    let mut ran = 0;
    for block in documentation().iter().flat_map(Page::blocks).filter(|block| block.info == "python") {
        ran += 1;
        let program = block.text.replace("http://127.0.0.1:8080", &gateway.url);
        let output = tokio::process::Command::new(&python).args(["-c", &program]).output().await;
        let output = output.expect("Python can be run");
        if !output.status.success() || output.stdout.is_empty() {
            found.push(format!("{}: fails: {}", block.place(), String::from_utf8_lossy(&output.stderr)));
        }
    }
    none(&found);
    assert!(ran > 0, "the pages are not read as they should be");
}
