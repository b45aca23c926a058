//! Background work: restarts, their limit, and that tasks end with their plugin.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plugin_core::lifecycle::PluginMoved;
use plugin_core::prelude::*;
use plugin_core::supervise::TaskState;
use plugin_core::{PluginManager, PluginState};

use crate::support::{Diary, yaml};

/// Runs nothing itself.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}

/// Long enough for every backoff, short enough for one period.
const WHILE: Duration = Duration::from_secs(30);

static RUNS: [AtomicUsize; 6] = [const { AtomicUsize::new(0) }; 6];

fn ran(task: usize) -> usize {
    RUNS[task].load(Ordering::SeqCst)
}

fn run(task: usize) -> usize {
    RUNS[task].fetch_add(1, Ordering::SeqCst) + 1
}

#[plugin]
mod crasher {
    use super::*;

    #[derive(Default)]
    pub(crate) struct State;

    #[task(restart = "on-failure")]
    async fn crash(_state: Arc<State>) -> Result<(), PluginError> {
        run(0);
        Err(PluginError::new("out of luck"))
    }
}

#[plugin]
mod spaced {
    use super::*;

    #[derive(Default)]
    pub(crate) struct State;

    #[task(restart = "on-failure")]
    async fn crash(_state: Arc<State>) {
        run(1);
        tokio::time::sleep(Duration::from_secs(20)).await;
        panic!("now and then");
    }
}

#[plugin]
mod finisher {
    use super::*;

    #[derive(Default)]
    pub(crate) struct State;

    #[task(restart = "on-failure")]
    async fn finish(_state: Arc<State>) {
        run(2);
    }

    #[task(restart = "never")]
    async fn once(_state: Arc<State>) {
        run(3);
    }
}

#[plugin]
mod once {
    use super::*;

    #[derive(Default)]
    pub(crate) struct State;

    #[task(restart = "never")]
    async fn once(_state: Arc<State>) -> Result<(), PluginError> {
        run(4);
        Err(PluginError::new("no second chance"))
    }
}

#[plugin]
mod always {
    use super::*;

    #[derive(Default)]
    pub(crate) struct State;

