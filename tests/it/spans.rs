//! What a subscriber of `tracing` sees of calls into plugins.

use std::sync::Mutex;

use plugin_core::PluginManager;
use plugin_core::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Sorts letters.
#[capability]
pub(crate) trait Sorter {
    async fn sort(&self) -> Result<(), PluginError>;
    fn count(&self) -> Result<(), PluginError>;
}

#[plugin]
mod office {
    use super::*;

    #[derive(Default)]
    pub(crate) struct Office;

    #[capability]
    impl Sorter for Office {
        async fn sort(&self) -> Result<(), PluginError> {
            tracing::info!("begun");
            tokio::task::yield_now().await;
            tracing::info!("ended");
            Ok(())
        }

        fn count(&self) -> Result<(), PluginError> {
            tracing::info!("counted");
            Ok(())
        }
    }
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    sorter: Option<Provider<dyn Sorter>>,
}

/// Notes each message of these plugins with the spans of calls that it stands in.
struct Listener {
    level: Level,
    seen: &'static Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    spans: Vec<String>,
    entered: Vec<u64>,
    messages: Vec<String>,
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let here = metadata.is_event() && metadata.target() == module_path!().to_owned() + "::office";
        metadata.level() <= &self.level && (here || metadata.name() == "capability")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = span.metadata().name().to_owned();
        span.record(&mut Text(&mut text));
        let mut seen = self.seen.lock().unwrap();
        seen.spans.push(text);
        Id::from_u64(seen.spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = String::new();
        event.record(&mut Text(&mut text));
        let mut seen = self.seen.lock().unwrap();
        let inside: Vec<_> = seen.entered.iter().map(|id| &*seen.spans[*id as usize - 1]).collect();
        let message = format!("{}:{text}", inside.join(" "));
        seen.messages.push(message);
    }

    fn enter(&self, span: &Id) {
        self.seen.lock().unwrap().entered.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let left = self.seen.lock().unwrap().entered.pop();
        assert_eq!(left, Some(span.into_u64()));
    }
}

async fn listened(level: Level) -> Vec<String> {
    let host = Host::builder().registry(None).plugin::<office::Office>().start().await.unwrap();
    let seen: &'static Mutex<Seen> = Box::leak(Box::default());
    let listening = tracing::subscriber::set_default(Listener { level, seen });
    let sorter = host.sorter.as_ref().unwrap();
    sorter.sort().await.unwrap();
    sorter.count().unwrap();
    drop(listening);
    let mut seen = seen.lock().unwrap();
    assert!(seen.entered.is_empty());
    std::mem::take(&mut seen.messages)
}

#[tokio::test]
async fn each_call_of_a_method_is_a_span_while_it_is_polled() {
    let [sort, count] = ["sort", "count"]
        .map(|method| format!("capability plugin=\"office\" capability=\"Sorter\" method=\"{method}\""));
    let expected = [
        format!("{sort}: message=begun"),
        format!("{sort}: message=ended"),
        format!("{count}: message=counted"),
    ];
    assert_eq!(listened(Level::DEBUG).await, expected);
}

#[tokio::test]
async fn where_nobody_listens_at_debug_level_there_is_no_span() {
    assert_eq!(listened(Level::INFO).await, [": message=begun", ": message=ended", ": message=counted"]);
}
