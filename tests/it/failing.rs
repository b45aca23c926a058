//! Plugins that fail while they run: who goes down with them, who does not notice, and how they come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plugin_core::hook::Refused;
use plugin_core::lifecycle::PluginMoved;
use plugin_core::manager::{ChangeError, Running};
use plugin_core::prelude::*;
use plugin_core::{CallError, PluginManager, PluginState};
use tokio::sync::Semaphore;

use crate::support::{Diary, Fault, yaml};

/// What `source` offers.
#[capability]
pub(crate) trait Source {}

/// What `pipe` offers.
#[capability]
pub(crate) trait Pipe {}

/// Passes those that need the source.
#[derive(HookPoint)]
#[hook_point(output = String, error = Fault)]
pub(crate) struct Wet(String);

/// Passes those that do not.
#[derive(HookPoint)]
#[hook_point(output = String, error = Fault)]
pub(crate) struct Dry(String);

/// Makes the task of a `source` fail as long as it lasts.
struct Drought(Semaphore);

impl Drought {
    const fn new() -> Self {
        Self(Semaphore::const_new(0))
    }

    fn begin(&self) {
        self.0.add_permits(1);
    }

    async fn wait(&self) {
        drop(self.0.acquire().await.unwrap());
    }

    fn end(&self) {
        self.0.forget_permits(1);
    }
}

/// A host with plugins of its own, as what they note is of one test each.
macro_rules! world {
    ($name:ident) => {
        mod $name {
            use super::*;

            pub(super) static DIARY: Diary = Diary::new();
            /// Whether the task of `source` fails, and what makes it look.
            pub(super) static DRY: Drought = Drought::new();
            pub(super) static INITS: AtomicUsize = AtomicUsize::new(0);

            #[plugin]
            pub(super) mod source {
                use super::*;

                pub(crate) struct State;

                #[init]
                fn init() -> State {
                    INITS.fetch_add(1, Ordering::SeqCst);
                    State
                }

                #[capability]
                impl Source for State {}

                #[task]
                async fn run(_state: Arc<State>, shutdown: Shutdown) -> Result<(), PluginError> {
                    tokio::select! {
                        () = DRY.wait() => Err(PluginError::new("dried up")),
                        () = shutdown.wait() => Ok(()),
                    }
                }

                #[hook(before)]
                fn wet(_: &State, wet: &mut Wet) {
                    wet.0.push('s');
                }

                #[shutdown]
                fn stop(_: &State) {
                    DIARY.note("source shut down");
                }
            }

            #[plugin]
            pub(super) mod pipe {
                use super::*;

                pub(crate) struct State;

                #[init]
                fn init(_source: Provider<dyn Source>) -> State {
                    State
                }

                #[capability]
                impl Pipe for State {}

                #[hook(before, after("source"))]
                fn wet(_: &State, wet: &mut Wet) {
                    wet.0.push('p');
                }
            }

            #[plugin]
            pub(super) mod tap {
                use super::*;

                pub(crate) struct State;

                #[init]
                fn init(_pipe: Provider<dyn Pipe>) -> State {
                    State
                }

                #[hook(before, after("pipe"))]
                fn wet(_: &State, wet: &mut Wet) {
                    wet.0.push('t');
                }
            }

            #[plugin]
            pub(super) mod apart {
                use super::*;

                #[derive(Default)]
                pub(crate) struct State;

                #[hook(before)]
                fn dry(_: &State, dry: &mut Dry) {
                    dry.0.push('d');
                }

                #[subscribe]
                fn moved(_: &State, event: &PluginMoved) {
                    if matches!(event.to, PluginState::Error | PluginState::Paused)
                        || event.from == PluginState::Paused
                    {
                        DIARY.note(format!("{} {} ({})", event.plugin, event.to, event.reason));
                    }
                }
            }

            pub(super) async fn host(config: &str) -> Running<Host> {
                let builder = Host::builder().registry(None).config(yaml(config));
                let builder = builder.plugin::<source::State>().plugin::<pipe::State>();
                builder.plugin::<tap::State>().plugin::<apart::State>().start().await.unwrap()
            }
        }
    };
}

world!(healed);
world!(unnoticed);
world!(closed);
world!(stopped);
world!(meanwhile);

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    wet: Chain<Wet>,
    dry: Chain<Dry>,
}

async fn wet(host: &Running<Host>) -> Result<String, Fault> {
    host.wet.run(&mut Wet(String::new()), async |wet| Ok(wet.0.clone())).await
}

/// Long enough for a supervisor to give up, short of the time in which its restarts are forgotten.
const WHILE: Duration = Duration::from_secs(20);

