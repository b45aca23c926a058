//! What people ask, and where the answer stands.

use gateway_api::Message;

use crate::answer::Answer;
use crate::library::Library;

fn library(root: &str, entries: &[&str]) -> Library {
    let folders =
        entries.iter().map(|entry| format!("{}/{root}/{entry}", env!("CARGO_MANIFEST_DIR"))).collect();
    Library::open(folders, false, None).unwrap()
}

fn corpus() -> Library {
    library("tests/corpus", &["README.md", "docs"])
}

fn ask(library: &Library, questions: &[&str]) -> Answer {
    let messages: Vec<Message> = questions.iter().map(|question| Message::user(*question)).collect();
    library.answer(&messages).unwrap()
}

#[test]
fn each_question_finds_its_passage_first() {
    let library = corpus();
    let cases = [
        ("How do I add a plugin?", "Harbour › Add a plugin"),
        ("how can I create a new plugin", "Harbour › Add a plugin"),
        ("adding plugins", "Harbour › Add a plugin"),
        ("How do I add a backend?", "Harbour › Add a backend"),
        ("What is Harbour?", "Harbour"),
        ("How do I uninstall a plugin?", "Plugins › Remove a plugin"),
        ("How do I switch a plugin off?", "Plugins › Switch a plugin off"),
        ("What happens if a hook panics?", "Hooks › Panics"),
        ("In which order do hooks run?", "Hooks › Order"),
        ("Can I reload a plugin while it runs?", "Plugins › Reload a plugin"),
        ("Which port does it listen on?", "Configuration › Port"),
        ("Where do I put my secrets?", "Configuration › Secrets"),
        ("set an environment variable", "Configuration › Environment variables"),
        ("what license is this", "Harbour › Licence"),
        ("Does streaming work with hooks?", "Hooks › Streaming"),
    ];
    for (question, title) in cases {
        let answer = ask(&library, &[question]);
        let found = answer.citations.first().map(|citation| citation.title.as_str());
        assert_eq!(found, Some(title), "{question}\n{}", answer.text);
    }
}

#[test]
fn the_answer_quotes_the_command_and_says_where_it_stands() {
    let answer = ask(&corpus(), &["How do I add a plugin?"]);
    assert!(
        answer.text.starts_with(
            "Run this in the root of the repository:\n\n```console\n$ cargo xtask new-plugin greeter\n```"
        ),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("\n\nSource: README.md:23 — Harbour › Add a plugin"), "{}", answer.text);
    assert_eq!((answer.citations[0].source.as_str(), answer.citations[0].line), ("README.md", 23));
}

#[test]
fn a_question_that_leans_on_the_one_before_is_understood() {
    let library = corpus();
    let answer = ask(&library, &["How do I add a plugin?", "And how do I remove it?"]);
    assert_eq!(answer.citations[0].title, "Plugins › Remove a plugin");
    let answer = ask(&library, &["In which order do hooks run?", "Why?"]);
    assert_eq!(answer.citations[0].title, "Hooks › Order");
}

#[test]
fn what_the_documents_do_not_hold_is_not_answered() {
    let library = corpus();
    for question in [
        "What is the weather in Paris today?",
        "Who won the football match?",
        "Hello!",
        "",
        "🙂",
        "\"; DROP TABLE passages",
    ] {
        let answer = ask(&library, &[question]);
        assert_eq!(answer.citations, [], "{question}\n{}", answer.text);
        assert!(answer.text.contains("- Harbour"), "{question}\n{}", answer.text);
    }
}

/// So does the first page of what it is.
#[test]
fn this_repository_answers_what_it_is() {
    let library = library("../..", &["README.md", "ARCHITECTURE.md", "docs"]);
    let answer = ask(&library, &["What is Switchboard?"]);
    assert!(answer.text.contains("AI and API gateway"), "{}", answer.text);
}

/// The documents of this repository promise it on their first page.
#[test]
fn this_repository_answers_how_to_add_a_plugin() {
    let library = library("../..", &["README.md", "ARCHITECTURE.md", "docs"]);
    for question in ["How do I add a plugin?", "how to create a new plugin", "Add a plugin"] {
        let answer = ask(&library, &[question]);
        assert!(answer.text.contains("cargo xtask new-plugin"), "{question}\n{}", answer.text);
    }
}
