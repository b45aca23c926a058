//! Events between processes: two buses joined by a carrier that delays, fails and repeats.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use plugin_core::capability;
use plugin_core::event::{
    Buffer, CarrierError, CarrierStatus, Message, MessageBus, Messages, Subscription, subscribe,
};
use plugin_core::prelude::*;
use tokio::sync::mpsc;

/// What the carrier does with a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Take,
    /// Takes it after a while.
    Delay,
    /// Fails, and has not taken it.
    Fail,
    /// Fails, and has taken it all the same.
    Doubt,
    Repeat,
    /// Takes it and loses it.
    Lose,
    Hang,
}

/// A carrier within the process. Each message goes by the next act, round and round.
struct Wire {
    acts: Vec<Act>,
    next: Mutex<usize>,
    subscribed: Mutex<HashMap<String, Vec<mpsc::UnboundedSender<Message>>>>,
}

impl Wire {
    fn new(acts: &[Act]) -> Arc<Self> {
        Arc::new(Self { acts: acts.to_vec(), next: Mutex::default(), subscribed: Mutex::default() })
    }

    fn act(&self) -> Act {
        let mut next = self.next.lock().unwrap();
        *next += 1;
        self.acts[(*next - 1) % self.acts.len()]
    }

    fn deliver(&self, subject: &str, payload: &Bytes) {
        let message = Message { subject: subject.to_owned(), payload: payload.clone() };
        for one in self.subscribed.lock().unwrap().get(subject).into_iter().flatten() {
            // Whoever has gone away gets nothing.
            let _ = one.send(message.clone());
        }
    }

    /// Ends all streams, as when a connection is lost.
    fn cut(&self) {
        self.subscribed.lock().unwrap().clear();
    }
}

#[capability]
impl MessageBus for Wire {
    async fn publish(&self, subject: &str, payload: Bytes) -> Result<(), CarrierError> {
        let act = self.act();
        if act == Act::Hang {
            std::future::pending::<()>().await;
        }
        if act == Act::Delay {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        if !matches!(act, Act::Fail | Act::Lose) {
            self.deliver(subject, &payload);
        }
        if act == Act::Repeat {
            self.deliver(subject, &payload);
        }
        match act {
            Act::Fail | Act::Doubt => Err(CarrierError::Disconnected("the wire is loose".to_owned())),
            _ => Ok(()),
        }
    }

    async fn subscribe(&self, subject: &str) -> Result<Messages, CarrierError> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.subscribed.lock().unwrap().entry(subject.to_owned()).or_default().push(sender);
        let messages = futures_util::stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|message| (message, receiver))
        });
        Ok(messages.boxed())
    }
}

#[derive(Event, serde::Serialize, serde::Deserialize)]
#[event(topic = "test.counted", carried)]
struct Counted {
    by: String,
    number: u32,
}

/// One process: its bus, and what is heard there.
struct Side {
    bus: EventBus,
    heard: Arc<Mutex<Vec<(String, u32)>>>,
    _listening: Subscription,
}

impl Side {
    fn new() -> Self {
        let bus = EventBus::default();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = heard.clone();
        let listening = subscribe::<Counted, _>(&bus, Buffer::default(), "test", move |event| {
            sink.lock().unwrap().push((event.by.clone(), event.number));
            Box::pin(std::future::ready(()))
        });
        Self { bus, heard, _listening: listening.unwrap() }
    }

    async fn joined(wire: &Arc<Wire>) -> Self {
        let side = Self::new();
        side.carry(wire);
        tokio::time::sleep(Duration::from_millis(1)).await;
        side
    }

    fn carry(&self, wire: &Arc<Wire>) {
        let wire: Arc<dyn MessageBus> = wire.clone();
        self.bus.carry(Provider::of_host("wire", wire));
    }

    fn counts(&self, by: &str, numbers: std::ops::Range<u32>) {
        for number in numbers {
            assert_eq!(self.bus.publish(Counted { by: by.to_owned(), number }), 1);
        }
    }

    /// The numbers that `by` counted, as they were heard here.
    fn heard(&self, by: &str) -> Vec<u32> {
        self.heard.lock().unwrap().iter().filter(|one| one.0 == by).map(|one| one.1).collect()
    }

    fn status(&self) -> CarrierStatus {
        self.bus.status().carrier.unwrap()
    }
}

fn numbers(range: std::ops::Range<u32>) -> Vec<u32> {
    range.collect()
}

/// Longer than any backoff in these tests.
const SETTLED: Duration = Duration::from_secs(120);

