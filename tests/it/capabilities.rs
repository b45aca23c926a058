//! Capabilities: who gets which provider, what is known of it, and what becomes of a call.

use std::sync::Arc;

use plugin_core::descriptor::AttributeValue;
use plugin_core::hook::Refused;
use plugin_core::observe::TargetKind;
use plugin_core::prelude::*;
use plugin_core::{CallError, PluginManager, PluginState, Running};

use crate::support::Fault;

/// Speaks.
#[capability(version = "2.1")]
pub(crate) trait Voice {
    async fn say(&self, what: &str) -> Result<String, PluginError>;
    fn loudness(&self) -> Result<u32, PluginError>;
}

macro_rules! voice {
    ($name:ident, $loudness:literal) => {
        #[plugin]
        mod $name {
            use super::*;

            #[derive(Default)]
            pub(super) struct State;

            #[capability(models = ["a", "b"], loudness = $loudness, family = "choir", streaming, solo = false)]
            impl Voice for State {
                async fn say(&self, what: &str) -> Result<String, PluginError> {
                    tokio::task::yield_now().await;
                    Ok(format!("{} says {what}", stringify!($name)))
                }

                fn loudness(&self) -> Result<u32, PluginError> {
                    Ok($loudness)
                }
            }
        }
    };
}

voice!(tenor, 3);
voice!(bass, 2);

#[derive(Event)]
struct Sung {
    #[expect(dead_code, reason = "nobody listens")]
    lines: usize,
}

/// Takes all voices, its context and the bus.
#[plugin(tags("music"), permissions(env("SONG"), process))]
mod choir {
    use super::*;

    pub(super) struct Choir {
        voices: Providers<dyn Voice>,
        context: PluginContext,
        bus: EventBus,
    }

    #[init]
    async fn init(voices: Providers<dyn Voice>, context: PluginContext, bus: EventBus) -> Choir {
        Choir { voices, context, bus }
    }

    #[command]
    async fn sing(choir: &Choir) -> Result<Vec<String>, PluginError> {
        let mut lines = vec![choir.context.name().to_owned()];
        for voice in &choir.voices {
            lines.push(voice.say("la").await?);
        }
        choir.bus.publish(Sung { lines: lines.len() });
        Ok(lines)
    }
}

/// What the host takes.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Hall {
    voices: Providers<dyn Voice>,
    bus: EventBus,
}

async fn hall() -> Running<Hall> {
    let builder = Hall::builder().registry(None).plugin::<tenor::State>().plugin::<choir::Choir>();
    builder.plugin::<bass::State>().start().await.unwrap()
}

#[tokio::test]
async fn providers_come_by_the_name_of_their_plugin_whatever_the_order_of_adding() {
    let hall = hall().await;
    let names: Vec<_> = hall.voices.iter().map(|voice| voice.plugin()).collect();
    assert_eq!(names, ["bass", "tenor"]);
    assert_eq!((hall.voices.len(), hall.voices.is_empty()), (2, false));
    assert_eq!(hall.voices.get("tenor").unwrap().say("mi").await.unwrap(), "tenor says mi");
    assert!(hall.voices.get("alto").is_none());
}

#[tokio::test]
async fn a_capability_carries_attributes_that_others_can_ask_for() {
    let hall = hall().await;
    let tenor = hall.voices.get("tenor").unwrap();
    assert_eq!(tenor.attribute("models"), Some(AttributeValue::List(&["a", "b"])));
    assert_eq!(tenor.attribute("loudness"), Some(AttributeValue::Int(3)));
    assert_eq!(tenor.attribute("family"), Some(AttributeValue::Text("choir")));
    assert_eq!(tenor.attribute("streaming"), Some(AttributeValue::Bool(true)));
    assert_eq!(tenor.attribute("solo"), Some(AttributeValue::Bool(false)));
    assert_eq!(tenor.attribute("range"), None);
    assert_eq!(tenor.attributes().len(), 5);
    let loudest = hall.voices.iter().max_by_key(|voice| voice.loudness().unwrap()).unwrap();
    assert_eq!(loudest.plugin(), "tenor");
}

#[tokio::test]
async fn init_takes_all_providers_the_context_and_the_bus() {
    let hall = hall().await;
    let sung = hall.command("choir", "sing", serde_json::Value::Null).await.unwrap();
    assert_eq!(sung, serde_json::json!(["choir", "bass says la", "tenor says la"]));
    assert_eq!(hall.bus.publish(Sung { lines: 0 }), 0, "nobody listens, and the host shares the bus");
}

#[tokio::test]
async fn status_tells_what_a_plugin_needs_and_provides() {
    let status = hall().await.status().await;
    let [bass, choir, _] = status.plugins.as_slice() else { panic!("{status:?}") };
    let details = choir.details.as_ref().unwrap();
    assert_eq!((details.needs.as_slice(), details.tags), (["Voice"].as_slice(), ["music"].as_slice()));
    assert_eq!(details.commands, ["sing"]);
    let permissions = serde_json::to_value(details).unwrap()["permissions"].clone();
    assert_eq!(permissions, serde_json::json!([{ "env": "SONG" }, "process"]));
    let json = serde_json::to_value(bass).unwrap();
    assert_eq!(json["state"], "active");
    assert_eq!(json["provides"][0]["capability"], "Voice");
    assert_eq!(json["provides"][0]["attributes"][0]["value"], serde_json::json!(["a", "b"]));
}

