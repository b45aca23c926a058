//! Starting and stopping: the order, what a failure takes down, deadlines, and what is let go of.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plugin_core::prelude::*;
use plugin_core::{PluginManager, PluginState, Running, StartError};

use crate::support::{Diary, yaml};

/// Runs nothing itself.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}

/// What `ground` offers.
#[capability]
pub(crate) trait Ground {
    fn stand(&self) -> Result<&'static str, PluginError>;
}

/// What `wall` offers.
#[capability]
pub(crate) trait Wall {
    fn lean(&self) -> Result<&'static str, PluginError>;
}

mod order {
    use super::*;

    static DIARY: Diary = Diary::new();

    #[plugin]
    mod ground {
        use super::*;

        pub(crate) struct State;

        #[init]
        async fn init() -> State {
            DIARY.note("ground starts");
            tokio::time::sleep(Duration::from_secs(1)).await;
            DIARY.note("ground started");
            State
        }

        #[capability]
        impl Ground for State {
            fn stand(&self) -> Result<&'static str, PluginError> {
                Ok("ground")
            }
        }

        #[shutdown]
        async fn stop(_: &State) {
            DIARY.note("ground stops");
        }
    }

    #[plugin]
    mod beside {
        use super::*;

        pub(crate) struct State;

        #[init]
        async fn init() -> State {
            DIARY.note("beside starts");
            tokio::time::sleep(Duration::from_secs(1)).await;
            DIARY.note("beside started");
            State
        }

        #[shutdown]
        fn stop(_: &State) {
            DIARY.note("beside stops");
        }
    }

    #[plugin]
    mod a_wall {
        use super::*;

        pub(crate) struct State;

        #[init]
        fn init(ground: Provider<dyn Ground>) -> State {
            DIARY.note(format!("wall on {}", ground.stand().unwrap()));
            State
        }

        #[capability]
        impl Wall for State {
            fn lean(&self) -> Result<&'static str, PluginError> {
                Ok("wall")
            }
        }

        #[shutdown]
        async fn stop(_: &State) {
            DIARY.note("wall stops");
        }
    }

    #[plugin]
    mod a_roof {
        use super::*;

        pub(crate) struct State;

        #[init]
        fn init(walls: Providers<dyn Wall>, none: Option<Provider<dyn Absent>>) -> State {
            DIARY.note(format!(
                "roof on {}, {}",
                walls.iter().map(|wall| wall.lean().unwrap()).collect::<String>(),
                none.is_none()
            ));
            State
        }

        #[shutdown]
        async fn stop(_: &State) {
            DIARY.note("roof stops");
        }
    }

    /// Offered by nobody.
    #[capability]
    trait Absent {}

    #[tokio::test(start_paused = true)]
    async fn dependencies_start_first_independent_ones_at_once_and_stop_is_the_reverse() {
        let builder = Host::builder().registry(None).plugin::<a_roof::State>().plugin::<a_wall::State>();
        let begun = tokio::time::Instant::now();
        let host = builder.plugin::<ground::State>().plugin::<beside::State>().start().await.unwrap();
        assert_eq!(begun.elapsed(), Duration::from_secs(1), "what is independent starts at once");
        let mut notes = DIARY.take();
        notes[..2].sort();
        notes[2..4].sort();
        let first = ["beside starts", "ground starts", "beside started", "ground started"];
        assert_eq!(notes, [first.as_slice(), &["wall on ground", "roof on wall, true"]].concat());
        host.stop().await;
        let mut notes = DIARY.take();
        notes[2..].sort();
        assert_eq!(notes, ["roof stops", "wall stops", "beside stops", "ground stops"]);
        host.stop().await;
        assert_eq!(DIARY.take(), [] as [&str; 0], "a second stop shuts nothing down again");
        assert_eq!(host.state("ground"), Some(PluginState::Unloaded));
    }
}

/// A chain of three of which the first can be told to fail, and one that stands apart.
mod failing {
    use super::*;

    #[plugin]
    pub(super) mod base {
        use super::*;

        #[config]
        pub(crate) struct Config {
            /// What goes wrong.
            pub(crate) fault: String,
        }

        pub(crate) struct State;

        #[init]
        async fn init(config: Config) -> Result<State, PluginError> {
            match config.fault.as_str() {
                "" => Ok(State),
                "panic" => panic!("the base gave way"),
                "hang" => std::future::pending().await,
                fault => Err(PluginError::new(fault).hint("dig deeper")),
            }
        }

        #[capability]
        impl Ground for State {
            fn stand(&self) -> Result<&'static str, PluginError> {
                Ok("base")
            }
        }
    }

    #[plugin]
    pub(super) mod middle {
        use super::*;

        pub(crate) struct State;

        #[init]
        fn init(_ground: Provider<dyn Ground>) -> State {
            State
        }

        #[capability]
        impl Wall for State {
            fn lean(&self) -> Result<&'static str, PluginError> {
                Ok("middle")
            }
        }
    }

    #[plugin(requires("middle"))]
    pub(super) mod top {
        pub(crate) struct State;

        #[init]
        fn init() -> State {
            State
        }
    }

    #[plugin]
    pub(super) mod lenient {
        use super::*;

        pub(crate) struct State;

        #[init]
        fn init(ground: Option<Provider<dyn Ground>>) -> State {
            assert!(ground.is_none(), "what failed offers nothing");
            State
        }
    }
}

