//! The plugin in its chains: turns, streams, restoring and refusing.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use gateway_api::{ChatError, ChatTurn, Message, ModelCall, Reply, Role, StreamDelta, ToolUse};
use plugin_content_filter::content_filter::ContentFilter;
use plugin_core::testing::{Host, TestHost};
use plugin_core::{Call, PluginState, Running, StartError};
use serde_json::{Value, json};

/// A host with the plugin, configured by `config` in YAML; the plugin may have failed.
async fn start(config: &str) -> Result<Running<Host>, StartError> {
    TestHost::new().with::<ContentFilter>().config(config).start().await
}

async fn host(config: &str) -> Running<Host> {
    let host = start(config).await.unwrap();
    assert_eq!(host.state("content-filter"), Some(PluginState::Active), "{:?}", host.status().await);
    host
}

async fn restoring() -> Running<Host> {
    host("{ restore: true, words: [darn] }").await
}

async fn refusing() -> Running<Host> {
    host("{ on_words: refuse, words: [darn] }").await
}

/// One attempt of a turn at a backend that says what `answer` yields.
async fn attempt(
    host: &Host,
    call: &Call,
    turn: &ChatTurn,
    answer: impl Fn(&ChatTurn) -> String + Send + Sync,
) -> Result<Reply, ChatError> {
    let mut asked = ModelCall { backend: "test".to_owned(), turn: turn.clone() };
    let reply = async |asked: &mut ModelCall| Ok(Reply::new("test", "m", &asked.turn, answer(&asked.turn)));
    host.run_with(call, &mut asked, reply).await
}

/// One turn as the gateway runs it for a caller who waits for the whole reply.
async fn whole(
    host: &Host,
    turn: &mut ChatTurn,
    answer: impl Fn(&ChatTurn) -> String + Send + Sync,
) -> Result<Reply, ChatError> {
    let call = Call::new();
    host.run_with(&call, turn, async |turn| attempt(host, &call, turn, &answer).await).await
}

/// One turn as the gateway runs it in pieces, with those that go out; `answer` yields the backend's.
async fn streamed(
    host: &Host,
    turn: &mut ChatTurn,
    answer: impl Fn(&ChatTurn) -> Vec<String> + Send + Sync,
) -> (Vec<String>, Result<Reply, ChatError>) {
    let call = Call::new();
    let mut out = Vec::new();
    let pieces = &mut out;
    let result = host.run_with(&call, turn, async |turn| {
        let mut reply = attempt(host, &call, turn, |turn| answer(turn).concat()).await?;
        for (text, last) in
            answer(turn).into_iter().map(|piece| (piece, false)).chain([(String::new(), true)])
        {
            let mut delta = StreamDelta { text, last };
            host.run_sync_with(&call, &mut delta, |_| Ok(()))?;
            pieces.push(delta.text);
        }
        reply.message.content = pieces.concat();
        Ok(reply)
    });
    let result = result.await;
    (out, result)
}

fn chars(text: &str) -> Vec<String> {
    text.chars().map(String::from).collect()
}

#[tokio::test]
async fn every_message_is_masked_before_the_backend_sees_it() {
    let host = host("{ words: [darn] }").await;
    let mut turn = ChatTurn::new(vec![
        Message::system("reach us at desk@example.org"),
        Message::user("Darn, I am bob@example.org"),
        Message { tokens: Some(7), ..Message::new(Role::Tool, "card 4111111111111111") },
    ]);
    let reply = host.run(&mut turn, async |turn| {
        let seen: Vec<&str> = turn.messages.iter().map(|message| message.content.as_str()).collect();
        assert_eq!(
            seen,
            ["reach us at ****************", "****, I am ***************", "card ****************"]
        );
        assert_eq!(turn.messages[2].tokens, None, "the count was of another text");
        assert!(!turn.hold);
        Ok(Reply::new("test", "m", turn, "write to eve@example.org, darn"))
    });
    assert_eq!(reply.await.unwrap().message.content, "write to ***************, ****");
    host.stop().await;
}