/// Lets the task of `source` fail until its supervisor gives up.
async fn fail(host: &Running<Host>, drought: &Drought) {
    drought.begin();
    tokio::time::sleep(WHILE).await;
    assert_eq!(host.state("source"), Some(PluginState::Error));
    drought.end();
}

#[tokio::test(start_paused = true)]
async fn a_provider_in_error_pauses_its_dependents_in_reverse_order_and_its_retry_brings_them_back() {
    let host = healed::host("{}").await;
    assert_eq!(wet(&host).await.unwrap(), "spt");
    fail(&host, &healed::DRY).await;
    let down =
        ["source error (task)", "tap paused (cascade of `source`)", "pipe paused (cascade of `source`)"];
    let mut notes = healed::DIARY.take();
    assert!(notes.contains(&"source shut down".to_owned()), "{notes:?}");
    notes.retain(|note| note != "source shut down");
    assert_eq!(notes, down);
    assert_eq!(wet(&host).await.unwrap(), "", "its hooks and theirs are skipped");
    let cause = host.status().await.plugins.into_iter().find(|one| one.name == "source").unwrap().cause;
    assert!(cause.unwrap().starts_with("its task `run` failed: dried up"));
    let _ = host.retry("source").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let up = ["pipe active (cascade of `source`)", "tap active (cascade of `source`)"];
    assert_eq!(healed::DIARY.take(), up);
    assert_eq!(wet(&host).await.unwrap(), "spt");
    assert_eq!(healed::INITS.load(Ordering::SeqCst), 2);
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn traffic_that_does_not_need_a_failed_provider_never_notices() {
    let host = Arc::new(unnoticed::host("{}").await);
    let caller = {
        let host = host.clone();
        tokio::spawn(async move {
            for _ in 0..2000 {
                let core = async |dry: &mut Dry| Ok(dry.0.clone());
                assert_eq!(host.dry.run(&mut Dry(String::new()), core).await.unwrap(), "d");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    };
    fail(&host, &unnoticed::DRY).await;
    let _ = host.retry("source").await.unwrap();
    caller.await.unwrap();
    let moves = host.status().await.plugins.into_iter().find(|one| one.name == "apart").unwrap().moves;
    assert_eq!(moves, 4, "it has started and nothing else");
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_required_plugin_that_fails_or_goes_down_with_another_refuses_instead_of_letting_pass() {
    let host = closed::host("plugins: { source: { required: true }, tap: { required: true } }").await;
    fail(&host, &closed::DRY).await;
    let refused = |plugin, why| {
        Err(Fault::Call(CallError::Refused { plugin, hook: "wet", why: Refused::Inactive(why) }))
    };
    assert_eq!(wet(&host).await, refused("source", PluginState::Error));
    assert_eq!(closed::DIARY.take().len(), 4, "it was shut down all the same");
    let _ = host.retry("source").await.unwrap();
    assert_eq!(wet(&host).await.unwrap(), "spt");
    let _ = host.pause("pipe").await.unwrap();
    assert_eq!(
        wet(&host).await,
        refused("tap", PluginState::Paused),
        "nobody has asked for `tap` to be passed by"
    );
    let _ = host.pause("tap").await.unwrap();
    assert_eq!(wet(&host).await.unwrap(), "s", "an operator has");
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_while_everything_stops_holds_nothing_up() {
    let host = stopped::host("plugins: { source: { supervision: { backoff: 10s } } }").await;
    stopped::DRY.begin();
    // Into the first backoff.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let begun = tokio::time::Instant::now();
    let report = host.stop().await;
    assert!(report.is_clean(), "{report}");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(host.state("source"), Some(PluginState::Unloaded));
}

#[tokio::test(start_paused = true)]
async fn a_plugin_that_fails_while_another_change_is_made_is_out_of_the_chains_at_once() {
    let host = meanwhile::host("plugins: { source: { supervision: { max_restarts: 0 } } }").await;
    let mut first = Wet(String::new());
    let first = host.wet.run(&mut first, async |_| {
        // What requires it has a run in flight, this one, so the change takes its time.
        let pausing = host.pause("source");
        let failing = async {
            meanwhile::DRY.begin();
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(host.state("source"), Some(PluginState::Error));
            wet(&host).await
        };
        let (paused, seen) = tokio::join!(pausing, failing);
        assert_eq!(seen?, "p", "`tap` is paused, `pipe` still waits for its turn");
        let error = paused.unwrap_err();
        assert!(matches!(error, ChangeError::Illegal { state: PluginState::Error, .. }), "{error}");
        Ok(String::new())
    });
    first.await.unwrap();
    meanwhile::DRY.end();
    let _ = host.retry("source").await.unwrap();
    assert_eq!(wet(&host).await.unwrap(), "spt");
    host.stop().await;
}
