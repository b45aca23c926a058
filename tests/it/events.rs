//! The event bus: the topic is the type, the order is the publisher's, a full queue does as its subscriber says.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plugin_core::PluginManager;
use plugin_core::event::{Buffer, BusStatus, Event as _, Overflow, Subscription, TopicStatus, subscribe};
use plugin_core::observe::TargetKind;
use plugin_core::prelude::*;

use crate::support::{Diary, poll_once};

/// Runs nothing itself.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}

#[derive(Event)]
struct Said(u32);

#[derive(Event)]
struct Unheard;

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

    #[subscribe(overflow = "drop-newest", capacity = 8)]
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
    assert_eq!(host.bus().publish(Unheard), 0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let notes = DIARY.take();
    let of = |kind: &str| notes.iter().filter(|note| note.starts_with(kind)).cloned().collect::<Vec<_>>();
    assert_eq!(of("slow"), ["slow 1", "slow 2", "slow 5"]);
    assert_eq!(of("fast"), ["fast 1", "fast 2", "fast 3", "fast 4", "fast 5"]);

    let status = host.bus().status();
    let said = topic(&status, Said::TOPIC.name());
    let [fast, slow] = ["at_once", "slowly"].map(|name| {
        let one = said.subscribers.iter().find(|one| one.subscriber == name).unwrap();
        assert_eq!((one.plugin, one.listens, one.metrics.calls), ("listener", true, 5));
        one
    });
    assert_eq!((fast.overflow, fast.capacity), (Overflow::DropNewest, 8));
    assert_eq!((slow.overflow, slow.capacity), (Overflow::DropOldest, 1024));
    // As the attribute has it.
    assert_eq!(serde_json::to_value(fast.overflow).unwrap(), "drop-newest");
    assert_eq!((slow.metrics.errors, slow.metrics.panics, fast.metrics.errors), (1, 1, 0));
    let status = host.status().await;
    let targets = status.plugins[0].activity.as_ref().unwrap().targets.iter();
    let targets = targets.map(|one| (one.target.kind, one.target.of, one.target.name, one.metrics.calls));
    let (kind, of) = (TargetKind::Subscriber, Said::TOPIC.name());
    let heard: Vec<_> = targets.filter(|one| one.0 == kind).collect();
    assert_eq!(heard, [(kind, of, "at_once", 5), (kind, of, "slowly", 5)]);

    host.stop().await;
    assert_eq!(host.bus().publish(Said(6)), 0, "a stopped plugin listens no more");
    let status = host.bus().status();
    let said = topic(&status, Said::TOPIC.name());
    assert_eq!((said.published, said.dead_letters), (6, 1));
    assert!(said.subscribers.iter().all(|one| !one.listens && one.metrics.calls == 5), "counts stay");
}

#[test]
fn a_topic_is_named_by_its_type_or_as_it_says() {
    #[derive(Event)]
    #[event(topic = "weather.changed")]
    struct Weather;
    assert_eq!(Said::TOPIC.name(), concat!(module_path!(), "::Said"));
    assert_eq!(Weather::TOPIC.name(), "weather.changed");
}

fn topic<'a>(status: &'a BusStatus, name: &str) -> &'a TopicStatus {
    status.topics.iter().find(|topic| topic.topic == name).unwrap()
}

fn buffer(overflow: Overflow, capacity: usize) -> Buffer {
    Buffer { overflow, capacity: NonZeroUsize::new(capacity).unwrap() }
}

/// What a subscriber has heard.
type Heard = Arc<Mutex<Vec<u32>>>;

/// Listens to `Said` with a queue of `buffer`, and takes `pace` for each.
fn listen(bus: &EventBus, buffer: Buffer, pace: Duration) -> (Subscription, Heard) {
    let heard = Heard::default();
    let sink = heard.clone();
    let subscription = subscribe::<Said, _>(bus, buffer, "test", move |event| {
        let sink = sink.clone();
        Box::pin(async move {
            if !pace.is_zero() {
                tokio::time::sleep(pace).await;
            }
            sink.lock().unwrap().push(event.0);
        })
    });
    (subscription.unwrap(), heard)
}

