//! What only shows from inside: keys that wait for a check, and what one costs.

use plugin_core::config::Secret;

use super::*;
use crate::api_keys::Key;
use crate::entry::tests::{cheap, hash};

fn keys(config: Config) -> Keys {
    Keys::new(Config { keys: vec![cheap("ci")], max_checks: 1, ..config }).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_checked_waits_for_no_place_until_it_is_forgotten() {
    let keys = keys(Config { remember: 60, ..Config::default() });
    let known = async || keys.authenticate("sk-pb-ci-right").await;
    assert!(known().await.unwrap().is_some());
    let _all = keys.checks.places().acquire_owned().await.unwrap();
    assert!(known().await.unwrap().is_some(), "it is remembered");
    tokio::time::advance(Duration::from_secs(61)).await;
    let error = known().await.unwrap_err();
    assert!(matches!(error, ChatError::RateLimited { retry_after: Some(_), .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn unknown_names_and_wrong_keys_cost_a_check_alike_and_foreign_credentials_none() {
    let keys = keys(Config::default());
    assert!(keys.authenticate("sk-pb-ci-right").await.unwrap().is_some());
    let _all = keys.checks.places().acquire_owned().await.unwrap();
    for wrong in ["sk-pb-ci-wrong", "sk-pb-nobody-right"] {
        assert!(
            matches!(keys.authenticate(wrong).await, Err(ChatError::RateLimited { .. })),
            "{wrong} takes a place"
        );
    }
    let long = format!("sk-pb-ci-{}", "x".repeat(300));
    for foreign in ["", "eyJ.a.b", "sk-pb-", "sk-pb-ci", "sk-pb-ci-", "sk-pb-CI-x", &long] {
        assert!(keys.authenticate(foreign).await.unwrap().is_none(), "{foreign} is checked");
    }
}

#[tokio::test]
async fn the_stand_in_of_an_unknown_name_opens_nothing() {
    // The first entry's hash is of a key with another name.
    let first = Key { id: "ci".to_owned(), hash: Secret::new(hash("sk-pb-nobody-right")), ..Key::default() };
    let keys = Keys::new(Config { keys: vec![first], ..Config::default() }).unwrap();
    assert!(keys.authenticate("sk-pb-nobody-right").await.unwrap().is_none());
}

#[test]
fn the_longest_path_that_fits_says_what_is_needed() {
    let keys = keys(Config::default());
    let needed = [
        "/v1/models",
        "/admin",
        "/admin/x",
        "/administration",
        "/api/v1/admin/plugins",
        "/metrics",
        "//admin",
    ]
    .map(|path| keys.needed(path));
    assert_eq!(needed, ["chat", "admin", "admin", "chat", "admin", "metrics", "chat"]);
}
