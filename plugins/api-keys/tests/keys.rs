//! Keys in the chains of a gateway: who comes in, and who does not.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use gateway_api::{
    Authenticator, ChatError, ChatTurn, HttpExchange, HttpFailure, HttpResponse, Message, ModelCall,
    Principal, Reply,
};
use http::{HeaderMap, Method, StatusCode};
use plugin_api_keys::api_keys::ApiKeys;
use plugin_core::graph::Entry;
use plugin_core::testing::{Host, Log, TestHost};
use plugin_core::{Call, Plugin, PluginSet, PluginState, Running};
use serde_json::{Value, json};

/// A hash that takes no time worth mentioning.
fn hash(key: &str) -> String {
    let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
    let hash: PasswordHash = cheap.hash_password(key.as_bytes()).unwrap();
    hash.to_string()
}

async fn started(config: Value) -> Running<Host> {
    TestHost::new().with::<ApiKeys>().config(config).start().await.unwrap()
}

/// A host that knows one key of each sort; the random part of each is `right`.
async fn host() -> Running<Host> {
    let key = |id: &str, more: Value| {
        let mut key = json!({ "id": id, "hash": hash(&format!("sk-pb-{id}-right")) });
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    };
    let host = started(json!({ "keys": [
        key("plain", json!({ "roles": ["ci"] })),
        key("admin", json!({ "permissions": ["admin"] })),
        key("narrow", json!({ "models": ["m1", "m2"] })),
        key("old", json!({ "expires": "2020-01-01T00:00:00Z" })),
        key("young", json!({ "expires": "2999-01-01T00:00:00Z" })),
        key("off", json!({ "disabled": true })),
    ] }));
    let host = host.await;
    assert_eq!(host.state("api-keys"), Some(PluginState::Active), "{:?}", host.status().await);
    host
}

fn exchange(path: &str, key: Option<&str>) -> HttpExchange {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        headers.insert("authorization", format!("Bearer {key}").parse().unwrap());
    }
    HttpExchange {
        method: Method::POST,
        path: path.to_owned(),
        query: None,
        headers,
        peer: None,
        request_id: "1".to_owned(),
    }
}

/// A request under `call`.
async fn request(host: &Host, call: &Call, path: &str, key: Option<&str>) -> Result<(), HttpFailure> {
    let mut exchange = exchange(path, key);
    let fine = async |_: &mut HttpExchange| Ok(HttpResponse::text(StatusCode::OK, "text/plain", ""));
    host.run_with(call, &mut exchange, fine).await.map(drop)
}

async fn refused(host: &Host, path: &str, key: Option<&str>) -> (u16, String) {
    let call = Call::new();
    let failure = request(host, &call, path, key).await.unwrap_err();
    assert!(call.get::<Principal>().is_none());
    (failure.status.as_u16(), failure.message)
}

/// A turn under `call`; what the backend was asked.
async fn turn(host: &Host, call: &Call, model: &str) -> Result<ChatTurn, ChatError> {
    let mut turn = ChatTurn { model: model.to_owned(), ..ChatTurn::new(vec![Message::user("hello")]) };
    host.run_with(call, &mut turn, async |turn| Ok(Reply::new("test", "m", turn, "hello"))).await?;
    Ok(turn)
}

#[tokio::test]
async fn a_right_key_brings_its_principal_to_the_turn() {
    let host = host().await;
    for _ in 0..2 {
        let call = Call::new();
        request(&host, &call, "/v1/chat/completions", Some("sk-pb-plain-right")).await.unwrap();
        let expected = Principal {
            id: "plain".to_owned(),
            roles: vec!["ci".to_owned()],
            permissions: vec!["chat".to_owned()],
            key_id: Some("plain".to_owned()),
        };
        assert_eq!(*call.get::<Principal>().unwrap(), expected);
        assert_eq!(turn(&host, &call, "any").await.unwrap().principal, Some(expected));
    }
    request(&host, &Call::new(), "/v1/models", Some("sk-pb-young-right")).await.unwrap();
    host.stop().await;
}

#[tokio::test]
async fn a_wrong_key_and_an_unknown_name_read_the_same() {
    let host = host().await;
    // Also when the right one is remembered.
    request(&host, &Call::new(), "/v1/models", Some("sk-pb-plain-right")).await.unwrap();
    let answers = [
        refused(&host, "/v1/models", Some("sk-pb-plain-wrong")).await,
        refused(&host, "/v1/models", Some("sk-pb-nobody-right")).await,
        refused(&host, "/v1/models", Some("sk-pb-off-wrong")).await,
        refused(&host, "/v1/models", Some("eyJ.foreign.token")).await,
    ];
    assert!(
        answers.iter().all(|answer| *answer == (401, "this key is not known here".to_owned())),
        "{answers:?}"
    );
    host.stop().await;
}

