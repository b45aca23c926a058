//! Requests: an event that one subscriber answers, within a deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use plugin_core::event::{Event as _, Overflow, RequestError, subscribe};
use plugin_core::prelude::*;
use plugin_core::{CallError, PluginManager, Running};

/// Runs nothing itself.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}

/// Asks for the total after adding to it.
#[derive(Event)]
#[event(reply = u32)]
struct Add(u32);

#[plugin]
mod counter {
    use super::*;

    #[derive(Default)]
    pub(super) struct State(AtomicU32);

    #[subscribe(overflow = "block", capacity = 2)]
    async fn add(state: &State, event: &Add) -> Result<u32, PluginError> {
        match event.0 {
            13 => Err(PluginError::new("thirteen is unlucky").hint("add twelve")),
            14 => panic!("fourteen is worse"),
            _ => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(state.0.fetch_add(event.0, Ordering::SeqCst) + event.0)
            }
        }
    }
}

#[plugin]
mod rival {
    use super::*;

    #[derive(Default)]
    pub(super) struct State;

    #[subscribe]
    fn sums(_: &State, _event: &Add) -> Result<u32, PluginError> {
        Ok(0)
    }
}

const SOON: Duration = Duration::from_secs(10);

async fn host() -> Running<Host> {
    Host::builder().registry(None).plugin::<counter::State>().start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_in_its_turn_behind_what_was_cast_before() {
    let host = host().await;
    assert_eq!(host.bus().publish(Add(5)), 1, "a cast");
    let (first, second) = tokio::join!(host.bus().request(Add(1), SOON), host.bus().request(Add(2), SOON));
    assert_eq!((first.unwrap(), second.unwrap()), (6, 8));
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_for_room_and_one_that_goes_away_takes_its_request_back() {
    let host = host().await;
    let bus = host.bus();
    let ask = |number| bus.request(Add(number), SOON);
    let impatient = bus.request(Add(100), Duration::from_millis(500));
    let (one, two, three, none) = tokio::join!(ask(1), ask(1), ask(1), impatient);
    assert_eq!([one, two, three].map(Result::unwrap), [1, 2, 3]);
    assert!(matches!(none, Err(RequestError::TimedOut { .. })), "{none:?}");
    assert_eq!(bus.request(Add(0), SOON).await.unwrap(), 3, "what was taken back was not added");
}

#[tokio::test(start_paused = true)]
async fn each_way_to_fail_names_plugin_topic_and_remedy() {
    let bus = EventBus::default();
    let error = bus.request(Add(1), SOON).await.unwrap_err();
    assert!(matches!(error, RequestError::NoAnswerer { .. }));
    let topic = Add::TOPIC.name();
    assert_eq!(
        error.to_string(),
        format!(
            "nobody answers `{topic}` (help: enable or resume a plugin with a `#[subscribe]` function for it)"
        )
    );

    let host = host().await;
    let error = host.bus().request(Add(13), SOON).await.unwrap_err();
    assert!(matches!(error, RequestError::Failed { plugin: "counter", .. }));
    let said = format!(
        "plugin `counter`: its `add` could not answer `{topic}`: thirteen is unlucky (help: add twelve)"
    );
    assert_eq!(error.to_string(), said);

    let error = host.bus().request(Add(14), SOON).await.unwrap_err();
    assert!(matches!(error, RequestError::Call { cause: CallError::Panicked { .. }, .. }));
    let said = format!("`{topic}` has no answer: plugin `counter`: its `add` panicked: fourteen is worse");
    assert_eq!(error.to_string(), said);

    let error = host.bus().request(Add(1), Duration::from_millis(10)).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&format!("plugin `counter`: its `add` did not answer `{topic}` within 10ms")));
    assert!(text.contains("help: give it more time"), "{text}");
    assert_eq!(host.bus().request(Add(1), SOON).await.unwrap(), 2, "it answers the next one");
}

#[tokio::test(start_paused = true)]
async fn what_waits_when_its_answerer_is_dropped_is_told_so() {
    let host = host().await;
    let bus = host.bus().clone();
    let asked = [1, 2, 3].map(|number| {
        let bus = bus.clone();
        tokio::spawn(async move { bus.request(Add(number), SOON).await })
    });
    tokio::task::yield_now().await;
    drop(host);
    let [first, second, third] = asked;
    assert_eq!(first.await.unwrap().unwrap(), 1, "the one in hand is finished");
    for dropped in [second, third] {
        let error = dropped.await.unwrap().unwrap_err();
        assert!(matches!(error, RequestError::Dropped { plugin: "counter", .. }), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_plugins_that_answer_one_request_do_not_start() {
    let builder = Host::builder().registry(None).plugin::<counter::State>().plugin::<rival::State>();
    let refused = builder.start().await.err().unwrap().to_string();
    let rule = format!("2 subscribers answer the request `{}`, and one may [PB0911]", Add::TOPIC.name());
    assert!(refused.contains(&rule), "{refused}");
    for said in
        ["answered by `add` of `counter`", "answered by `sums` of `rival`", file!(), "help: enable one"]
    {
        assert!(refused.contains(said), "{said} is not in {refused}");
    }
}

/// Asks for nothing but a sign of life.
#[derive(Event)]
#[event(reply = ())]
struct Ping;

#[tokio::test(start_paused = true)]
async fn a_second_answerer_of_a_host_is_refused_naming_both_until_the_first_has_gone() {
    let bus = EventBus::default();
    let answer =
        |name| subscribe::<Ping, _>(&bus, Overflow::Block, name, |_| Box::pin(std::future::ready(())));
    let first = answer("first").unwrap();
    let refused = answer("second").unwrap_err().to_string();
    assert!(
        refused.contains("of plugin `first` does, so `subscribe` of `second` cannot (help: "),
        "{refused}"
    );
    assert!(answer("first").is_err(), "another of the same name is another");
    bus.request(Ping, SOON).await.unwrap();
    first.end().await;
    let _second = answer("second").unwrap();
    bus.request(Ping, SOON).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reload_hands_the_requests_to_the_new_instance_without_a_gap() {
    let host = Arc::new(host().await);
    let asking = host.clone();
    let asked = tokio::spawn(async move {
        let mut answered = 0;
        for _ in 0..20 {
            answered += u32::from(asking.bus().request(Add(1), SOON).await.is_ok());
        }
        answered
    });
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        host.reload("counter", serde_json::json!({})).await.unwrap();
    }
    assert_eq!(asked.await.unwrap(), 20);
}
