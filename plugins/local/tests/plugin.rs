//! The plugin inside a host.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::time::Duration;

use gateway_api::{
    ChatBackend, ChatError, ChatTurn, Deltas, FinishReason, Message, ModelCall, Reply, Usage, estimate_tokens,
};
use plugin_core::testing::{Host, TestHost};
use plugin_core::{Health, PluginState, Running};
use plugin_local::local::Local;
use serde_json::{Value, json};

/// A folder of documents.
struct Notes(tempfile::TempDir);

impl Notes {
    fn new() -> Self {
        let notes = Self(tempfile::tempdir().unwrap());
        notes.write(
            "fruit.md",
            "# Apples\n\nApples are red. They grow on trees.\n\n# Pears\n\nPears are green.\n",
        );
        notes
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    async fn host(&self) -> Running<Host> {
        host(&json!({ "folders": [self.0.path()] })).await
    }
}

async fn host(config: &Value) -> Running<Host> {
    TestHost::new().with::<Local>().config(config).start().await.unwrap()
}

async fn health(host: &Running<Host>) -> Option<Health> {
    host.status().await.plugins[0].health.clone().map(|health| health.answer)
}

fn turn(question: &str) -> ChatTurn {
    ChatTurn::new(vec![Message::user(question)])
}

async fn chat(host: &Running<Host>, turn: ChatTurn, deltas: &Deltas) -> Result<Reply, ChatError> {
    let backend = host.provider::<dyn ChatBackend>().expect("the backend runs");
    backend.chat(&ModelCall { backend: "local".to_owned(), turn }, deltas).await
}

async fn reply(host: &Running<Host>, turn: ChatTurn) -> Reply {
    chat(host, turn, &Deltas::ignored()).await.unwrap()
}

#[tokio::test]
async fn a_reply_cites_the_passage_it_rests_on() {
    let notes = Notes::new();
    let host = notes.host().await;
    let reply = reply(&host, turn("Which colour are apples?")).await;
    let name = notes.0.path().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(
        reply.message.content,
        format!("Apples are red. They grow on trees.\n\nSource: {name}/fruit.md:3 — Apples")
    );
    assert_eq!(reply.citations.len(), 1);
    assert_eq!((reply.citations[0].line, reply.citations[0].title.as_str()), (3, "Apples"));
    assert_eq!(
        reply.usage,
        Usage { prompt_tokens: 6, completion_tokens: estimate_tokens(&reply.message.content) }
    );
    assert_eq!(
        (reply.finish, reply.model.as_str(), reply.backend.as_str()),
        (FinishReason::Stop, "local", "local")
    );
    let models = host.provider::<dyn ChatBackend>().unwrap().models().await.unwrap();
    assert_eq!(models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["local"]);
    host.stop().await;
}

#[tokio::test]
async fn streamed_pieces_are_the_words_of_the_same_reply() {
    let host = Notes::new().host().await;
    let whole = reply(&host, turn("apples")).await;
    let (deltas, mut pieces) = Deltas::channel(1);
    let reader = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Some(piece) = pieces.recv().await {
            all.push(piece);
        }
        all
    });
    let streamed = chat(&host, turn("apples"), &deltas).await.unwrap();
    drop(deltas);
    let pieces = reader.await.unwrap();
    assert!(pieces.len() > 5, "{pieces:?}");
    assert_eq!(pieces.concat(), streamed.message.content);
    assert_eq!(streamed.message.content, whole.message.content);
    host.stop().await;
}

#[tokio::test]
async fn the_callers_limits_hold_for_pieces_too() {
    let host = Notes::new().host().await;
    let (deltas, mut pieces) = Deltas::channel(100);
    let short = chat(&host, ChatTurn { max_tokens: Some(4), ..turn("apples") }, &deltas).await.unwrap();
    drop(deltas);
    assert_eq!((short.message.content.as_str(), short.finish), ("Apples are red.", FinishReason::Length));
    assert!(short.usage.completion_tokens <= 4);
    let mut streamed = String::new();
    while let Some(piece) = pieces.recv().await {
        streamed.push_str(&piece);
    }
    assert_eq!(streamed, short.message.content);
    let stopped = reply(&host, ChatTurn { stop: vec![" They".to_owned()], ..turn("apples") }).await;
    assert_eq!((stopped.message.content.as_str(), stopped.finish), ("Apples are red.", FinishReason::Stop));
    assert_eq!(stopped.citations.len(), 1);
    host.stop().await;
}

