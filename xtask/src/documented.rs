//! That the documentation names commands of this program as they are, with the options that they have.

use clap::Parser;
use clap::error::ErrorKind;

use crate::Cli;

#[path = "../../tests/markdown.rs"]
#[expect(dead_code, reason = "blocks, links and titles are for others to check")]
mod markdown;

use markdown::{Page, Shown, pages};

/// Programs that are shown and are not of this repository.
const FOREIGN: [&str; 4] = ["cd", "curl", "git", "mdbook"];
/// Commands of cargo that are shown with arguments of its own.
const OF_CARGO: [&str; 4] = ["test", "build", "check", "bench"];

/// Why the words are no command of `cargo xtask`.
fn refused(words: &[String]) -> Option<String> {
    match Cli::try_parse_from(std::iter::once("xtask".to_owned()).chain(words.iter().cloned())) {
        // In a sentence the name of a command stands for all of it.
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument && words.len() == 1 => None,
        Err(error) if error.use_stderr() => Some(error.to_string()),
        _ => None,
    }
}

/// Why a command that is shown cannot be given; those of the app are tried by its own tests.
fn wrong(words: &[String]) -> Option<String> {
    let variables = words.iter().take_while(|word| word.contains('=')).count();
    let words = &words[variables..];
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["cargo", "xtask", ..] => refused(&words[2..]),
        ["switchboard", ..] | ["cargo", "run", ..] => None,
        ["cargo", command, ..] if OF_CARGO.contains(&command) => None,
        [program, ..] if FOREIGN.contains(&program) => None,
        _ => Some("nothing tries it: show another command, or teach xtask/src/documented.rs to".to_owned()),
    }
}

/// `cargo xtask …` between backquotes in the text, with the line it stands in; what has a word for something else is left out.
fn mentioned(page: &Page) -> Vec<Shown> {
    let spans = page.text.lines().zip(1..).flat_map(|(text, line)| {
        let code = text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("cargo xtask "));
        code.map(move |code| (code, line))
    });
    let real = spans.filter(|(code, _)| !code.contains(['…', '<']) && !code.contains("COMMAND"));
    let shown = real.map(|(code, line)| Shown {
        place: format!("{}:{line}", page.path),
        command: code.to_owned(),
        note: None,
        output: Vec::new(),
    });
    shown.collect()
}

#[test]
fn every_command_that_is_shown_is_one() {
    let mut found = Vec::new();
    let mut tried = 0;
    for page in pages().iter().filter(|page| !page.path.contains("/tests/") && page.path != "CHANGELOG.md") {
        for shown in page.commands().into_iter().chain(mentioned(page)) {
            for one in shown.command.split(" && ") {
                let one = Shown {
                    command: one.to_owned(),
                    place: shown.place.clone(),
                    note: None,
                    output: Vec::new(),
                };
                tried += 1;
                found.extend(
                    wrong(&one.words()).map(|why| format!("{}: `{}`\n{why}", one.place, one.command)),
                );
            }
        }
    }
    assert!(found.is_empty(), "{} in the documentation\n{}", found.len(), found.join("\n"));
    assert!(tried > 40, "there were {tried} commands: the pages are not read as they should be");
}

#[test]
fn a_command_that_is_none_is_told() {
    for command in [
        "cargo xtask new-plugn x",
        "cargo xtask audit --acept",
        "cargo xtask check --pears",
        "A=b cargo xtask ce",
        "make all",
    ] {
        let words = command.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(wrong(&words).is_some(), "{command}");
    }
}