#[tokio::test(start_paused = true)]
async fn each_side_hears_every_event_of_the_other_once_and_in_order_over_a_bad_wire() {
    let wire = Wire::new(&[Act::Take, Act::Fail, Act::Delay, Act::Repeat, Act::Doubt]);
    let (left, right) = (Side::joined(&wire).await, Side::joined(&wire).await);
    left.counts("left", 0..100);
    right.counts("right", 0..100);
    tokio::time::sleep(SETTLED).await;
    for side in [&left, &right] {
        assert_eq!(side.heard("left"), numbers(0..100));
        assert_eq!(side.heard("right"), numbers(0..100));
        let status = side.status();
        assert_eq!((status.sent, status.lost, status.waiting, status.received), (100, 0, 0, 100));
        assert_eq!((status.missed, status.unreadable), (0, 0));
        assert!(status.echoes >= 100 && status.repeated > 0, "{status:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_hangs_or_fails_for_good_holds_up_nothing_here_and_its_losses_are_counted() {
    for act in [Act::Hang, Act::Fail] {
        let wire = Wire::new(&[act]);
        let side = Side::joined(&wire).await;
        side.counts("me", 0..3);
        tokio::task::yield_now().await;
        assert_eq!(side.heard("me"), numbers(0..3), "heard here at once");
        tokio::time::sleep(SETTLED).await;
        assert_eq!((side.status().sent, side.status().lost), (0, 3));
        side.counts("me", 0..5000);
        tokio::task::yield_now().await;
        let status = side.status();
        assert!(status.waiting <= 4096 && status.lost > 3, "what waits to go out is bounded: {status:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_wire_loses_is_missed_by_its_number() {
    let wire = Wire::new(&[Act::Take, Act::Lose, Act::Lose]);
    let (left, right) = (Side::joined(&wire).await, Side::joined(&wire).await);
    left.counts("left", 0..10);
    tokio::time::sleep(SETTLED).await;
    assert_eq!(right.heard("left"), [0, 3, 6, 9]);
    assert_eq!((right.status().received, right.status().missed), (4, 6));
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_taken_up_again_and_a_bus_that_is_not_carried_is_alone() {
    let wire = Wire::new(&[Act::Take]);
    let (left, right) = (Side::joined(&wire).await, Side::joined(&wire).await);
    wire.cut();
    tokio::time::sleep(SETTLED).await;
    left.counts("left", 0..1);
    tokio::time::sleep(SETTLED).await;
    assert_eq!(right.heard("left"), [0]);

    right.bus.uncarry();
    left.counts("left", 1..2);
    right.counts("right", 0..1);
    tokio::time::sleep(SETTLED).await;
    assert_eq!((right.heard("left"), left.heard("right")), (vec![0], vec![]));
    assert!(right.bus.status().carrier.is_none());

    right.carry(&wire);
    tokio::time::sleep(Duration::from_millis(1)).await;
    left.counts("left", 2..3);
    right.counts("right", 1..2);
    tokio::time::sleep(SETTLED).await;
    assert_eq!((right.heard("left"), left.heard("right")), (vec![0, 2], vec![1]));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_no_event_is_counted_and_changes_nothing() {
    let wire = Wire::new(&[Act::Take]);
    let side = Side::joined(&wire).await;
    for text in ["", "{}", r#"{"topic":"test.counted","origin":"x","sequence":1,"event":{"by":5}}"#] {
        wire.deliver("plugboard.test.counted", &Bytes::from_static(text.as_bytes()));
    }
    wire.deliver(
        "plugboard.test.counted",
        &Bytes::from_static(
            br#"{"topic":"test.counted","origin":"x","sequence":2,"event":{"by":"x","number":7}}"#,
        ),
    );
    tokio::time::sleep(SETTLED).await;
    assert_eq!((side.status().unreadable, side.heard("x")), (3, vec![7]));
}

/// What the radios of the next test share.
static AIR: LazyLock<Arc<Wire>> = LazyLock::new(|| Wire::new(&[Act::Take]));

#[plugin]
mod radio {
    use super::*;

    pub(super) struct Radio(Arc<Wire>);

    #[init]
    fn init() -> Radio {
        Radio(AIR.clone())
    }

    #[capability]
    impl MessageBus for Radio {
        async fn publish(&self, subject: &str, payload: Bytes) -> Result<(), CarrierError> {
            self.0.publish(subject, payload).await
        }

        async fn subscribe(&self, subject: &str) -> Result<Messages, CarrierError> {
            self.0.subscribe(subject).await
        }
    }
}

#[derive(plugin_core::PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Station {}

async fn station() -> plugin_core::Running<Station> {
    let builder = Station::builder().registry(None).plugin::<radio::Radio>();
    builder.config(crate::support::yaml("{}")).start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_manager_carries_its_events_while_a_plugin_that_carries_takes_calls() {
    let (here, there) = (station().await, station().await);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = heard.clone();
    let _listening = subscribe(there.bus(), Buffer::default(), "ear", move |event: Arc<Counted>| {
        notes.lock().unwrap().push(event.number);
        Box::pin(std::future::ready(()))
    })
    .unwrap();
    let say = async |number| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        here.bus().publish(Counted { by: "here".to_owned(), number });
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    let carrier = async || here.status().await.events.carrier.map(|carrier| carrier.plugin);
    say(1).await;
    assert_eq!(carrier().await, Some("radio"));
    let _ = here.pause("radio").await.unwrap();
    assert_eq!(carrier().await, None);
    say(2).await;
    let _ = here.resume("radio").await.unwrap();
    say(3).await;
    assert_eq!(*heard.lock().unwrap(), [1, 3], "what was said meanwhile stayed here");
    assert_eq!(carrier().await, Some("radio"));
    assert!(here.stop().await.is_clean() && there.stop().await.is_clean());
}
