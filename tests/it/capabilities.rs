//! Capabilities: who gets which provider, and what is known of it.

use plugin_core::descriptor::AttributeValue;
use plugin_core::prelude::*;
use plugin_core::{PluginManager, Running};

/// Speaks.
#[capability(version = "2.1")]
pub(crate) trait Voice {
    async fn say(&self, what: &str) -> String;
    fn loudness(&self) -> u32;
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
                async fn say(&self, what: &str) -> String {
                    tokio::task::yield_now().await;
                    format!("{} says {what}", stringify!($name))
                }

                fn loudness(&self) -> u32 {
                    $loudness
                }
            }
        }
    };
}

voice!(tenor, 3);
voice!(bass, 2);

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
            lines.push(voice.say("la").await);
        }
        choir.bus.publish(lines.len());
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
    let names: Vec<_> = hall.voices.iter().map(Provider::plugin).collect();
    assert_eq!(names, ["bass", "tenor"]);
    assert_eq!((hall.voices.len(), hall.voices.is_empty()), (2, false));
    assert_eq!(hall.voices.get("tenor").unwrap().say("mi").await, "tenor says mi");
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
    let loudest = hall.voices.iter().max_by_key(|voice| voice.loudness()).unwrap();
    assert_eq!(loudest.plugin(), "tenor");
}

#[tokio::test]
async fn init_takes_all_providers_the_context_and_the_bus() {
    let hall = hall().await;
    let sung = hall.command("choir", "sing", serde_json::Value::Null).await.unwrap();
    assert_eq!(sung, serde_json::json!(["choir", "bass says la", "tenor says la"]));
    assert_eq!(hall.bus.publish(0_usize), 0, "nobody listens, and the host shares the bus");
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
