//! The plugin inside a host.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fakes;

use std::sync::Arc;

use bytes::Bytes;
use fakes::Fake;
use fakes::fake_filter::Filter;
use gateway_api::{ChatError, ChatTurn, Message, Principal, Reply, Storage, StorageError};
use plugin_core::testing::{Fault, Host, TestHost};
use plugin_core::{Call, Health, Provider, Running};
use plugin_memory::memory::Memory;
use plugin_storage_sqlite::storage_sqlite::SqliteStorage;
use serde_json::{Value, json};

fn memory() -> TestHost {
    TestHost::new().with::<Memory>()
}

async fn host(config: Value) -> Running<Host> {
    memory().config(config).provide::<dyn Storage>(Arc::<Fake>::default()).start().await.unwrap()
}

async fn filtered() -> Running<Host> {
    memory().with::<Filter>().provide::<dyn Storage>(Arc::<Fake>::default()).start().await.unwrap()
}

fn storage(host: &Host) -> Provider<dyn Storage> {
    host.provider().unwrap()
}

async fn plain() -> Running<Host> {
    host(json!({})).await
}

fn turn(conversation: &str, text: &str) -> ChatTurn {
    ChatTurn { conversation: Some(conversation.to_owned()), ..ChatTurn::new(vec![Message::user(text)]) }
}

/// Runs a turn whose reply repeats the last message, and yields what the backend saw and the reply.
async fn run(host: &Running<Host>, mut turn: ChatTurn) -> Result<(Vec<String>, Reply), ChatError> {
    let mut seen = Vec::new();
    let reply = host
        .run(&mut turn, async |turn: &mut ChatTurn| {
            seen = turn.messages.iter().map(|message| message.content.clone()).collect();
            let last = turn.messages.last().map_or("", |message| message.content.as_str());
            Ok(Reply::new("echo", "echo", turn, format!("You said {last}.")))
        })
        .await?;
    Ok((seen, reply))
}

async fn seen(host: &Running<Host>, turn: ChatTurn) -> Vec<String> {
    run(host, turn).await.unwrap().0
}

