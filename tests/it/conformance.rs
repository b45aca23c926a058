//! The suite that every plugin passes: good ones do, and of bad ones it says what is bad.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plugin_core::descriptor::{ConfigDescriptor, Plugin, PluginDescriptor};
use plugin_core::prelude::*;
use plugin_core::testing::{Report, Rule, TestHost};
use serde_json::json;

use crate::support::leak;

/// A number on its way through.
#[derive(HookPoint)]
#[hook_point(output = u64, error = PluginError)]
pub struct Tick(u64);

/// Tells the time.
#[capability]
pub trait Clock {
    /// What it is.
    fn now(&self) -> Result<u64, PluginError>;
}

/// Does all that a plugin can do, and does it right.
#[plugin]
mod model_pupil {
    use super::*;

    #[config]
    pub struct Config {
        /// What is added.
        #[config(default = 1)]
        pub step: u64,
        /// What is said, and how.
        pub speech: Speech,
    }

    #[config(nested)]
    pub struct Speech {
        /// The words.
        pub words: Vec<String>,
    }

    pub struct Pupil {
        step: u64,
        seen: AtomicU64,
    }

    #[init]
    async fn init(config: Config) -> Result<Pupil, PluginError> {
        Ok(Pupil { step: config.step, seen: AtomicU64::new(0) })
    }

    #[hook(before)]
    async fn count(pupil: &Pupil, tick: &mut Tick) -> Result<(), PluginError> {
        tokio::task::yield_now().await;
        tick.0 += pupil.step;
        pupil.seen.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    #[capability]
    impl Clock for Pupil {
        fn now(&self) -> Result<u64, PluginError> {
            Ok(self.seen.load(Ordering::Relaxed))
        }
    }

    #[task]
    async fn idle(_pupil: Arc<Pupil>, shutdown: Shutdown) {
        shutdown.wait().await;
    }

    #[health]
    fn health(_: &Pupil) -> Health {
        Health::Healthy
    }

    #[shutdown]
    async fn stop(_: &Pupil) {
        tokio::task::yield_now().await;
    }

    #[snapshot]
    fn snapshot(pupil: &Pupil) -> Result<u64, PluginError> {
        Ok(pupil.seen.load(Ordering::Relaxed))
    }

    #[restore]
    fn restore(pupil: &Pupil, seen: u64) {
        pupil.seen.store(seen, Ordering::Relaxed);
    }
}

/// Follows the clock.
#[plugin]
mod follower {
    use super::*;

    pub struct Follower {
        clock: Provider<dyn Clock>,
    }

    #[init]
    fn init(clock: Provider<dyn Clock>) -> Follower {
        Follower { clock }
    }

