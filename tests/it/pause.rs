//! Pausing, resuming, disabling, enabling and retrying: what goes with what, in which order, and what is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use plugin_core::lifecycle::{MoveReason, PluginMoved};
use plugin_core::manager::{ChangeError, Running};
use plugin_core::prelude::*;
use plugin_core::{PluginManager, PluginState};

use crate::support::{Diary, yaml};

/// What `base` offers.
#[capability]
pub(crate) trait Base {}

/// What `middle` offers.
#[capability]
pub(crate) trait Middle {}

/// A walk past every plugin.
#[derive(HookPoint)]
#[hook_point(output = String, error = PluginError)]
pub(crate) struct Walk(String);

/// Told to fail at its next `#[init]`.
static BROKEN: AtomicBool = AtomicBool::new(false);

#[plugin]
mod base {
    use super::*;

    #[config]
    pub(crate) struct Config {
        /// Whether `#[init]` fails while the test says so.
        pub(crate) breaks: bool,
    }

    pub(crate) struct State;

    #[init]
    fn init(config: Config) -> Result<State, PluginError> {
        match config.breaks && BROKEN.load(Ordering::SeqCst) {
            true => Err(PluginError::new("no ground")),
            false => Ok(State),
        }
    }

    #[capability]
    impl Base for State {}

    #[hook(before)]
    fn walk(_: &State, walk: &mut Walk) {
        walk.0.push_str("base ");
    }
}

#[plugin]
mod middle {
    use super::*;

    pub(crate) struct State {
        seen: AtomicUsize,
    }

    #[init]
    fn init(_base: Provider<dyn Base>) -> State {
        State { seen: AtomicUsize::new(0) }
    }

    #[capability]
    impl Middle for State {}

    #[hook(before, after("base"))]
    fn walk(state: &State, walk: &mut Walk) {
        let seen = state.seen.fetch_add(1, Ordering::SeqCst) + 1;
        walk.0.push_str(&format!("middle{seen} "));
    }
}

#[plugin]
mod top {
    use super::*;

    pub(crate) struct State;

    #[init]
    fn init(_middle: Provider<dyn Middle>) -> State {
        State
    }

    #[hook(before, after("middle"))]
    fn walk(_: &State, walk: &mut Walk) {
        walk.0.push_str("top ");
    }
}

/// Takes what `base` offers, and can do without.
#[plugin]
mod lenient {
    use super::*;

    pub(crate) struct State;

    #[init]
    fn init(_base: Option<Provider<dyn Base>>) -> State {
        State
    }

    #[hook(before, after("top"))]
    fn walk(_: &State, walk: &mut Walk) {
        walk.0.push_str("lenient");
    }
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    walk: Chain<Walk>,
}

async fn host(config: &str) -> Running<Host> {
    let builder = Host::builder().registry(None).config(yaml(config)).plugin::<base::State>();
    let builder = builder.plugin::<middle::State>().plugin::<top::State>().plugin::<lenient::State>();
    builder.start().await.unwrap()
}

async fn walk(host: &Running<Host>) -> String {
    host.walk.run(&mut Walk(String::new()), async |walk| Ok(walk.0.trim_end().to_owned())).await.unwrap()
}

/// The moves in words, without their times.
fn told(moves: Result<Vec<PluginMoved>, ChangeError>) -> Vec<String> {
    let one = |one: PluginMoved| format!("{} {} → {} ({})", one.plugin, one.from, one.to, one.reason);
    moves.unwrap().into_iter().map(one).collect()
}

const ALL: &str = "base middle1 top lenient";