#[tokio::test]
async fn without_a_key_only_public_paths_answer() {
    let host = host().await;
    for path in ["/", "/health", "/ready"] {
        request(&host, &Call::new(), path, None).await.unwrap();
    }
    for path in ["/v1/models", "/health/", "/healthy", "//", ""] {
        let (status, message) = refused(&host, path, None).await;
        assert_eq!(status, 401, "{path}");
        assert!(message.contains("a key is needed"), "{message}");
    }
    host.stop().await;
}

#[tokio::test]
async fn a_key_without_the_permission_is_told_which_one() {
    let host = host().await;
    let answer = refused(&host, "/api/v1/admin/plugins", Some("sk-pb-plain-right")).await;
    assert_eq!(answer, (403, "this needs the permission `admin`, which `plain` does not have".to_owned()));
    let answer = refused(&host, "/v1/chat/completions", Some("sk-pb-admin-right")).await;
    assert_eq!(answer, (403, "this needs the permission `chat`, which `admin` does not have".to_owned()));
    request(&host, &Call::new(), "/api/v1/admin/plugins", Some("sk-pb-admin-right")).await.unwrap();
    host.stop().await;
}

#[tokio::test]
async fn a_key_that_has_ended_says_so_to_its_holder() {
    let host = host().await;
    assert_eq!(
        refused(&host, "/v1/models", Some("sk-pb-old-right")).await,
        (401, "the key `old` has expired".to_owned())
    );
    assert_eq!(
        refused(&host, "/v1/models", Some("sk-pb-off-right")).await,
        (401, "the key `off` is out of use".to_owned())
    );
    assert_eq!(
        refused(&host, "/v1/models", Some("sk-pb-off-right")).await.0,
        401,
        "also when it is remembered"
    );
    host.stop().await;
}

#[tokio::test]
async fn a_key_with_a_list_of_models_uses_no_other() {
    let host = host().await;
    let call = Call::new();
    request(&host, &call, "/v1/chat/completions", Some("sk-pb-narrow-right")).await.unwrap();
    assert_eq!(turn(&host, &call, "m2").await.unwrap().model, "m2");
    assert_eq!(turn(&host, &call, "").await.unwrap().model, "m1", "any will do: its first");
    let expected = ChatError::Forbidden("this key may not use the model `m3`".to_owned());
    assert_eq!(turn(&host, &call, "m3").await, Err(expected.clone()));
    // A router's change of mind.
    let mut asked = ModelCall { backend: "test".to_owned(), turn: turn(&host, &call, "m1").await.unwrap() };
    asked.turn.model = "m3".to_owned();
    let answer = async |asked: &mut ModelCall| Ok(Reply::new("test", "m3", &asked.turn, ""));
    assert_eq!(host.run_with(&call, &mut asked, answer).await.map(drop), Err(expected));
    host.stop().await;
}

#[tokio::test]
async fn a_turn_that_no_request_let_in_is_refused() {
    let host = host().await;
    assert!(matches!(turn(&host, &Call::new(), "m").await, Err(ChatError::Unauthenticated(_))));
    let call = Call::new();
    call.insert(Principal {
        id: "x".to_owned(),
        permissions: vec!["admin".to_owned()],
        ..Principal::default()
    });
    assert!(
        matches!(turn(&host, &call, "m").await, Err(ChatError::Forbidden(text)) if text.contains("`chat`"))
    );
    let public = Call::new();
    request(&host, &public, "/", None).await.unwrap();
    assert_eq!(turn(&host, &public, "m").await.unwrap().principal, None);
    host.stop().await;
}

#[tokio::test]
async fn a_caller_whom_another_plugin_knows_needs_no_key_and_still_the_permission() {
    let host = host().await;
    let call = Call::new();
    call.insert(Principal {
        id: "x".to_owned(),
        permissions: vec!["chat".to_owned()],
        ..Principal::default()
    });
    request(&host, &call, "/v1/models", None).await.unwrap();
    assert_eq!(request(&host, &call, "/admin", None).await.unwrap_err().status, StatusCode::FORBIDDEN);
    assert_eq!(call.get::<Principal>().unwrap().id, "x");
    host.stop().await;
}

