//! The event bus: the topic is the type, the order is the publisher's, a full queue drops and counts.

use std::sync::Arc;
use std::time::Duration;

use plugin_core::PluginManager;
use plugin_core::event::{Overflow, subscribe};
use plugin_core::prelude::*;

use crate::support::Diary;

/// Runs nothing itself.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}

struct Said(u32);

static DIARY: Diary = Diary::new();

#[plugin]
mod listener {
    use super::*;

    #[derive(Default)]
    pub(super) struct State;

    #[subscribe]
    async fn slowly(_: &State, event: &Said) -> Result<(), PluginError> {
        tokio::time::sleep(Duration::from_millis(u64::from(10 - event.0))).await;
        match event.0 {
            3 => panic!("three is too many"),
            4 => Err(PluginError::new("four is worse")),
            number => {
                DIARY.note(format!("slow {number}"));
                Ok(())
            }
        }
    }

    #[subscribe]
    fn at_once(_: &State, event: &Said) {
        DIARY.note(format!("fast {}", event.0));
    }
}

#[tokio::test(start_paused = true)]
async fn each_subscriber_gets_every_event_in_order_and_goes_on_after_an_error_or_a_panic() {
    let host = Host::builder().registry(None).plugin::<listener::State>().start().await.unwrap();
    for number in 1..=5 {
        assert_eq!(host.bus().publish(Said(number)), 2);
    }
    assert_eq!(host.bus().publish("another topic"), 0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let notes = DIARY.take();
    let of = |kind: &str| notes.iter().filter(|note| note.starts_with(kind)).cloned().collect::<Vec<_>>();
    assert_eq!(of("slow"), ["slow 1", "slow 2", "slow 5"]);
    assert_eq!(of("fast"), ["fast 1", "fast 2", "fast 3", "fast 4", "fast 5"]);
    host.stop().await;
    assert_eq!(host.bus().publish(Said(6)), 0, "a stopped plugin listens no more");
}

/// Publishes 1500 numbers before the subscriber comes to run; yields the first and last it got, and how many were dropped.
async fn flooded(overflow: Overflow) -> (usize, u32, u32, u64) {
    let bus = EventBus::default();
    let got = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = got.clone();
    let subscription = subscribe::<u32, _>(&bus, overflow, "test", move |event| {
        sink.lock().unwrap().push(*event);
        Box::pin(std::future::ready(()))
    });
    (0..1500_u32).for_each(|number| {
        bus.publish(number);
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    let got = got.lock().unwrap();
    assert!(got.is_sorted());
    (got.len(), got[0], got[got.len() - 1], subscription.dropped())
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_drops_the_oldest_or_the_newest_as_it_says_and_counts() {
    assert_eq!(flooded(Overflow::DropOldest).await, (1024, 476, 1499, 476));
    assert_eq!(flooded(Overflow::DropNewest).await, (1024, 0, 1023, 476));
}