#[tokio::test]
async fn pausing_a_provider_pauses_what_requires_it_first_in_reverse_order_and_resuming_goes_back_in_order() {
    let host = host("{}").await;
    assert_eq!(walk(&host).await, ALL);
    let down = [
        "top active → paused (cascade of `base`)",
        "middle active → paused (cascade of `base`)",
        "base active → paused (operator)",
    ];
    assert_eq!(told(host.pause("base").await), down);
    assert_eq!(walk(&host).await, "lenient", "what can do without is not touched");
    let up = [
        "base paused → active (operator)",
        "middle paused → active (cascade of `base`)",
        "top paused → active (cascade of `base`)",
    ];
    assert_eq!(told(host.resume("base").await), up);
    assert_eq!(walk(&host).await, "base middle2 top lenient", "with the state they had");
    host.stop().await;
}

#[tokio::test]
async fn pausing_twice_and_resuming_what_is_active_do_nothing() {
    let host = host("{}").await;
    assert_eq!(told(host.resume("top").await), [] as [&str; 0]);
    assert_eq!(host.pause("top").await.unwrap().len(), 1);
    assert_eq!(told(host.pause("top").await), [] as [&str; 0]);
    assert_eq!(host.resume("top").await.unwrap().len(), 1);
    assert_eq!(host.status().await.plugins.iter().find(|one| one.name == "top").unwrap().moves, 6);
    host.stop().await;
}

#[tokio::test]
async fn what_an_operator_has_paused_no_cascade_resumes() {
    let host = host("{}").await;
    let _ = host.pause("middle").await.unwrap();
    assert_eq!(told(host.pause("base").await), ["base active → paused (operator)"]);
    assert_eq!(told(host.resume("base").await), ["base paused → active (operator)"]);
    assert_eq!(host.state("middle"), Some(PluginState::Paused));
    // Paused for the sake of another, and then by an operator as well.
    let _ = host.resume("middle").await.unwrap();
    let _ = host.pause("base").await.unwrap();
    assert_eq!(told(host.pause("middle").await), [] as [&str; 0]);
    assert_eq!(told(host.resume("base").await), ["base paused → active (operator)"]);
    let up = ["middle paused → active (operator)", "top paused → active (cascade of `base`)"];
    assert_eq!(told(host.resume("middle").await), up);
    host.stop().await;
}

#[tokio::test]
async fn the_status_says_what_keeps_a_plugin_paused() {
    let host = host("{}").await;
    let _ = host.pause("base").await.unwrap();
    let _ = host.pause("top").await.unwrap();
    let status = host.status().await.plugins;
    let reason = |name: &str| status.iter().find(|one| one.name == name).unwrap().reason;
    assert_eq!(reason("base"), Some(MoveReason::Operator));
    assert_eq!(reason("middle"), Some(MoveReason::Cascade { of: "base" }));
    assert_eq!(reason("top"), Some(MoveReason::Operator), "which lasts longer than the cascade");
    assert_eq!(reason("lenient"), Some(MoveReason::Start));
    host.stop().await;
}