#[tokio::test]
async fn the_caller_gets_back_what_was_masked_on_the_way_in() {
    let host = restoring().await;
    let mut turn =
        ChatTurn::new(vec![Message::user("I am bob@example.org or bob2@example.org; again bob@example.org")]);
    let reply = whole(&host, &mut turn, |turn| {
        assert_eq!(turn.messages[0].content, "I am [EMAIL_1] or [EMAIL_2]; again [EMAIL_1]");
        "Hello [EMAIL_2], not eve@example.org nor [EMAIL_9]".to_owned()
    });
    assert_eq!(
        reply.await.unwrap().message.content,
        "Hello bob2@example.org, not *************** nor [EMAIL_9]"
    );
    host.stop().await;
}

#[tokio::test]
async fn what_others_add_to_a_turn_is_masked_before_a_backend_sees_it() {
    for (host, expected) in
        [(restoring().await, "[EMAIL_1], ****"), (host("{ words: [darn] }").await, "***************, ****")]
    {
        let call = Call::new();
        let mut turn = ChatTurn::new(vec![Message::user("hello")]);
        let reply = host.run_with(&call, &mut turn, async |turn| {
            // As a plugin does that remembers, behind the filter.
            turn.messages.insert(0, Message::user("bob@example.org, darn"));
            attempt(&host, &call, turn, |turn| turn.messages[0].content.clone()).await.inspect(|reply| {
                assert_eq!(reply.message.content, expected);
            })
        });
        reply.await.unwrap();
        host.stop().await;
    }
}

#[tokio::test]
async fn who_remembers_a_conversation_remembers_no_placeholder() {
    let host = restoring().await;
    let mut turn = ChatTurn::new(vec![Message::user("I am bob@example.org")]);
    let reply = whole(&host, &mut turn, |turn| turn.messages[0].content.clone()).await.unwrap();
    assert_eq!(
        (turn.messages[0].content.as_str(), reply.message.content.as_str()),
        ("I am bob@example.org", "I am bob@example.org")
    );
    host.stop().await;
}

#[tokio::test]
async fn a_stream_says_the_same_as_the_whole_and_stays_so() {
    let host = restoring().await;
    let question = || ChatTurn::new(vec![Message::user("I am bob@example.org")]);
    let answer = "darn, [EMAIL_1], call +49 30 1234567 or [EMAIL_1].";
    let expected = "****, bob@example.org, call ************** or bob@example.org.";
    let reply = whole(&host, &mut question(), |_| answer.to_owned()).await.unwrap();
    assert_eq!(reply.message.content, expected);
    let (pieces, reply) = streamed(&host, &mut question(), |_| chars(answer)).await;
    assert_eq!(pieces.concat(), expected);
    assert_eq!(reply.unwrap().message.content, expected, "`after` changes nothing of what was streamed");
    assert!(pieces.iter().all(|piece| !piece.contains(|one: char| one.is_ascii_digit())), "{pieces:?}");
    host.stop().await;
}

#[tokio::test]
async fn a_whole_reply_that_goes_out_as_one_piece_is_not_filtered_twice() {
    let host = restoring().await;
    let call = Call::new();
    let mut turn = ChatTurn::new(vec![Message::user("I am bob@example.org")]);
    // Put back beside other text, the address reads as a longer one that nobody has sent.
    let reply = host
        .run_with(&call, &mut turn, async |turn| {
            attempt(&host, &call, turn, |_| "see [EMAIL_1].au".to_owned()).await
        })
        .await
        .unwrap();
    assert_eq!(reply.message.content, "see bob@example.org.au");
    let mut delta = StreamDelta { text: reply.message.content, last: true };
    host.run_sync_with(&call, &mut delta, |_| Ok(())).unwrap();
    assert_eq!(delta.text, "see bob@example.org.au");
    host.stop().await;
}