#[tokio::test]
async fn other_transports_ask_through_the_capability() {
    let host = host().await;
    let keys = host.provider::<dyn Authenticator>().unwrap();
    assert_eq!(keys.authenticate("sk-pb-admin-right").await.unwrap().unwrap().id, "admin");
    assert_eq!(keys.authenticate("sk-pb-admin-wrong").await, Ok(None));
    assert!(matches!(keys.authenticate("sk-pb-old-right").await, Err(ChatError::Unauthenticated(_))));
    host.stop().await;
}

#[tokio::test]
async fn a_generated_key_opens_the_gateway_that_has_its_entry() {
    let empty = started(json!({})).await;
    let status = empty.status().await;
    assert!(format!("{:?}", status.plugins[0].health).contains("no key"), "{:?}", status.plugins[0].health);
    let issued = empty
        .command("api-keys", "generate", json!({ "id": "team-a", "permissions": ["chat", "admin"] }))
        .await
        .unwrap();
    let key = issued["key"].as_str().unwrap();
    assert!(key.starts_with("sk-pb-team-a-") && key.len() == "sk-pb-team-a-".len() + 48, "{key}");
    assert!(issued["entry"]["hash"].as_str().unwrap().starts_with("$argon2id$"));
    let other = empty.command("api-keys", "generate", json!({ "id": "team-a" })).await.unwrap();
    assert_ne!(other["key"], issued["key"]);
    let hashed = empty.command("api-keys", "hash", json!({ "secret": key })).await.unwrap();
    assert_eq!(hashed["id"], "team-a");
    assert!(empty.command("api-keys", "generate", json!({ "id": "Team A" })).await.is_err());
    let foreign =
        empty.command("api-keys", "hash", json!({ "secret": "SECRET" })).await.unwrap_err().to_string();
    assert!(!foreign.contains("SECRET"), "{foreign}");
    for hash in [&issued["entry"]["hash"], &hashed["hash"]] {
        let entry = json!({ "id": "team-a", "hash": hash, "permissions": ["chat", "admin"] });
        let host = started(json!({ "keys": [entry] })).await;
        request(&host, &Call::new(), "/admin", Some(key)).await.unwrap();
        assert_eq!(refused(&host, "/admin", other["key"].as_str()).await.0, 401);
        host.stop().await;
    }
    empty.stop().await;
}

#[tokio::test]
async fn a_wrong_entry_stops_the_gateway_and_is_named() {
    for (entry, says) in [
        (json!({ "id": "ci", "hash": "SECRET" }), "`keys[0]` (`ci`): its `hash` is malformed"),
        (json!({ "id": "ci" }), "`keys[0]` (`ci`): it has no `hash`"),
    ] {
        let host = TestHost::new().with::<ApiKeys>().config(json!({ "keys": [entry] }));
        let error = host.start().await.unwrap_err().to_string();
        assert!(error.contains("`api-keys` is required") && error.contains(says), "{error}");
        assert!(!error.contains("SECRET"), "{error}");
    }
}

#[tokio::test]
async fn it_is_off_unless_it_is_wanted() {
    // As a line of a list, which enables nothing by itself.
    const LIST: PluginSet = PluginSet { entries: &[Entry::of(ApiKeys::DESCRIPTOR)] };
    let host = TestHost::new().plugins(LIST).start().await.unwrap();
    assert_eq!(host.state("api-keys"), Some(PluginState::Unloaded));
    request(&host, &Call::new(), "/v1/models", None).await.unwrap();
    host.stop().await;
}

#[tokio::test]
async fn no_key_and_no_hash_is_logged() {
    let (log, ()) = Log::of(async {
        let host = host().await;
        request(&host, &Call::new(), "/v1/models", Some("sk-pb-plain-right")).await.unwrap();
        refused(&host, "/v1/models", Some("sk-pb-plain-wrong")).await;
        host.command("api-keys", "generate", json!({ "id": "new" })).await.unwrap();
        host.stop().await;
    })
    .await;
    assert!(log.contains("a key was not right"), "{log:?}");
    assert!(!log.contains("sk-pb") && !log.contains("argon2id$"), "{log:?}");
}

#[tokio::test]
async fn it_passes_the_suite_of_every_plugin() {
    let key = json!({ "id": "plain", "hash": hash("sk-pb-plain-right") });
    let suite = TestHost::new().with::<ApiKeys>().config(json!({ "keys": [key] })).conformance();
    let report = suite.check_with(async |host| {
        // While the host stops, a request may be refused.
        let _ = request(host, &Call::new(), "/v1/models", Some("sk-pb-plain-right")).await;
    });
    report.await.assert_clean();
}