#[tokio::test]
async fn a_change_that_does_not_lead_from_where_a_plugin_stands_says_what_does() {
    BROKEN.store(true, Ordering::SeqCst);
    let host = host("{ plugins: { base: { config: { breaks: true } }, lenient: { enabled: false } } }").await;
    let error = async |change: &str, name: &str| {
        let changed = match change {
            "pause" => host.pause(name).await,
            "resume" => host.resume(name).await,
            "retry" => host.retry(name).await,
            _ => unreachable!(),
        };
        changed.unwrap_err().to_string()
    };
    let expected = [
        (
            "pause",
            "base",
            "plugin `base` is error and cannot be paused (help: it takes no calls; retry `base`, or disable it)",
        ),
        ("resume", "base", "plugin `base` is error and cannot be resumed (help: retry `base`)"),
        ("retry", "middle", "plugin `middle` requires `base`, which is error (help: retry `base` first)"),
        ("retry", "base", "plugin `base` failed to start: no ground (help: remove the cause, then retry it)"),
        (
            "pause",
            "lenient",
            "plugin `lenient` is unloaded and cannot be paused (help: only an active plugin can be; enable `lenient` first)",
        ),
        ("resume", "lenient", "plugin `lenient` is unloaded and cannot be resumed (help: enable `lenient`)"),
        ("retry", "lenient", "plugin `lenient` is unloaded and cannot be retried (help: enable `lenient`)"),
        ("pause", "lenien", "no plugin `lenien` is in this build; did you mean `lenient`?"),
        ("pause", "nobody", "no plugin `nobody` is in this build"),
    ];
    for (change, name, says) in expected {
        assert_eq!(error(change, name).await, says);
    }
    BROKEN.store(false, Ordering::SeqCst);
    let up = host.retry("base").await.unwrap();
    let active: Vec<_> =
        up.iter().filter(|one| one.to == PluginState::Active).map(|one| one.plugin).collect();
    assert_eq!(active, ["base", "middle", "top"], "what was down for its sake starts after it");
    assert_eq!(
        error("retry", "base").await,
        "plugin `base` is active and cannot be retried (help: it runs; reload it to start it anew)"
    );
    let _ = host.pause("base").await.unwrap();
    assert_eq!(
        error("resume", "top").await,
        "plugin `top` requires `middle`, which is paused (help: resume `middle` first)"
    );
    host.stop().await;
    assert_eq!(
        error("pause", "base").await,
        "the manager stops, and nothing is changed any more (help: start another)"
    );
}

#[tokio::test]
async fn disabling_what_others_need_is_refused_with_every_reason_and_changes_nothing() {
    let host = host("{}").await;
    let error = host.disable("base").await.unwrap_err();
    assert!(matches!(error, ChangeError::Composition(_)), "{error}");
    let said = error.to_string();
    assert!(said.contains("plugin `middle` needs the capability `Base`"), "{said}");
    assert_eq!(walk(&host).await, ALL);
    assert!(host.settings().plugin("base").enabled);
    host.stop().await;
}

#[tokio::test]
async fn what_is_disabled_is_shut_down_and_starts_anew_when_it_is_enabled() {
    let host = host("{}").await;
    assert_eq!(walk(&host).await, ALL);
    let _ = host.disable("top").await.unwrap();
    let down = ["middle active → unloading (operator)", "middle unloading → unloaded (operator)"];
    assert_eq!(told(host.disable("middle").await), down);
    assert_eq!(told(host.disable("middle").await), [] as [&str; 0]);
    assert_eq!(walk(&host).await, "base lenient");
    assert_eq!(host.plan().plugins().len(), 2);
    assert_eq!(host.settings().show().get("plugins.middle.enabled").unwrap().value, false);
    let error = host.enable("top").await.unwrap_err();
    assert!(error.to_string().contains("plugin `top` needs the capability `Middle`"), "{error}");
    assert_eq!(host.enable("middle").await.unwrap().last().unwrap().to, PluginState::Active);
    assert_eq!(told(host.enable("middle").await), [] as [&str; 0]);
    let _ = host.enable("top").await.unwrap();
    assert_eq!(walk(&host).await, "base middle1 top lenient", "in its place, with a new state");
    host.stop().await;
}

#[tokio::test]
async fn a_plugin_that_was_disabled_at_the_start_can_be_enabled() {
    let host = host("plugins: { top: { enabled: false }, lenient: { enabled: false } }").await;
    assert_eq!(walk(&host).await, "base middle1");
    let _ = host.enable("lenient").await.unwrap();
    let _ = host.pause("middle").await.unwrap();
    let error = host.enable("top").await.unwrap_err();
    let said = "plugin `top` failed to start: it requires `middle`, which is paused";
    assert!(error.to_string().starts_with(said), "{error}");
    let up = host.resume("middle").await.unwrap();
    assert_eq!(up.last().map(|one| (one.plugin, one.to)), Some(("top", PluginState::Active)));
    assert_eq!(walk(&host).await, "base middle2 top lenient");
    host.stop().await;
}