#[tokio::test]
async fn a_refused_message_reaches_no_backend() {
    let host = refusing().await;
    let mut turn = ChatTurn::new(vec![Message::user("this is a DARN test")]);
    let result = host.run(&mut turn, async |turn| Ok(Reply::new("test", "m", turn, "reached"))).await;
    let Err(ChatError::Refused { plugin, reason }) = result else { panic!("{result:?}") };
    assert_eq!(
        (plugin.as_str(), reason.as_str()),
        ("content-filter", "the message has a word that is not allowed here")
    );
    host.stop().await;
}

#[tokio::test]
async fn an_instruction_that_names_a_word_is_masked_and_not_refused() {
    let host = refusing().await;
    let mut turn = ChatTurn::new(vec![Message::system("never say darn"), Message::user("hello")]);
    let reply = host
        .run(&mut turn, async |turn| Ok(Reply::new("test", "m", turn, &*turn.messages[0].content)))
        .await
        .unwrap();
    assert_eq!(reply.message.content, "never say ****");
    host.stop().await;
}

#[tokio::test]
async fn a_refused_reply_leaks_no_piece() {
    let host = refusing().await;
    let mut turn = ChatTurn::new(vec![Message::user("hello")]);
    let whole = host.run(&mut turn, async |turn| {
        assert!(turn.hold, "pieces wait for the whole reply");
        Ok(Reply::new("test", "m", turn, "well, darn it"))
    });
    assert!(matches!(whole.await, Err(ChatError::Refused { .. })));
    let (pieces, result) = streamed(&host, &mut turn, |_| chars("well, darn it")).await;
    assert!(matches!(result, Err(ChatError::Refused { .. })));
    assert!(!pieces.concat().contains('d'), "{pieces:?}");
    host.stop().await;
}

#[tokio::test]
async fn a_new_attempt_does_not_go_on_with_the_held_text_of_a_failed_one() {
    let host = restoring().await;
    let call = Call::new();
    let push = |text: &str, last| {
        let mut delta = StreamDelta { text: text.to_owned(), last };
        host.run_sync_with(&call, &mut delta, |_| Ok(())).unwrap();
        delta.text
    };
    assert_eq!(push("bob@exam", false), "");
    let mut asked = ModelCall { backend: "test".to_owned(), turn: ChatTurn::default() };
    host.run_with(&call, &mut asked, async |asked| Ok(Reply::new("test", "m", &asked.turn, "")))
        .await
        .unwrap();
    assert_eq!(push("Hello.", true), "Hello.");
    host.stop().await;
}

#[tokio::test]
async fn arguments_of_tools_are_filtered_and_remain_json() {
    let host = restoring().await;
    let mut turn = ChatTurn::new(vec![Message::user("mail bob@example.org")]);
    let call = Call::new();
    let reply = host.run_with(&call, &mut turn, async |turn| {
        let mut reply = attempt(&host, &call, turn, |_| String::new()).await?;
        let arguments = r#"{"to":"[EMAIL_1]","card":4111111111111111,"n":[1,"eve@example.org"]}"#.to_owned();
        reply.message.tool_calls.push(ToolUse { id: "1".to_owned(), name: "mail".to_owned(), arguments });
        Ok(reply)
    });
    let arguments = &reply.await.unwrap().message.tool_calls[0].arguments;
    let expected =
        json!({ "to": "bob@example.org", "card": "****************", "n": [1, "***************"] });
    assert_eq!(serde_json::from_str::<Value>(arguments).unwrap(), expected);
    host.stop().await;
}

#[tokio::test]
async fn a_mask_that_cannot_work_stops_the_gateway_with_a_reason() {
    let error = start("{ mask: x }").await.err().unwrap().to_string();
    assert!(error.contains("`content-filter` is required") && error.contains("`mask` is 'x'"), "{error}");
}

#[tokio::test]
async fn it_passes_the_suite_of_every_plugin() {
    let suite =
        TestHost::new().with::<ContentFilter>().config("{ restore: true, words: [darn] }").conformance();
    let report = suite.check_with(async |host| {
        // While the host stops, a turn may be refused.
        let _ = whole(host, &mut ChatTurn::new(vec![Message::user("darn")]), |_| "well".to_owned()).await;
    });
    report.await.assert_clean();
}