fn taken(heard: &Heard) -> Vec<u32> {
    std::mem::take(&mut *heard.lock().unwrap())
}

/// Publishes 10 numbers before a subscriber that can keep 4 comes to run: what it hears, and how many were dropped.
async fn flooded(overflow: Overflow) -> (Vec<u32>, u64) {
    let bus = EventBus::default();
    let (subscription, heard) = listen(&bus, buffer(overflow, 4), Duration::ZERO);
    (0..10).for_each(|number| {
        bus.publish(Said(number));
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(bus.dropped(), subscription.dropped());
    let dropped = subscription.dropped();
    drop(subscription);
    assert_eq!(bus.dropped(), dropped, "what was dropped stays counted");
    (taken(&heard), dropped)
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_drops_the_oldest_or_the_newest_as_it_says_and_counts() {
    assert_eq!(flooded(Overflow::DropOldest).await, (vec![6, 7, 8, 9], 6));
    assert_eq!(flooded(Overflow::DropNewest).await, (vec![0, 1, 2, 3], 6));
    assert_eq!(flooded(Overflow::Block).await, (vec![0, 1, 2, 3], 6), "to publish never waits");
}

#[tokio::test(start_paused = true)]
async fn who_sends_waits_for_a_queue_that_blocks_and_nobody_else_does() {
    let bus = EventBus::default();
    let (slow, heard_slowly) = listen(&bus, buffer(Overflow::Block, 2), Duration::from_secs(1));
    let (_fast, heard_fast) = listen(&bus, buffer(Overflow::Block, 2), Duration::ZERO);
    let begun = tokio::time::Instant::now();
    for number in 0..6 {
        assert_eq!(bus.send(Said(number)).await, 2);
        tokio::task::yield_now().await;
        assert_eq!(taken(&heard_fast), [number], "the other has it at once");
    }
    assert!(begun.elapsed() >= Duration::from_secs(3), "six events, two places and one in hand");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(taken(&heard_slowly), [0, 1, 2, 3, 4, 5]);
    assert_eq!(slow.dropped(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_order_of_each_publisher_stays_while_many_send_at_once() {
    let bus = EventBus::default();
    let (_kept, heard) = listen(&bus, buffer(Overflow::Block, 2), Duration::from_millis(1));
    let publishers: Vec<_> = (0..8)
        .map(|publisher| {
            let bus = bus.clone();
            tokio::spawn(async move {
                for number in 0..20 {
                    bus.send(Said(publisher * 100 + number)).await;
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let heard = taken(&heard);
    assert_eq!(heard.len(), 160);
    for publisher in 0..8 {
        let own: Vec<u32> = heard.iter().filter(|one| *one / 100 == publisher).map(|one| one % 100).collect();
        assert_eq!(own, (0..20).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_gives_up_or_a_subscriber_that_ends_leaves_nobody_waiting() {
    let bus = EventBus::default();
    let (kept, _) = listen(&bus, buffer(Overflow::Block, 1), Duration::from_secs(3600));
    bus.send(Said(0)).await;
    tokio::task::yield_now().await;
    bus.send(Said(1)).await;
    let mut given_up = Box::pin(bus.send(Said(2)));
    assert_eq!(poll_once(&mut given_up).await, None);
    drop(given_up);
    let mut waiting = Box::pin(bus.send(Said(3)));
    assert_eq!(poll_once(&mut waiting).await, None);
    drop(kept);
    assert_eq!(waiting.await, 0);
    assert_eq!(bus.dropped(), 1, "the one that waited in the queue");
}

#[derive(Event, Clone)]
#[event(historic)]
struct Level(u32);

#[derive(Event)]
#[event(historic(key = sensor))]
struct Measured {
    sensor: &'static str,
    value: u32,
}

#[tokio::test(start_paused = true)]
async fn who_comes_late_gets_the_last_event_of_a_historic_topic_or_of_each_of_its_keys() {
    let bus = EventBus::default();
    (1..=3).for_each(|level| {
        bus.publish(Level(level));
    });
    for (sensor, value) in [("north", 1), ("south", 2), ("north", 3)] {
        bus.publish(Measured { sensor, value });
    }
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (levels, measures) = (heard.clone(), heard.clone());
    let _levels = subscribe::<Level, _>(&bus, Buffer::default(), "test", move |event| {
        levels.lock().unwrap().push(("level", event.0));
        Box::pin(std::future::ready(()))
    });
    tokio::task::yield_now().await;
    let _measures = subscribe::<Measured, _>(&bus, Buffer::default(), "test", move |event| {
        measures.lock().unwrap().push((event.sensor, event.value));
        Box::pin(std::future::ready(()))
    });
    bus.publish(Measured { sensor: "south", value: 4 });
    tokio::task::yield_now().await;
    let expected = [("level", 3), ("south", 2), ("north", 3), ("south", 4)];
    assert_eq!(*heard.lock().unwrap(), expected, "in the order of publishing");
    let status = bus.status();
    let measured = topic(&status, Measured::TOPIC.name());
    assert_eq!((measured.kept, measured.dead_letters), (2, 0), "what is kept is not lost");
}

#[tokio::test(start_paused = true)]
async fn ending_works_on_what_waits_and_dropping_finishes_only_the_event_in_hand() {
    let bus = EventBus::default();
    let pace = Duration::from_secs(1);
    let (ended, heard) = listen(&bus, Buffer::default(), pace);
    (0..3).for_each(|number| {
        bus.publish(Said(number));
    });
    tokio::task::yield_now().await;
    let mut ending = Box::pin(ended.end());
    assert_eq!(poll_once(&mut ending).await, None);
    assert_eq!(bus.publish(Said(3)), 0, "nothing more comes in");
    ending.await;
    assert_eq!(taken(&heard), [0, 1, 2]);

    let (dropped, heard) = listen(&bus, Buffer::default(), pace);
    (0..3).for_each(|number| {
        bus.publish(Said(number));
    });
    tokio::task::yield_now().await;
    drop(dropped);
    tokio::time::sleep(pace * 5).await;
    assert_eq!(taken(&heard), [0]);
    assert_eq!(bus.dropped(), 2);

    let (cut, heard) = listen(&bus, Buffer::default(), pace);
    (0..3).for_each(|number| {
        bus.publish(Said(number));
    });
    tokio::task::yield_now().await;
    assert!(tokio::time::timeout(pace / 2, cut.end()).await.is_err());
    tokio::time::sleep(pace * 5).await;
    assert_eq!(taken(&heard), [] as [u32; 0], "past the deadline the event in hand is cut");
    assert_eq!(bus.dropped(), 4);
}

static DRAINED: AtomicU32 = AtomicU32::new(0);

#[plugin]
mod accountant {
    use super::*;

    #[derive(Default)]
    pub(super) struct State;

    #[subscribe]
    async fn counts(_: &State, event: &Said) {
        tokio::time::sleep(Duration::from_millis(10)).await;
        DRAINED.fetch_add(event.0, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plugin_that_stops_works_on_the_events_it_has_accepted() {
    let host = Host::builder().registry(None).plugin::<accountant::State>().start().await.unwrap();
    for _ in 0..50 {
        host.bus().publish(Said(1));
    }
    host.stop().await;
    assert_eq!(DRAINED.load(Ordering::SeqCst), 50);
}

/// Publishes again when it is dropped.
#[derive(Event)]
struct Stubborn(Option<EventBus>);

impl Drop for Stubborn {
    fn drop(&mut self) {
        if let Some(bus) = self.0.take() {
            bus.publish(Stubborn(None));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_publishes_when_it_is_dropped_holds_nothing_up() {
    let bus = EventBus::default();
    let waits = buffer(Overflow::DropOldest, 1);
    let subscription = subscribe::<Stubborn, _>(&bus, waits, "test", |_| Box::pin(std::future::ready(())));
    bus.publish(Stubborn(Some(bus.clone())));
    bus.publish(Stubborn(Some(bus.clone())));
    drop(subscription);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(topic(&bus.status(), Stubborn::TOPIC.name()).published, 4);
}
