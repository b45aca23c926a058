//! Commands: typed arguments, panics, and names that are not there.

use plugin_core::prelude::*;
use plugin_core::{PluginManager, Running};
use serde_json::json;

/// Runs nothing itself.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}

#[plugin]
mod tool {
    use super::*;

    #[derive(Default)]
    pub(super) struct Tool;

    #[config(nested)]
    pub(super) struct Sum {
        /// The numbers to add.
        pub(super) numbers: Vec<i64>,
    }

    /// Adds numbers.
    #[command]
    fn add(_: &Tool, sum: Sum) -> Result<i64, PluginError> {
        Ok(sum.numbers.iter().sum())
    }

    /// Gives up.
    #[command]
    async fn give_up(_: &Tool) -> Result<(), PluginError> {
        panic!("no more")
    }
}

async fn host() -> Running<Host> {
    Host::builder().registry(None).plugin::<tool::Tool>().start().await.unwrap()
}

async fn error(command: &str, arguments: serde_json::Value) -> String {
    host().await.command("tool", command, arguments).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_command_reads_its_arguments_and_writes_its_output_as_json() {
    let host = host().await;
    assert_eq!(host.command("tool", "add", json!({ "numbers": [1, 2, 39] })).await.unwrap(), json!(42));
    let names: Vec<_> =
        host.commands().map(|(plugin, one)| (plugin.name, one.name, one.description)).collect();
    assert_eq!(names, [("tool", "add", "Adds numbers."), ("tool", "give-up", "Gives up.")]);
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_refused_and_nothing_runs() {
    assert!(error("add", json!({ "numbers": ["one"] })).await.starts_with("the arguments do not fit: "));
    assert!(error("add", json!({ "nubmers": [] })).await.contains("unknown field `nubmers`"));
    assert_eq!(error("give-up", json!({ "really": true })).await, "this command takes no arguments");
}

#[tokio::test]
async fn a_panic_in_a_command_is_its_error() {
    assert_eq!(error("give-up", json!(null)).await, "`tool give-up` panicked: no more");
}

#[tokio::test]
async fn a_command_of_nobody_or_of_a_stopped_plugin_is_unknown() {
    assert_eq!(error("divide", json!(null)).await, "no running plugin `tool` has a command `divide`");
    let host = host().await;
    assert!(host.command("fool", "add", json!(null)).await.unwrap_err().to_string().contains("`fool`"));
    host.stop().await;
    assert!(host.command("tool", "add", json!({ "numbers": [] })).await.is_err());
    assert_eq!(host.commands().count(), 0);
}
