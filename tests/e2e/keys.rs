//! A gateway with keys: made on the command line, put into the configuration, shown by callers.

use serde_json::{Value, json};

use crate::binary::run;
use crate::gateway::Gateway;

/// Makes a key; yields it and its entry for the configuration.
async fn generate(id: &str, permissions: &[&str]) -> (String, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = json!({ "id": id, "permissions": permissions }).to_string();
    let args = ["--set", "plugins.api-keys.enabled=true", "run", "api-keys", "generate", &arguments];
    let ran = run(folder.path(), &args).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let mut issued: Value = serde_json::from_str(&ran.out).expect("a command prints JSON and nothing else");
    let key = issued["key"].as_str().expect("the key").to_owned();
    (key, issued["entry"].take())
}

#[tokio::test]
async fn keys_open_what_they_may_and_nothing_more() {
    let (guest, guests) = generate("guest", &["chat"]).await;
    let (root, roots) = generate("root", &["*"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    let config =
        json!({ "plugins": { "api-keys": { "enabled": true, "config": { "keys": [guests, roots] } } } });
    std::fs::write(&file, config.to_string()).expect("a configuration");
    let gateway = Gateway::start_with(&["--config", file.to_str().expect("a path")]).await;

    let ask = async |path: &str, key: Option<&str>| {
        let url = format!("{}{path}", gateway.url);
        let request = match path {
            "/chat" => gateway.client.post(url).json(&json!({ "message": "How hot is the grinder?" })),
            _ => gateway.client.get(url),
        };
        let request = key.into_iter().fold(request, |request, key| request.bearer_auth(key));
        request.send().await.expect("an answer").status().as_u16()
    };
    let rows: [(&str, [u16; 4]); 6] = [
        ("/", [200; 4]),
        ("/health", [200; 4]),
        ("/chat", [401, 401, 200, 200]),
        ("/v1/models", [401, 401, 200, 200]),
        ("/api/v1/admin/plugins", [401, 401, 403, 200]),
        ("/_plugins", [401, 401, 403, 200]),
    ];
    for (path, expected) in rows {
        let keys = [None, Some("sk-pb-guest-wrong"), Some(guest.as_str()), Some(root.as_str())];
        for (key, expected) in keys.into_iter().zip(expected) {
            assert_eq!(ask(path, key).await, expected, "{path} with {key:?}");
        }
    }

    let shown = gateway.client.get(format!("{}/api/v1/admin/config", gateway.url)).bearer_auth(&root);
    let shown = shown.send().await.expect("an answer").text().await.expect("its text");
    assert!(shown.contains("plugins.api-keys.config.keys") && !shown.contains("argon2id"), "{shown}");
    assert!(!gateway.log().contains(&root), "no key stands in the log");
}