async fn remembered(host: &Running<Host>, which: Value) -> Vec<String> {
    let shown = host.command("memory", "show", which).await.unwrap();
    shown["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap().to_owned())
        .collect()
}

async fn keys(host: &Running<Host>) -> Vec<String> {
    storage(host).scan("memory/", None, 1000).await.unwrap().into_iter().map(|(key, _)| key).collect()
}

#[tokio::test]
async fn a_turn_is_told_what_was_said_before_and_each_message_once() {
    let host = plain().await;
    assert_eq!(seen(&host, turn("c", "one")).await, ["one"]);
    assert_eq!(seen(&host, turn("c", "two")).await, ["one", "You said one.", "two"]);
    assert_eq!(
        seen(&host, turn("c", "three")).await,
        ["one", "You said one.", "two", "You said two.", "three"]
    );
    assert_eq!(seen(&host, turn("other", "four")).await, ["four"]);
    host.stop().await;
}

#[tokio::test]
async fn a_turn_of_no_conversation_leaves_no_trace() {
    let host = plain().await;
    assert_eq!(seen(&host, ChatTurn::new(vec![Message::user("one")])).await, ["one"]);
    assert_eq!(keys(&host).await, [""; 0]);
    host.stop().await;
}

#[tokio::test]
async fn instructions_are_not_remembered() {
    let host = plain().await;
    let mut first = turn("c", "one");
    first.messages.insert(0, Message::system("Be brief."));
    assert_eq!(seen(&host, first).await, ["Be brief.", "one"]);
    assert_eq!(seen(&host, turn("c", "two")).await, ["one", "You said one.", "two"]);
    host.stop().await;
}

#[tokio::test]
async fn principals_do_not_see_each_others_conversations() {
    let host = plain().await;
    let principal = |id: &str| Principal { id: id.to_owned(), ..Principal::default() };
    let of = |id: &str, text: &str| ChatTurn { principal: Some(principal(id)), ..turn("c", text) };
    seen(&host, of("ann", "from ann")).await;
    assert_eq!(seen(&host, of("bob", "from bob")).await, ["from bob"]);
    assert_eq!(seen(&host, of("anonymous", "named so")).await, ["named so"]);
    assert_eq!(seen(&host, turn("c", "from nobody")).await, ["from nobody"]);
    assert_eq!(seen(&host, of("ann", "again")).await, ["from ann", "You said from ann.", "again"]);
    assert_eq!(remembered(&host, json!({ "conversation": "c", "principal": "bob" })).await.len(), 2);

    let call = Call::new();
    call.insert(principal("bob"));
    let mut recognised = turn("c", "by the call");
    let mut count = 0;
    let core = async |turn: &mut ChatTurn| {
        count = turn.messages.len();
        Ok(Reply::new("echo", "echo", turn, "yes"))
    };
    host.run_with(&call, &mut recognised, core).await.unwrap();
    assert_eq!(count, 3, "a principal that stands in the call counts too");
    host.stop().await;
}

#[tokio::test]
async fn an_id_that_is_no_good_for_a_key_is_refused() {
    let host = plain().await;
    for id in ["", "a/b", "ä", &"x".repeat(129)] {
        let error = run(&host, turn(id, "one")).await.unwrap_err();
        assert!(
            matches!(&error, ChatError::Invalid { param: Some(param), .. } if param == "conversation"),
            "{id}: {error}"
        );
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turns_at_the_same_time_lose_no_message() {
    let host = Arc::new(plain().await);
    let turns = (0..40).map(|at| {
        let host = host.clone();
        tokio::spawn(async move { run(&host, turn("c", &format!("m{at}"))).await.unwrap() })
    });
    for turn in turns.collect::<Vec<_>>() {
        turn.await.unwrap();
    }
    let all = remembered(&host, json!({ "conversation": "c" })).await;
    assert_eq!(all.len(), 80);
    for pair in all.chunks(2) {
        assert_eq!(pair[1], format!("You said {}.", pair[0]), "a reply follows its question");
    }
    host.stop().await;
}

#[tokio::test]
async fn what_is_remembered_is_masked_and_is_what_the_caller_saw() {
    let host = filtered().await;
    let (_, reply) = run(&host, turn("c", "my secret")).await.unwrap();
    assert_eq!(reply.message.content, "You said my ***. (filtered)");
    assert_eq!(
        remembered(&host, json!({ "conversation": "c" })).await,
        ["my ***", "You said my ***. (filtered)"]
    );
    host.stop().await;
}

#[tokio::test]
async fn a_turn_that_was_answered_before_the_memory_is_not_remembered() {
    let host = filtered().await;
    let (seen, reply) = run(&host, turn("c", "blocked")).await.unwrap();
    assert_eq!((seen.len(), reply.message.content.as_str()), (0, "I must not say. (filtered)"));
    assert_eq!(keys(&host).await, [""; 0]);
    host.stop().await;
}

#[tokio::test]
async fn a_turn_that_failed_leaves_no_trace() {
    let host = plain().await;
    let mut failing = turn("c", "one");
    let core = async |_: &mut ChatTurn| Err(ChatError::Internal("no".to_owned()));
    assert!(host.run(&mut failing, core).await.is_err());
    assert_eq!(keys(&host).await, [""; 0]);
    host.stop().await;
}

#[tokio::test]
async fn the_budget_and_the_limit_of_messages_hold() {
    let host = host(json!({ "budget": 8, "max_messages": 4 })).await;
    for text in ["one", "two", "three", "four"] {
        seen(&host, turn("c", text)).await;
    }
    let kept = remembered(&host, json!({ "conversation": "c" })).await;
    assert_eq!(kept, ["three", "You said three.", "four", "You said four."]);
    assert_eq!(seen(&host, turn("c", "five")).await, ["four", "You said four.", "five"]);
    host.stop().await;
}

#[tokio::test]
async fn messages_are_kept_for_their_time() {
    for (config, expected) in
        [(json!({}), "2592000"), (json!({ "ttl": 60 }), "60"), (json!({ "ttl": 0 }), "none")]
    {
        let host = host(config).await;
        seen(&host, turn("c", "one")).await;
        let ttl = storage(&host).get("ttl").await.unwrap();
        assert_eq!(ttl, Some(Bytes::from(expected)));
        host.stop().await;
    }
}

#[tokio::test]
async fn a_storage_that_fails_after_the_reply_does_not_take_it_away() {
    let host = plain().await;
    let full = || StorageError { message: "the disk is full".to_owned(), retryable: false };
    let mut last = turn("c", "one");
    let core = async |turn: &mut ChatTurn| {
        for method in ["get", "set", "scan", "delete", "exists"] {
            host.fault("fake-storage", &format!("Storage::{method}"), Fault::error(full).always());
        }
        Ok(Reply::new("echo", "echo", turn, "the reply"))
    };
    let reply = host.run(&mut last, core).await.unwrap();
    assert_eq!(reply.message.content, "the reply");
    assert!(reply.metadata["memory"]["error"].as_str().unwrap().contains("the disk is full"));
    let status = host.status().await;
    let memory = status.plugins.iter().find(|plugin| plugin.name == "memory").unwrap();
    assert!(
        matches!(memory.health.as_ref().map(|health| &health.answer), Some(Health::Degraded(_))),
        "{:?}",
        memory.health
    );
    let error = run(&host, turn("c", "two")).await.unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    host.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_left_out_and_can_be_forgotten() {
    let host = plain().await;
    seen(&host, turn("c", "one")).await;
    let key = keys(&host).await.remove(0).replace("memory/anonymous/c/0", "memory/anonymous/c/1");
    storage(&host).set(&key, Bytes::from_static(b"{broken"), None).await.unwrap();
    assert_eq!(seen(&host, turn("c", "two")).await, ["one", "You said one.", "two"]);
    host.command("memory", "forget", json!({ "conversation": "c" })).await.unwrap();
    assert_eq!(keys(&host).await, [""; 0]);
    host.stop().await;
}

#[tokio::test]
async fn a_conversation_can_be_forgotten_and_no_other_is() {
    let host = plain().await;
    for id in ["c", "cc", "c:1"] {
        seen(&host, turn(id, "one")).await;
    }
    let forgotten = host.command("memory", "forget", json!({ "conversation": "c" })).await.unwrap();
    assert_eq!(forgotten, json!({ "messages": 2 }));
    assert_eq!(remembered(&host, json!({ "conversation": "c" })).await, [""; 0]);
    assert_eq!(keys(&host).await.len(), 2);
    assert!(host.command("memory", "forget", json!({ "conversation": "a/b" })).await.is_err());
    host.stop().await;
}

#[tokio::test]
async fn with_the_real_storage_a_conversation_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({ "path": folder.path().join("a.db") });
    let start = || memory().with::<SqliteStorage>().config(&config).start();
    let first = start().await.unwrap();
    for at in 0..120 {
        seen(&first, turn("c", &format!("m{at}"))).await;
    }
    first.stop().await;
    let second = start().await.unwrap();
    assert_eq!(
        remembered(&second, json!({ "conversation": "c" })).await.len(),
        240,
        "more than one page of the storage"
    );
    let seen = seen(&second, turn("c", "last")).await;
    assert_eq!(seen.last().unwrap(), "last");
    assert_eq!(seen[seen.len() - 3], "m119");
    second.stop().await;
}

#[tokio::test]
async fn it_passes_the_suite_of_every_plugin() {
    let suite = memory().provide::<dyn Storage>(Arc::<Fake>::default()).conformance();
    let report = suite.check_with(async |host| {
        // While the host stops, a turn may be refused.
        let _ = run(host, turn("c", "one")).await;
    });
    report.await.assert_clean();
}