    #[hook(after)]
    fn follow(follower: &Follower, _: &Tick, output: &mut u64) -> Result<(), PluginError> {
        *output += follower.clock.now()?;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn good_plugins_pass() {
    let host = TestHost::new().with::<model_pupil::Pupil>().with::<follower::Follower>();
    let report = host.conformance().check_with(async |host| {
        for _ in 0..3 {
            let _ = host.run(&mut Tick(0), async |tick| Ok(tick.0)).await;
        }
    });
    let report = report.await;
    report.assert_clean();
    assert_eq!(report.to_string(), "2 plugins, nothing found");
}

#[tokio::test(start_paused = true)]
async fn what_a_plugin_requires_must_be_there() {
    let report = TestHost::new().with::<follower::Follower>().conformance().check().await;
    assert_eq!(report.findings.len(), 1);
    let text = report.to_string();
    assert!(
        text.starts_with("1 plugin, 1 finding\n\nall together\n  starts on its defaults: no, "),
        "{text}"
    );
    assert!(text.contains("`follower` needs the capability `Clock`"), "{text}");
}

/// Checks one plugin that breaks rules.
async fn report<P: Plugin>() -> Report {
    TestHost::new().with::<P>().conformance().check().await
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_at_its_stop_is_told() {
    /// Never ends.
    #[plugin]
    mod hanger {
        #[derive(Default)]
        pub struct Hanger;

        #[shutdown]
        async fn stop(_: &Hanger) {
            std::future::pending::<()>().await;
        }
    }
    assert_eq!(
        report::<hanger::Hanger>().await.to_string(),
        "1 plugin, 2 findings

plugin `hanger`
  stops in time: no, its `#[shutdown]` did not return in time and was dropped
    help: end when asked, and hold no lock while waiting for others
  stops in time: no, while calls were in flight, its `#[shutdown]` did not return in time and was dropped
    help: end when asked, and hold no lock while waiting for others"
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_holds_a_lock_that_its_stop_wants_is_told() {
    /// Works under a lock.
    #[plugin]
    mod locker {
        use super::*;

        #[derive(Default)]
        pub struct Locker(tokio::sync::Mutex<u64>);

        #[hook(before)]
        async fn work(locker: &Locker, tick: &mut Tick) -> Result<(), PluginError> {
            let mut ticks = locker.0.lock().await;
            *ticks += 1;
            if tick.0 == 2 {
                std::future::pending::<()>().await;
            }
            Ok(())
        }

        #[shutdown]
        async fn stop(locker: &Locker) {
            *locker.0.lock().await = 0;
        }
    }
    let runs = AtomicU64::new(0);
    let checked = TestHost::new().with::<locker::Locker>().conformance().check_with(async |host| {
        let nth = runs.fetch_add(1, Ordering::Relaxed) + 1;
        let _ = host.run(&mut Tick(nth), async |_| Ok(0)).await;
    });
    assert_eq!(
        checked.await.to_string(),
        "1 plugin, 2 findings

plugin `locker`
  stops in time: no, while calls were in flight, runs or calls in flight were not waited for any longer
    help: end when asked, and hold no lock while waiting for others
  stops in time: no, while calls were in flight, its `#[shutdown]` did not return in time and was dropped
    help: end when asked, and hold no lock while waiting for others"
    );
}

#[tokio::test(start_paused = true)]
async fn one_whose_task_does_not_end_is_told() {
    /// Works on and on.
    #[plugin]
    mod worker {
        use super::*;

        #[derive(Default)]
        pub struct Worker;

        #[task]
        async fn work(_worker: Arc<Worker>) {
            std::future::pending::<()>().await;
        }
    }
    let report = report::<worker::Worker>().await;
    let found = "its tasks did not end when asked and were dropped as they were";
    assert!(
        report.findings.iter().any(|one| one.rule == Rule::StopsInTime && one.found == found),
        "{report}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_whose_restore_loses_state_is_told() {
    /// Forgets.
    #[plugin]
    mod forgetter {
        use super::*;

        static INSTANCES: AtomicU64 = AtomicU64::new(1);

        pub struct Forgetter(u64);

        #[init]
        fn init() -> Forgetter {
            Forgetter(INSTANCES.fetch_add(1, Ordering::Relaxed))
        }

        #[snapshot]
        fn snapshot(forgetter: &Forgetter) -> Result<u64, PluginError> {
            Ok(forgetter.0)
        }

        #[restore]
        fn restore(_: &Forgetter, _: u64) {}
    }
    assert_eq!(
        report::<forgetter::Forgetter>().await.to_string(),
        "1 plugin, 1 finding

plugin `forgetter`
  keeps its state: no, its `#[snapshot]` was `1` before a reload and is `2` after it
    help: let `#[restore]` take all that `#[snapshot]` writes, and write nothing that changes by itself"
    );
}

#[tokio::test(start_paused = true)]
async fn one_whose_default_does_not_fit_its_schema_is_told() {
    /// Asks for at least one and has none.
    #[plugin]
    mod poor {
        #[config]
        pub struct Config {
            /// How many.
            #[schemars(range(min = 1))]
            pub count: u64,
        }

        pub struct Poor;

        #[init]
        fn init(_config: Config) -> Poor {
            Poor
        }
    }
    assert_eq!(
        report::<poor::Poor>().await.to_string(),
        "1 plugin, 1 finding

plugin `poor`
  has a config that holds: no, `plugins.poor.config.count` should be a whole number of at least 1 and is the number 0
    help: correct the default, or give the test host a `config` if there can be none"
    );
}

/// A good plugin with another descriptor.
fn altered(name: &'static str, alter: impl FnOnce(&mut PluginDescriptor)) -> &'static PluginDescriptor {
    let pupil = model_pupil::Pupil::DESCRIPTOR;
    let mut descriptor = PluginDescriptor {
        description: pupil.description,
        version: pupil.version,
        license: pupil.license,
        init: pupil.init,
        ..PluginDescriptor::stub(name)
    };
    alter(&mut descriptor);
    leak(descriptor)
}

async fn report_of(plugin: &'static PluginDescriptor) -> String {
    TestHost::new().descriptor(plugin).conformance().check().await.to_string()
}

#[tokio::test(start_paused = true)]
async fn one_that_accepts_unknown_keys_is_told() {
    let lax = altered("lax", |plugin| {
        plugin.config = Some(ConfigDescriptor {
            schema: || {
                json!({ "type": "object", "properties": {
                    "step": { "type": "integer" },
                    "speech": { "$ref": "#/$defs/Speech" },
                }, "$defs": {
                    "Speech": { "type": "object", "properties": { "words": { "type": "array" } } },
                } })
            },
            default: || Ok(json!({ "step": 1, "speech": { "words": [] } })),
            ..*model_pupil::Pupil::DESCRIPTOR.config.as_ref().unwrap()
        });
    });
    assert_eq!(
        report_of(lax).await,
        "1 plugin, 2 findings

plugin `lax`
  refuses unknown keys: no, the key `speechx`, which nobody reads, is accepted
    help: let its type refuse them: `#[config]` does, and `#[serde(deny_unknown_fields)]`
  refuses unknown keys: no, the key `speech.wordsx`, which nobody reads, is accepted
    help: let its type refuse them: `#[config]` does, and `#[serde(deny_unknown_fields)]`"
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_says_nothing_of_itself_is_told() {
    let pupil = model_pupil::Pupil::DESCRIPTOR;
    let dumb = altered("dumb", |plugin| {
        plugin.description = " ";
        plugin.license = "";
        plugin.version.text = "1.0";
        plugin.config = Some(ConfigDescriptor { ..*pupil.config.as_ref().unwrap() });
        plugin.tasks = leak([task(pupil), task(pupil)]);
    });
    assert_eq!(
        report_of(dumb).await,
        "1 plugin, 4 findings

plugin `dumb`
  is described: no, it has no description
    help: write a doc comment on the module of `#[plugin]`
  is described: no, it has no licence
    help: write `license` in its Cargo.toml
  is described: no, its version `1.0` is none: unexpected end of input while parsing minor version number
    help: write three numbers, `1.2.3`, as cargo does
  names each thing once: no, `idle` is the name of two of its functions
    help: give one of them another name, for metrics and errors tell them apart by it"
    );
}

fn task(plugin: &PluginDescriptor) -> plugin_core::descriptor::TaskDescriptor {
    let plugin_core::descriptor::TaskDescriptor { name, location, restart, supervision, run } =
        plugin.tasks[0];
    plugin_core::descriptor::TaskDescriptor { name, location, restart, supervision, run }
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_start_or_cannot_say_how_it_is_is_told() {
    /// Cannot.
    #[plugin]
    mod refuser {
        use super::*;

        pub struct Refuser;

        #[init]
        fn init() -> Result<Refuser, PluginError> {
            Err(PluginError::new("there is no disk").hint("buy one"))
        }
    }
    /// Never says.
    #[plugin]
    mod mute {
        use super::*;

        #[derive(Default)]
        pub struct Mute;

        #[health]
        async fn health(_: &Mute) -> Health {
            std::future::pending().await
        }
    }
    /// Comes up once.
    #[plugin]
    mod once {
        use super::*;

        static UP: AtomicU64 = AtomicU64::new(0);

        pub struct Once;

        #[init]
        fn init() -> Result<Once, PluginError> {
            match UP.fetch_add(1, Ordering::Relaxed) {
                0 => Ok(Once),
                _ => Err(PluginError::new("the port is taken")),
            }
        }
    }
    let host = TestHost::new().with::<refuser::Refuser>().with::<mute::Mute>().with::<once::Once>();
    let text = host.conformance().check().await.to_string();
    assert!(text.starts_with("3 plugins, 3 findings\n"), "{text}");
    for says in [
        "answers for its health: no, its `#[health]` did not return within 5s",
        "survives a reload: no, plugin `once` was not reloaded and serves as before: the port is taken",
        "starts on its defaults: no, it is error: there is no disk (help: buy one)",
    ] {
        assert!(text.contains(says), "{text}");
    }
}
