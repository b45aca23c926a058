//! The registry that the linker fills, and how it is compared with a list.

use plugin_core::prelude::*;
use plugin_core::registry::Registry;
use plugin_core::{Plugin, PluginManager, PluginSet, StartError};

use crate::cast::{alpha, beta};

#[plugin]
mod listed {
    use super::*;

    #[derive(Default)]
    pub(super) struct Listed;

    #[health]
    fn health(_: &Listed) -> Health {
        Health::Healthy
    }
}

#[plugin]
mod also_listed {
    use super::*;

    #[derive(Default)]
    pub(super) struct AlsoListed;

    #[health]
    fn health(_: &AlsoListed) -> Health {
        Health::degraded("rainy")
    }
}

mod list {
    plugin_core::plugins! {
        super::listed,
        super::also_listed,
    }
}

/// With a list as an app has it.
#[derive(PluginManager)]
#[manager(plugins = list::PLUGINS)]
struct App {}

/// Without one.
#[derive(PluginManager)]
#[manager(plugins = PluginSet::EMPTY)]
struct Small {}

fn listed() -> Registry {
    list::PLUGINS.linked().collect()
}

#[test]
fn the_plugins_of_every_module_of_this_program_register_once() {
    let linked = Registry::linked();
    for name in ["listed", "also-listed", "alpha", "beta", "gamma", "stand-in"] {
        assert_eq!(linked.iter().filter(|plugin| plugin.name == name).count(), 1, "{name}");
    }
    assert_eq!(linked.get("alpha").unwrap().location, alpha::Alpha::DESCRIPTOR.location);
    let names: Vec<_> = linked.iter().map(|plugin| plugin.name).collect();
    assert!(names.is_sorted(), "in the order of names, not of the linker: {names:?}");
    assert_eq!(linked.len(), names.len());
    assert!(linked.get("nowhere").is_none() && !linked.is_empty());
}

#[tokio::test]
async fn a_list_that_is_the_registry_starts() {
    let app = App::builder().registry(listed()).start().await.unwrap();
    let status = app.status().await;
    let health: Vec<_> =
        status.plugins.iter().map(|one| (one.name, one.health.clone().unwrap().answer)).collect();
    assert_eq!(health, [("also-listed", Health::degraded("rainy")), ("listed", Health::Healthy)]);
}

#[test]
fn a_plugin_that_is_linked_but_not_listed_is_an_error_that_names_it() {
    let more: Registry = listed().iter().chain([alpha::Alpha::DESCRIPTOR]).collect();
    let error = App::builder().registry(more).plan().err().unwrap().to_string();
    let said = "plugin `alpha` is linked into this program, but `plugins!` does not list it [PB0915]\n  --> tests/it/cast.rs:";
    assert!(error.starts_with(said), "{error}");
    assert!(error.contains("help: add the line `\"alpha\" => plugboard_tests` to `plugins!`"), "{error}");
}

#[test]
fn a_plugin_that_is_listed_but_not_registered_is_an_error_that_names_it() {
    let fewer: Registry = listed().iter().filter(|plugin| plugin.name != "listed").collect();
    let error = App::builder().registry(fewer).plan().err().unwrap().to_string();
    let said = "plugin `listed` is listed in `plugins!`, but it did not register at link time [PB0915]\n  --> tests/it/registry.rs:";
    assert!(error.starts_with(said), "{error}");
    assert!(error.contains("help: build all plugins with the same `plugin-core`"), "{error}");
}

#[test]
fn another_plugin_of_a_listed_name_is_not_taken_for_it() {
    let stub = plugin_core::PluginDescriptor {
        location: crate::support::HERE,
        ..plugin_core::PluginDescriptor::stub("listed")
    };
    let more: Registry = listed().iter().chain([crate::support::leak(stub)]).collect();
    let error = App::builder().registry(more).plan().err().unwrap().to_string();
    assert!(
        error.starts_with(
            "plugin `listed` is linked into this program, but `plugins!` does not list it [PB0915]\n  --> by-hand:1"
        ),
        "{error}"
    );
}

#[test]
fn every_difference_is_told_at_once() {
    let other: Registry = [alpha::Alpha::DESCRIPTOR, beta::Beta::DESCRIPTOR].into_iter().collect();
    let Err(StartError::Composition(error)) = App::builder().registry(other).plan() else {
        panic!("it would start")
    };
    assert_eq!(error.problems.len(), 4, "{error}");
}

#[test]
fn the_linked_registry_is_compared_unless_the_builder_says_otherwise() {
    let error = Small::builder().plan().err().unwrap().to_string();
    assert!(error.contains("plugin `alpha` is linked into this program"), "{error}");
    assert!(Small::builder().registry(None).plan().is_ok());
}

#[test]
fn a_plugin_that_the_config_disables_is_still_listed() {
    let config = crate::support::yaml("plugins: { listed: { enabled: false } }");
    assert!(App::builder().config(config).registry(listed()).plan().is_ok());
}