async fn failing(text: &str) -> Result<Running<Host>, StartError> {
    let builder = Host::builder().registry(None).config(yaml(text)).plugin::<failing::base::State>();
    let builder = builder.plugin::<failing::middle::State>().plugin::<failing::top::State>();
    builder.plugin::<failing::lenient::State>().start().await
}

async fn causes(host: &Running<Host>) -> Vec<(String, PluginState, String)> {
    let plugins = host.status().await.plugins.into_iter();
    plugins.map(|one| (one.name.to_owned(), one.state, one.cause.unwrap_or_default())).collect()
}

#[tokio::test]
async fn a_plugin_that_fails_takes_down_what_requires_it_with_the_chain_of_causes_and_the_rest_serves() {
    let host = failing("plugins: { base: { config: { fault: no rock } } }").await.unwrap();
    let cause = "no rock (help: dig deeper)";
    let middle = format!("it requires `base`, which failed: {cause}");
    let top = format!("it requires `middle`, which failed: {middle}");
    let expected = [
        ("base".to_owned(), PluginState::Error, cause.to_owned()),
        ("lenient".to_owned(), PluginState::Active, String::new()),
        ("middle".to_owned(), PluginState::Error, middle),
        ("top".to_owned(), PluginState::Error, top),
    ];
    assert_eq!(causes(&host).await, expected);
    host.stop().await;
    assert!(causes(&host).await.iter().all(|(_, state, _)| *state == PluginState::Unloaded));
}

#[tokio::test]
async fn a_panic_in_init_is_a_failure_like_any_other() {
    let host = failing("plugins: { base: { config: { fault: panic } } }").await.unwrap();
    assert_eq!(causes(&host).await[0].2, "its `#[init]` panicked: the base gave way");
}

#[tokio::test(start_paused = true)]
async fn a_start_that_hangs_is_cut_at_its_deadline_and_named() {
    let begun = tokio::time::Instant::now();
    let host = failing("plugins: { base: { start_timeout: 3s, config: { fault: hang } } }").await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
    let (_, state, cause) = &causes(&host).await[0];
    assert_eq!(*state, PluginState::Error);
    assert_eq!(cause, "its `#[init]` did not return within 3s (help: raise `plugins.base.start_timeout`)");
}

#[tokio::test]
async fn nothing_starts_when_a_required_plugin_fails() {
    let text = "plugins: { base: { config: { fault: no rock } }, middle: { required: true } }";
    let error = failing(text).await.err().unwrap();
    assert!(matches!(error, StartError::Required { plugin: "middle", .. }), "{error}");
    let said = "plugin `middle` is required and failed to start: it requires `base`, which failed: no rock";
    assert!(error.to_string().starts_with(said), "{error}");
}

#[tokio::test]
async fn a_plugin_that_the_config_disables_is_unloaded_and_takes_no_part() {
    let text = "plugins: { base: { enabled: false }, middle: { enabled: false }, top: { enabled: false } }";
    let host = failing(text).await.unwrap();
    assert_eq!(host.state("base"), Some(PluginState::Unloaded));
    assert_eq!(host.state("lenient"), Some(PluginState::Active));
    assert_eq!(host.state("elsewhere"), None);
}

/// A provider whose state counts how many of it live.
mod counted {
    use super::*;

    pub(super) static ALIVE: AtomicUsize = AtomicUsize::new(0);

    #[plugin]
    pub(super) mod counter {
        use super::*;

        pub(crate) struct State;

        #[init]
        fn init() -> State {
            ALIVE.fetch_add(1, Ordering::SeqCst);
            State
        }

        impl Drop for State {
            fn drop(&mut self) {
                ALIVE.fetch_sub(1, Ordering::SeqCst);
            }
        }

        #[capability]
        impl Ground for State {
            fn stand(&self) -> Result<&'static str, PluginError> {
                Ok("counter")
            }
        }
    }
}

#[tokio::test]
async fn a_stopped_plugin_is_dropped_while_the_host_still_holds_the_manager() {
    let host = Host::builder().registry(None).plugin::<counted::counter::State>().start().await.unwrap();
    assert_eq!(counted::ALIVE.load(Ordering::SeqCst), 1);
    host.stop().await;
    assert_eq!(counted::ALIVE.load(Ordering::SeqCst), 0, "its own capability keeps a stopped plugin alive");
    drop(host);
}

mod unstoppable {
    use super::*;

    pub(super) static DIARY: Diary = Diary::new();

    #[plugin]
    pub(super) mod sleeper {
        use super::*;

        #[derive(Default)]
        pub(crate) struct State;

        #[shutdown]
        async fn stop(_: &State) {
            DIARY.note("stopping");
            std::future::pending::<()>().await;
        }
    }

    #[plugin]
    pub(super) mod panicker {
        #[derive(Default)]
        pub(crate) struct State;

        #[shutdown]
        fn stop(_: &State) {
            panic!("not now");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_hangs_or_panics_is_cut_at_its_deadline_and_the_others_stop() {
    let builder = Host::builder().registry(None).config(yaml("plugins: { sleeper: { stop_timeout: 2s } }"));
    let builder = builder.plugin::<unstoppable::sleeper::State>().plugin::<unstoppable::panicker::State>();
    let host = builder.start().await.unwrap();
    let begun = tokio::time::Instant::now();
    tokio::join!(host.stop(), host.stop());
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
    assert_eq!(unstoppable::DIARY.take(), ["stopping"], "two stops at once shut down once");
    assert_eq!(host.state("sleeper"), Some(PluginState::Unloaded));
    assert_eq!(host.state("panicker"), Some(PluginState::Unloaded));
}