#[tokio::test]
async fn a_turn_without_a_question_is_refused() {
    let host = Notes::new().host().await;
    let error =
        chat(&host, ChatTurn::new(vec![Message::system("Be nice.")]), &Deltas::ignored()).await.unwrap_err();
    assert!(
        matches!(&error, ChatError::Invalid { param: Some(param), .. } if param == "messages"),
        "{error}"
    );
    host.stop().await;
}

#[tokio::test]
async fn what_is_not_in_the_documents_is_not_made_up() {
    let host = Notes::new().host().await;
    let reply = reply(&host, turn("How far is the moon?")).await;
    assert_eq!(
        reply.message.content,
        "I found nothing about “far moon” in my documents. You can ask me about, for example:\n\n- Apples\n- Pears"
    );
    assert_eq!((reply.citations.len(), reply.finish), (0, FinishReason::Stop));
    host.stop().await;
}

#[tokio::test]
async fn folders_that_are_not_there_leave_it_running_and_honest() {
    let host = host(&json!({ "folders": ["no-such-folder"] })).await;
    assert_eq!(host.state("local"), Some(PluginState::Active));
    let health = health(&host).await;
    assert!(
        matches!(&health, Some(Health::Degraded(reason)) if reason.contains("plugins.local.config.folders")),
        "{health:?}"
    );
    let reply = reply(&host, turn("apples")).await;
    assert!(reply.message.content.contains("`no-such-folder`"), "{}", reply.message.content);
    host.stop().await;
}

/// Tests run in the crate's folder, which has no docs, but a README.
#[tokio::test]
async fn on_defaults_it_answers() {
    let host = host(&json!({})).await;
    assert_eq!(health(&host).await, Some(Health::Healthy));
    let reply = reply(&host, turn("How are documents found?")).await;
    assert!(!reply.citations.is_empty(), "{}", reply.message.content);
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn changed_documents_are_followed() {
    let notes = Notes::new();
    let host = notes.host().await;
    notes.write("more.md", "# Plums\n\nPlums are blue.\n");
    // The clock is paused, but the disk is not: give the follower turns until it is done.
    let mut content = String::new();
    for _ in 0..1000 {
        tokio::time::sleep(Duration::from_secs(5)).await;
        content = reply(&host, turn("plums")).await.message.content;
        if content.starts_with("Plums are blue.") {
            break;
        }
    }
    assert!(content.starts_with("Plums are blue."), "{content}");
    host.stop().await;
}

#[tokio::test]
async fn commands_search_and_read_again() {
    let notes = Notes::new();
    let host = host(&json!({ "folders": [notes.0.path()], "refresh": 0 })).await;
    let found = host.command("local", "search", json!({ "query": "pears", "limit": 1 })).await.unwrap();
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["title"], &found[0]["line"]),
        (1, &json!("Pears"), &json!(7))
    );
    notes.write("more.md", "# Plums\n\nPlums are blue.\n");
    let report = host.command("local", "reindex", Value::Null).await.unwrap();
    assert_eq!(
        (&report["documents"], &report["passages"], &report["read"]),
        (&json!(2), &json!(3), &json!(2))
    );
    assert!(reply(&host, turn("plums")).await.message.content.starts_with("Plums"));
    assert!(host.command("local", "search", json!({ "limit": 1 })).await.is_err(), "a search needs a query");
    host.stop().await;
}

#[tokio::test]
async fn an_index_that_cannot_be_kept_is_named_with_the_remedy() {
    let notes = Notes::new();
    let path = notes.0.path().join("fruit.md").join("index.db");
    let host = host(&json!({ "folders": [notes.0.path()], "index": path })).await;
    assert_eq!(host.state("local"), Some(PluginState::Error));
    let cause = host.cause("local").unwrap();
    assert!(
        cause.contains(&path.display().to_string()) && cause.contains("plugins.local.config.index"),
        "{cause}"
    );
    host.stop().await;
}

#[tokio::test]
async fn it_passes_the_suite_of_every_plugin() {
    let notes = Notes::new();
    let config = json!({ "folders": [notes.0.path()], "index": notes.0.path().join("index.db") });
    TestHost::new().with::<Local>().config(config).conformance().check().await.assert_clean();
}
