//! A running gateway that is changed: its file, its plugins, and its end under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::gateway::Gateway;

const QUESTION: &str = "How often should I descale the espresso machine?";

/// Asks until the answer is as wanted, for some seconds.
async fn becomes(gateway: &Gateway, wanted: impl Fn(u16, &Value) -> bool) {
    let mut last = Value::Null;
    for _ in 0..200 {
        let response = gateway.post("/chat", &json!({ "message": QUESTION })).await;
        let status = response.status().as_u16();
        last = response.json().await.expect("JSON");
        if wanted(status, &last) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it stays {last}: {}", gateway.log());
}

#[cfg(feature = "content-filter")]
#[tokio::test]
async fn a_file_that_changes_is_put_in_force_and_a_wrong_one_changes_nothing() {
    let gateway = Gateway::start().await;
    assert_eq!(gateway.post("/chat", &json!({ "message": QUESTION })).await.status(), 200);
    let refuse = "plugins:\n  content-filter:\n    config: { words: [espresso], on_words: refuse }\n";
    gateway.write("plugins.yaml", refuse);
    becomes(&gateway, |status, _| status == 403).await;
    gateway.write("plugins.yaml", "plugins:\n  content-filter:\n    config: { wrods: [espresso] }\n");
    for _ in 0..100 {
        if gateway.log().contains("configuration refused") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(gateway.log().contains("did you mean `words`?"), "{}", gateway.log());
    assert_eq!(gateway.post("/chat", &json!({ "message": QUESTION })).await.status(), 403, "as before");
    gateway.write("plugins.yaml", "plugins: {}\n");
    becomes(&gateway, |status, _| status == 200).await;
}

#[tokio::test]
async fn an_administrator_pauses_resumes_and_reloads_a_plugin() {
    let gateway = Gateway::start().await;
    let ask = async |operation: &str| -> Value {
        let path = format!("{}/api/v1/admin/plugins/local/{operation}", gateway.url);
        gateway.client.post(path).send().await.expect("an answer").json().await.expect("JSON")
    };
    assert_eq!(ask("pause").await["state"], "paused");
    assert_eq!(gateway.get("/ready").await.status(), 503);
    assert_eq!(ask("resume").await["state"], "active");
    assert_eq!(ask("reload").await["done"]["plugins"], json!([]), "nothing has changed");
    assert_eq!(gateway.post("/chat", &json!({ "message": QUESTION })).await.status(), 200);
    assert!(gateway.log().contains("plugboard::audit"), "{}", gateway.log());
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_that_was_accepted_is_lost_when_it_is_stopped_under_load() {
    let mut gateway = Gateway::start().await;
    let (stopping, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let callers: Vec<_> = (0..32)
        .map(|_| {
            let (client, url) = (gateway.client.clone(), format!("{}/chat", gateway.url));
            let (stopping, answered) = (stopping.clone(), answered.clone());
            tokio::spawn(async move {
                loop {
                    match client.post(&url).json(&json!({ "message": QUESTION })).send().await {
                        Ok(response) => {
                            assert_eq!(response.status(), 200);
                            let answer: Value = response.json().await.expect("a whole answer");
                            assert!(
                                answer["reply"].as_str().expect("a reply").contains("every three months")
                            );
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        // Nobody listens any more; before the signal that would be a loss.
                        Err(error) => {
                            assert!(stopping.load(Ordering::SeqCst), "{error:?}");
                            return error;
                        }
                    }
                }
            })
        })
        .collect();
    while answered.load(Ordering::Relaxed) < 100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stopping.store(true, Ordering::SeqCst);
    gateway.signal("TERM").await;
    for caller in callers {
        let error = caller.await.expect("every accepted request has its answer");
        // Refused, or an idle connection that was closed before a request was taken from it; never a body that breaks off.
        assert!(error.is_connect() || error.is_request(), "{error:?}");
    }
    assert_eq!(gateway.end().await.code(), Some(0), "{}", gateway.log());
    assert!(gateway.log().contains("stopped"), "{}", gateway.log());
    assert!(!gateway.log().contains("cut"), "{}", gateway.log());
}