/// A plugin that works beside its calls.
mod working {
    use super::*;

    pub(super) static DIARY: Diary = Diary::new();

    #[derive(Event)]
    pub(super) struct Struck(pub(super) u16);

    #[plugin]
    pub(super) mod busy {
        use super::*;

        pub(crate) struct State(AtomicUsize);

        #[init]
        fn init() -> State {
            DIARY.note("init");
            State(AtomicUsize::new(0))
        }

        #[task]
        async fn work(state: Arc<State>, shutdown: Shutdown) {
            DIARY.note(format!("task {}", state.0.fetch_add(1, Ordering::SeqCst)));
            shutdown.wait().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            DIARY.note("task ended");
        }

        /// Hears nothing.
        #[task]
        async fn deaf(_state: Arc<State>) {
            std::future::pending::<()>().await;
        }

        #[subscribe]
        fn heard(_: &State, event: &Struck) {
            DIARY.note(format!("heard {}", event.0));
        }

        #[shutdown]
        fn stop(_: &State) {
            DIARY.note("shutdown");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_and_subscriptions_of_a_paused_plugin_end_within_its_deadline_and_start_again_on_resume() {
    #[derive(PluginManager)]
    #[manager(plugins = plugin_core::PluginSet::EMPTY)]
    struct Alone {}
    let builder = Alone::builder().registry(None).config(yaml("plugins: { busy: { stop_timeout: 4s } }"));
    let host = builder.plugin::<working::busy::State>().start().await.unwrap();
    let rest = || tokio::time::sleep(Duration::from_millis(1));
    host.bus().publish(working::Struck(1));
    rest().await;
    let mut notes = working::DIARY.take();
    notes[1..].sort();
    assert_eq!(notes, ["init", "heard 1", "task 0"]);
    let begun = tokio::time::Instant::now();
    let _ = host.pause("busy").await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_secs(4), "one that hears nothing is cut at the deadline");
    assert_eq!(host.bus().publish(working::Struck(2)), 0, "nobody listens");
    assert_eq!(working::DIARY.take(), ["task ended"]);
    let _ = host.resume("busy").await.unwrap();
    host.bus().publish(working::Struck(3));
    rest().await;
    let mut notes = working::DIARY.take();
    notes.sort();
    assert_eq!(notes, ["heard 3", "task 1"], "with the state it had");
    let report = host.stop().await;
    assert_eq!(working::DIARY.take(), ["task ended", "shutdown"]);
    assert_eq!(
        report.cut().map(|one| one.plugin).collect::<Vec<_>>(),
        ["busy"],
        "the one that hears nothing"
    );
}

mod unwatched {
    use super::*;

    pub(super) static DIARY: Diary = Diary::new();

    #[plugin]
    pub(super) mod slow {
        use super::*;

        #[derive(Default)]
        pub(crate) struct State;

        #[task]
        async fn work(_state: Arc<State>, shutdown: Shutdown) {
            shutdown.wait().await;
            tokio::time::sleep(Duration::from_secs(2)).await;
            DIARY.note("task ended");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_goes_on_to_its_end_when_its_caller_goes_away_and_the_next_waits_for_it() {
    #[derive(PluginManager)]
    #[manager(plugins = plugin_core::PluginSet::EMPTY)]
    struct Alone {}
    let host = Alone::builder().registry(None).plugin::<unwatched::slow::State>().start().await.unwrap();
    tokio::task::yield_now().await;
    let given_up = tokio::time::timeout(Duration::from_secs(1), host.pause("slow")).await;
    assert!(given_up.is_err());
    let begun = tokio::time::Instant::now();
    assert_eq!(told(host.resume("slow").await), ["slow paused → active (operator)"]);
    assert_eq!(
        (begun.elapsed(), unwatched::DIARY.take()),
        (Duration::from_secs(1), vec!["task ended".to_owned()])
    );
    host.stop().await;
}
