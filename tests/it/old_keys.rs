//! Keys of the configuration by old names: what is logged of them, and that the version of a plugin reaches its descriptor.

use std::sync::Mutex;

use plugin_core::config::{Format, Sources};
use plugin_core::prelude::*;
use plugin_core::{ApiVersion, Plugin, PluginManager, Running};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

#[plugin(api = "0.2")]
mod stated {
    use super::*;

    #[derive(Default)]
    pub(crate) struct Stated;

    #[health]
    fn health(_: &Stated) -> Health {
        Health::Healthy
    }
}

#[plugin]
mod unstated {
    use super::*;

    #[derive(Default)]
    pub(crate) struct Unstated;

    #[health]
    fn health(_: &Unstated) -> Health {
        Health::Healthy
    }
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}

/// Notes the warnings of plugin-core.
struct Listener(&'static Mutex<Vec<String>>);

struct Message<'a>(&'a mut Vec<String>);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0.push(format!("{value:?}"));
        }
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN && metadata.target().starts_with("plugin_core::")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Message(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn file(text: &str) -> Sources {
    Sources::new().environment([]).text("plugins.yaml", Format::Yaml, text)
}

async fn apply(host: &Running<Host>, text: &str) {
    let settings = host.read(&file(text)).unwrap();
    host.apply(settings).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_old_key_is_logged_when_it_comes_and_not_again() {
    let seen: &'static Mutex<Vec<String>> = Box::leak(Box::default());
    let take = || std::mem::take(&mut *seen.lock().unwrap());
    let _listening = tracing::subscriber::set_default(Listener(seen));
    let old = "plugins:\n  stated:\n    health: { every: 1m }\n";
    let builder = Host::builder().registry(None).config(file(old));
    let host = builder.plugin::<stated::Stated>().plugin::<unstated::Unstated>().start().await.unwrap();
    let help = "help: write `interval`; `cargo xtask migrate` rewrites it";
    let told = |line: u8, plugin: &str| {
        format!(
            "plugins.yaml:{line}: `plugins.{plugin}.health.every` is `interval` since plugin API 0.2\n  {help}"
        )
    };
    assert_eq!(take(), [told(3, "stated")]);
    apply(&host, &format!("{old}    priority: 5\n")).await;
    assert_eq!(take(), [] as [String; 0], "it has been told");
    apply(&host, &format!("{old}  unstated:\n    health:\n      every: 1m\n")).await;
    assert_eq!(take(), [told(6, "unstated")]);
    host.stop().await;
}

#[test]
fn a_plugin_says_for_which_version_it_was_written_where_it_does() {
    assert_eq!(stated::Stated::DESCRIPTOR.api, Some(ApiVersion::CURRENT));
    assert_eq!(unstated::Unstated::DESCRIPTOR.api, None);
}
