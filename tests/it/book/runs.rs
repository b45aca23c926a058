//! The runs that the chapter on them shows, each played and compared with what is noted there.

use std::fs;

use crate::cast::{Job, Stage};
use crate::markdown::{Page, root};
use crate::support::Act;

const PAGE: &str = "docs/runs.md";

/// A job in which hooks do as `beta.before fails, alpha.rescue answers` says.
fn job(words: &str) -> Job {
    let parts = words.split(", ").filter(|part| *part != "nothing");
    parts.fold(Job::default(), |job, part| {
        let (hook, act) =
            part.split_once(' ').unwrap_or_else(|| panic!("`{part}` is no hook and what it does"));
        let act = match act {
            "answers" => Act::Answer,
            "fails" => Act::Fail,
            "panics" => Act::Panic,
            other => panic!("a hook answers, fails or panics, and does not `{other}`"),
        };
        job.with(hook.to_owned().leak(), act)
    })
}

/// The step of a run that a note is of: the core belongs to the hooks around it.
fn step(note: &str) -> &str {
    let kind = note.split([' ', '.']).nth(1).unwrap_or_default();
    if note == "core" { "around" } else { kind }
}

/// What is noted, a line for each step, and what the caller gets.
async fn played(words: &str) -> String {
    let (result, notes) = Stage::cast().await.play(job(words)).await;
    let mut out = String::new();
    for notes in notes.chunk_by(|a, b| step(a) == step(b)) {
        out += &format!("{}\n", notes.join(" · "));
    }
    out + &match result {
        Ok(output) => format!("the caller gets the output {}\n", output.join(", ")),
        Err(error) => format!("the caller gets the error: {error}\n"),
    }
}

#[tokio::test]
async fn every_run_that_is_shown_goes_as_shown() {
    let text = fs::read_to_string(root().join(PAGE)).unwrap();
    let page = Page { path: PAGE.to_owned(), text };
    let mut found = Vec::new();
    let mut cases = 0;
    for block in page.blocks() {
        let Some(words) = block.said("run") else { continue };
        cases += 1;
        let real = played(words).await;
        if block.text != real {
            found.push(format!("{}: `{words}` goes\n{real}", block.place()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(cases >= 8, "{cases} cases: the page is not read as it should be");
}