#[tokio::test]
async fn status_tells_what_each_method_of_an_offer_has_done_by_all_instances_of_the_plugin() {
    let hall = hall().await;
    let tenor = hall.voices.get("tenor").unwrap();
    tenor.say("mi").await.unwrap();
    let _ = hall.disable("tenor").await.unwrap();
    let _ = hall.enable("tenor").await.unwrap();
    tenor.say("fa").await.unwrap();
    tenor.loudness().unwrap();
    let status = hall.status().await;
    let targets = |plugin: &str| {
        let plugin = status.plugins.iter().find(|one| one.name == plugin).unwrap();
        let methods = plugin.activity.as_ref().unwrap().targets.iter();
        let methods = methods.filter(|one| one.target.kind == TargetKind::Method);
        methods.map(|one| (one.target.of, one.target.name, one.metrics.calls)).collect::<Vec<_>>()
    };
    assert_eq!(targets("tenor"), [("Voice", "loudness", 1), ("Voice", "say", 2)]);
    assert_eq!(targets("bass"), [("Voice", "loudness", 0), ("Voice", "say", 0)]);
}

/// Breaks.
#[capability]
pub(crate) trait Glass {
    async fn fall(&self, far: bool) -> Result<u32, Fault>;
    fn tap(&self) -> Result<u32, Fault>;
}

#[plugin]
mod tumbler {
    use super::*;

    #[derive(Default)]
    pub(super) struct Tumbler;

    #[capability]
    impl Glass for Tumbler {
        async fn fall(&self, far: bool) -> Result<u32, Fault> {
            tokio::task::yield_now().await;
            assert!(!far, "it is in pieces");
            Ok(1)
        }

        fn tap(&self) -> Result<u32, Fault> {
            panic!("it rang too loud")
        }
    }
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Table {
    glass: Option<Provider<dyn Glass>>,
}

impl Table {
    fn glass(&self) -> &Provider<dyn Glass> {
        self.glass.as_ref().unwrap()
    }
}

async fn table() -> Running<Table> {
    Table::builder().registry(None).plugin::<tumbler::Tumbler>().start().await.unwrap()
}

fn panicked(plugin: &'static str, hook: &'static str, message: &str) -> Fault {
    Fault::Call(CallError::Panicked { plugin, hook, message: message.to_owned() })
}

#[tokio::test]
async fn a_panic_in_a_method_is_an_error_that_names_plugin_and_method_and_the_next_call_works() {
    let table = table().await;
    let error = table.glass().fall(true).await.unwrap_err();
    assert_eq!(error, panicked("tumbler", "Glass::fall", "it is in pieces"));
    assert_eq!(table.glass().fall(false).await, Ok(1));
    let activity = table.status().await.plugins.remove(0).activity.unwrap();
    let fall = activity.targets.into_iter().find(|one| one.target.name == "fall").unwrap().metrics;
    assert_eq!((fall.calls, fall.panics), (2, 1));
    assert!(fall.last_error.unwrap().text.contains("it is in pieces"));
}

#[tokio::test]
async fn plain_methods_are_guarded_too() {
    let table = table().await;
    assert_eq!(table.glass().tap(), Err(panicked("tumbler", "Glass::tap", "it rang too loud")));
}

#[tokio::test]
async fn a_provider_used_as_the_trait_is_guarded_as_well() {
    let table = table().await;
    let glass: &dyn Glass = &**table.glass();
    assert_eq!(glass.tap(), Err(panicked("tumbler", "Glass::tap", "it rang too loud")));
    assert_eq!(glass.fall(true).await, Err(panicked("tumbler", "Glass::fall", "it is in pieces")));
    assert_eq!(glass.fall(false).await, Ok(1));
}

#[tokio::test]
async fn a_hosts_own_provider_is_guarded_under_the_name_it_is_given() {
    let glass = Provider::<dyn Glass>::of_host("shelf", Arc::new(tumbler::Tumbler));
    assert_eq!((glass.plugin(), glass.attributes().len(), glass.is_active()), ("shelf", 0, true));
    assert_eq!(glass.tap(), Err(panicked("shelf", "Glass::tap", "it rang too loud")));
    assert_eq!(glass.clone().fall(false).await, Ok(1));
    let all = Providers::new(vec![glass, Provider::of_host("bar", Arc::new(tumbler::Tumbler))]);
    assert_eq!(all.iter().map(|one| one.plugin()).collect::<Vec<_>>(), ["bar", "shelf"]);
    assert_eq!(all.get("bar").unwrap().fall(false).await, Ok(1));
}

#[tokio::test]
async fn a_provider_of_a_stopped_plugin_says_so() {
    let table = table().await;
    table.stop().await;
    let why = Refused::Inactive(PluginState::Unloaded);
    let refused = |hook| Fault::Call(CallError::Refused { plugin: "tumbler", hook, why });
    assert_eq!(table.glass().fall(false).await, Err(refused("Glass::fall")));
    assert_eq!(table.glass().tap(), Err(refused("Glass::tap")));
    assert!(!table.glass().is_active());
}

#[tokio::test]
async fn the_future_of_a_call_can_be_spawned_with_its_provider() {
    let table = table().await;
    let glass = table.glass().clone();
    let call = tokio::spawn(async move { glass.fall(false).await });
    assert_eq!(call.await.unwrap(), Ok(1));
}