    #[task(restart = "always")]
    async fn again(_state: Arc<State>, shutdown: Shutdown) {
        run(5);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(20)) => {}
            () = shutdown.wait() => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn restarts_over_the_intensity_end_in_error_with_the_cause() {
    let host = Host::builder().registry(None).plugin::<crasher::State>().start().await.unwrap();
    tokio::time::sleep(WHILE).await;
    assert_eq!(ran(0), 6, "one start and five restarts");
    assert_eq!(host.state("crasher"), Some(PluginState::Error));
    let cause = host.status().await.plugins[0].cause.clone().unwrap();
    assert_eq!(cause, "its task `crash` failed: out of luck; restarted 5 times within 1m");
    host.stop().await;
    assert_eq!(host.state("crasher"), Some(PluginState::Unloaded));
}

#[tokio::test(start_paused = true)]
async fn restarts_that_are_spaced_go_on_and_panics_count_as_failures() {
    let host = Host::builder().registry(None).plugin::<spaced::State>().start().await.unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert!(ran(1) >= 12, "{}", ran(1));
    assert_eq!(host.state("spaced"), Some(PluginState::Active));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_well_is_started_again_only_where_it_says_always() {
    let builder = Host::builder().registry(None).plugin::<finisher::State>().plugin::<always::State>();
    let host = builder.start().await.unwrap();
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!((ran(2), ran(3), ran(5)), (1, 1, 3));
    assert_eq!(host.state("finisher"), Some(PluginState::Active));
    let begun = tokio::time::Instant::now();
    host.stop().await;
    assert_eq!(begun.elapsed(), Duration::ZERO, "a task that listens ends at once");
    tokio::time::sleep(WHILE).await;
    assert_eq!(ran(5), 3, "and is not started again");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_never_restarted_runs_once_and_fails_alone() {
    let host = Host::builder().registry(None).plugin::<once::State>().start().await.unwrap();
    tokio::time::sleep(WHILE).await;
    assert_eq!(ran(4), 1);
    assert_eq!(host.state("once"), Some(PluginState::Active), "it fails alone");
    let status = host.status().await.plugins.remove(0).activity.unwrap();
    let task = &status.tasks[0];
    assert_eq!((task.state, task.runs, task.restarts), (TaskState::Failed, 1, 0));
    assert_eq!(task.last_failure.as_ref().unwrap().text, "no second chance");
    assert_eq!((status.total.calls, status.total.errors), (2, 1), "the init and the run");
}

#[derive(Event)]
struct Number(u32);

/// A task that hears nothing, a subscriber, and a shutdown.
macro_rules! deaf {
    ($name:ident) => {
        mod $name {
            use super::*;

            pub(super) static DIARY: Diary = Diary::new();
            pub(super) static TASKS: AtomicUsize = AtomicUsize::new(0);

            struct Running;

            impl Drop for Running {
                fn drop(&mut self) {
                    TASKS.fetch_sub(1, Ordering::SeqCst);
                }
            }

            #[plugin]
            pub(super) mod deaf {
                use super::*;

                #[derive(Default)]
                pub(crate) struct State;

                #[task]
                async fn work(_state: Arc<State>, _shutdown: Shutdown) {
                    TASKS.fetch_add(1, Ordering::SeqCst);
                    let _running = Running;
                    std::future::pending().await
                }

                #[subscribe]
                fn heard(_: &State, event: &Number) {
                    DIARY.note(event.0.to_string());
                }

                #[shutdown]
                fn stop(_: &State) {
                    DIARY.note("stop");
                }
            }
        }
    };
}

deaf!(stopped);
deaf!(dropped);
deaf!(unstarted);

#[tokio::test(start_paused = true)]
async fn a_task_that_does_not_listen_is_dropped_within_the_deadline_and_shutdown_still_runs() {
    let builder = Host::builder().registry(None).config(yaml("plugins: { deaf: { stop_timeout: 4s } }"));
    let host = builder.plugin::<stopped::deaf::State>().start().await.unwrap();
    let bus = host.bus().clone();
    assert_eq!(bus.publish(Number(7)), 1);
    tokio::task::yield_now().await;
    assert_eq!((stopped::TASKS.load(Ordering::SeqCst), stopped::DIARY.take()), (1, vec!["7".to_owned()]));
    let begun = tokio::time::Instant::now();
    host.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    tokio::task::yield_now().await;
    assert_eq!(stopped::TASKS.load(Ordering::SeqCst), 0, "the task outlives its plugin");
    assert_eq!(stopped::DIARY.take(), ["stop"]);
    assert_eq!(bus.publish(Number(8)), 0, "nobody listens any more");
}

#[tokio::test(start_paused = true)]
async fn dropping_a_manager_ends_tasks_and_subscriptions_without_shutdown() {
    let host = Host::builder().registry(None).plugin::<dropped::deaf::State>().start().await.unwrap();
    let bus = host.bus().clone();
    tokio::task::yield_now().await;
    assert_eq!(dropped::TASKS.load(Ordering::SeqCst), 1);
    drop(host);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(dropped::TASKS.load(Ordering::SeqCst), 0);
    assert_eq!(bus.publish(Number(8)), 0);
    assert_eq!(dropped::DIARY.take(), [] as [&str; 0]);
}

#[plugin(requires("deaf"))]
mod stuck {
    pub(crate) struct State;

    #[init]
    async fn init() -> State {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_a_start_half_way_ends_what_had_started() {
    let builder = Host::builder().registry(None).plugin::<unstarted::deaf::State>().plugin::<stuck::State>();
    let start = tokio::time::timeout(Duration::from_secs(1), builder.start());
    assert!(start.await.is_err(), "`stuck` holds the start up");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(unstarted::TASKS.load(Ordering::SeqCst), 0, "tasks of a manager that never was go on");
}

mod moves {
    use super::*;

    static DIARY: Diary = Diary::new();

    #[plugin]
    mod watcher {
        use super::*;

        #[derive(Default)]
        pub(crate) struct State;

        #[subscribe]
        fn moved(_: &State, event: &PluginMoved) {
            if event.plugin == "quitter" {
                DIARY.note(format!("{} → {} {}", event.from, event.to, event.cause.as_deref().unwrap_or("")));
            }
        }
    }

    #[plugin(requires("watcher"))]
    mod quitter {
        use super::*;

        #[derive(Default)]
        pub(crate) struct State;

        #[task(max_restarts = 0)]
        async fn quit(_state: Arc<State>) {
            panic!("enough");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_move_is_an_event_with_its_cause() {
        let builder = Host::builder().registry(None).plugin::<watcher::State>().plugin::<quitter::State>();
        let _host = builder.start().await.unwrap();
        tokio::time::sleep(WHILE).await;
        let moves = [
            "unloaded → loading ",
            "loading → loaded ",
            "loaded → initializing ",
            "initializing → active ",
            "active → error its task `quit` failed: panicked: enough; no restart is allowed",
        ];
        assert_eq!(DIARY.take(), moves);
    }
}

mod limits {
    use super::*;

    static RUNS: AtomicUsize = AtomicUsize::new(0);

    #[plugin]
    mod limited {
        use super::*;

        #[derive(Default)]
        pub(crate) struct State;

        #[task(restart = "always", max_restarts = 2, window = "10m", backoff = "1s", max_backoff = "2s")]
        async fn end(_state: Arc<State>) {
            RUNS.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Runs until it gives up; how many runs that were, and how long it took.
    async fn gives_up(config: &str) -> (usize, Duration, String) {
        RUNS.store(0, Ordering::SeqCst);
        let builder = Host::builder().registry(None).config(yaml(config)).plugin::<limited::State>();
        let (begun, host) = (tokio::time::Instant::now(), builder.start().await.unwrap());
        while host.state("limited") == Some(PluginState::Active) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let cause = host.status().await.plugins.remove(0).cause.unwrap();
        (RUNS.load(Ordering::SeqCst), begun.elapsed(), cause)
    }

    // One after another, as they share the count.
    #[tokio::test(start_paused = true)]
    async fn the_attribute_limits_restarts_and_the_config_stands_over_it_key_by_key() {
        let (runs, took, cause) = gives_up("{}").await;
        assert_eq!(
            (runs, cause.as_str()),
            (3, "its task `end` failed: it ended; restarted 2 times within 10m")
        );
        assert!(took >= Duration::from_secs(2) && took <= Duration::from_secs(5), "{took:?}");
        let config =
            "plugins: { limited: { supervision: { max_restarts: 4, backoff: 10s, max_backoff: 10s } } }";
        let (runs, took, cause) = gives_up(config).await;
        assert_eq!(
            (runs, cause.as_str()),
            (5, "its task `end` failed: it ended; restarted 4 times within 10m")
        );
        assert!(took >= Duration::from_secs(40) && took < Duration::from_secs(41), "{took:?}");
    }

    #[test]
    fn a_wrong_limit_is_told_with_its_key() {
        let config = "plugins: { limited: { supervision: { restart: 4, window: soon } } }";
        let builder = Host::builder().registry(None).config(yaml(config)).plugin::<limited::State>();
        let errors = builder.settings().unwrap_err().to_string();
        assert!(errors.contains("plugins.limited.supervision.window"), "{errors}");
        assert!(errors.contains("supervision.restart`") && errors.contains("restarts"), "{errors}");
    }
}

mod status {
    use super::*;

    #[plugin]
    mod worker {
        use super::*;

        #[derive(Default)]
        pub(crate) struct State;

        #[task(restart = "on-failure")]
        async fn work(_state: Arc<State>, shutdown: Shutdown) -> Result<(), PluginError> {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(20)) => Err(PluginError::new("out of work")),
                () = shutdown.wait() => Ok(()),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_task_has_done_is_in_the_status() {
        let host = Host::builder().registry(None).plugin::<worker::State>().start().await.unwrap();
        tokio::task::yield_now().await;
        let task = async || host.status().await.plugins.remove(0).activity.unwrap().tasks.remove(0);
        let first = task().await;
        assert_eq!((first.name, first.state, first.runs, first.restarts), ("work", TaskState::Running, 1, 0));
        assert!(first.running_since.is_some() && first.ended.is_none() && first.last_failure.is_none());
        tokio::time::sleep(Duration::from_millis(20_010)).await;
        let waiting = task().await;
        assert_eq!((waiting.state, waiting.runs), (TaskState::Waiting, 1));
        assert_eq!(waiting.last_failure.unwrap().text, "out of work");
        tokio::time::sleep(Duration::from_secs(10)).await;
        let again = task().await;
        assert_eq!((again.state, again.runs, again.restarts), (TaskState::Running, 2, 1));
        host.stop().await;
        let ended = task().await;
        assert_eq!((ended.state, ended.runs), (TaskState::Stopped, 2));
        let activity = host.status().await.plugins.remove(0).activity.unwrap();
        assert_eq!((activity.restarts, activity.total.errors), (1, 1));
    }
}
