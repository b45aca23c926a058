//! What can be seen of a running manager: its status as JSON, and the look from inside.

use std::sync::Mutex;

use plugin_core::PluginState;
use plugin_core::observe::TargetKind;
use plugin_core::prelude::*;
use serde_json::{Value, json};

use crate::support::yaml;

/// Given by a plugin to the test.
static SEEN: Mutex<Option<Inspect>> = Mutex::new(None);

#[plugin]
mod inspector {
    use super::*;

    pub(crate) struct Inspector(pub(crate) Inspect);

    #[init]
    fn init(inspect: Inspect) -> Inspector {
        Inspector(inspect)
    }

    #[command]
    fn look(state: &Inspector) -> Result<Vec<&'static str>, PluginError> {
        *SEEN.lock().unwrap() = Some(state.0.clone());
        Ok(state.0.plugins().iter().map(|one| one.plugin).collect())
    }
}

#[plugin(requires("inspector"))]
mod clumsy {
    use super::*;

    #[derive(Default)]
    pub(crate) struct Clumsy;

    #[command]
    fn stumble(_: &Clumsy, how: String) -> Result<(), PluginError> {
        match how.as_str() {
            "over" => panic!("over the edge"),
            "well" => Ok(()),
            _ => Err(PluginError::new("on the stairs")),
        }
    }

    #[shutdown]
    fn stop(_: &Clumsy) {}
}

#[plugin(enabled = false)]
mod asleep {
    #[derive(Default)]
    pub(crate) struct Asleep;

    #[task]
    async fn dream(_state: std::sync::Arc<Asleep>) {}
}

#[derive(plugin_core::PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}

async fn host() -> plugin_core::Running<Host> {
    let builder = Host::builder().registry(None).config(yaml("{}"));
    let builder = builder.plugin::<inspector::Inspector>().plugin::<clumsy::Clumsy>();
    builder.plugin::<asleep::Asleep>().start().await.unwrap()
}

#[tokio::test]
async fn each_target_of_a_plugin_has_its_numbers() {
    let host = host().await;
    for how in ["well", "over", "down"] {
        let _ = host.command("clumsy", "stumble", json!(how)).await;
    }
    host.stop().await;
    let clumsy = host.status().await.plugins.into_iter().find(|one| one.name == "clumsy").unwrap();
    let activity = clumsy.activity.unwrap();
    let calls: Vec<_> =
        activity.targets.iter().map(|one| (one.target.kind, one.target.name, one.metrics.calls)).collect();
    let expected = [
        (TargetKind::Init, "init", 1),
        (TargetKind::Command, "stumble", 3),
        (TargetKind::Shutdown, "shutdown", 1),
    ];
    assert_eq!(calls, expected);
    let stumble = &activity.targets[1].metrics;
    assert_eq!((stumble.errors, stumble.panics, stumble.latency.count()), (1, 1, 3));
    assert_eq!(stumble.last_error.as_ref().unwrap().text, "on the stairs");
    assert_eq!((activity.total.calls, activity.total.panics), (5, 1));
}

#[tokio::test]
async fn the_status_is_json_for_an_operator_and_a_dashboard() {
    let host = host().await;
    host.command("clumsy", "stumble", json!("down")).await.unwrap_err();
    let status = serde_json::to_value(host.status().await).unwrap();
    assert_eq!(status["levels"], json!([["inspector"], ["clumsy"]]));
    assert_eq!(status["edges"], json!([{ "from": "clumsy", "to": "inspector", "required": true }]));
    assert!(status["at"].as_str().unwrap().ends_with('Z'));
    let plugin = |name: &str| -> Value {
        let all = status["plugins"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).cloned().unwrap()
    };
    let clumsy = plugin("clumsy");
    assert_eq!((&clumsy["state"], &clumsy["health"]["status"]), (&json!("active"), &json!("healthy")));
    let stumble = &clumsy["targets"][1];
    assert_eq!((&stumble["kind"], &stumble["name"]), (&json!("command"), &json!("stumble")));
    assert_eq!((&stumble["calls"], &stumble["errors"]), (&json!(1), &json!(1)));
    assert_eq!(stumble["last_error"]["text"], "on the stairs");
    assert_eq!(stumble["latency"]["count"], 1);
    assert!(stumble["latency"]["p99_ns"].as_u64().unwrap() > 0);
    assert_eq!(clumsy["total"]["calls"], 2, "init and the command");
    let asleep = plugin("asleep");
    assert_eq!((&asleep["state"], &asleep["linked"]), (&json!("unloaded"), &json!(true)));
    assert_eq!(asleep.get("targets"), None, "nothing is known of what never ran");
}

#[tokio::test]
async fn a_look_from_inside_keeps_no_manager_alive() {
    let host = host().await;
    let seen = host.command("inspector", "look", Value::Null).await.unwrap();
    assert_eq!(seen, json!(["clumsy", "inspector"]));
    let inspect = SEEN.lock().unwrap().take().unwrap();
    let states: Vec<_> = inspect.plugins().iter().map(|one| one.state).collect();
    assert_eq!(states, [PluginState::Active; 2]);
    drop(host);
    // Tasks that were aborted let go of the manager when the runtime drops them.
    tokio::task::yield_now().await;
    assert!(inspect.plugins().is_empty());
}
