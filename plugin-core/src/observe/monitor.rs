//! Asking plugins for their health: once, or at intervals for as long as they live.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, MissedTickBehavior};

use super::vitals::{Thresholds, Turn, Vitals};
use super::{Fault, Health, Rare, TargetKind};
use crate::config::Period;
use crate::descriptor::{HealthFn, PluginDescriptor, State};
use crate::guard::Guard;
use crate::jitter;
use crate::lifecycle::PluginState;
use crate::manager::Instance;

/// How a plugin's health is watched. `#[health(…)]` gives the defaults of the config.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Monitoring {
    /// How often it is asked. Unless this is set, or where it is `0s`, it is asked only when somebody wants to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Period>,
    /// How long it may take to answer; one that does not answer is asked once more, and is unhealthy if it does not answer
    /// then. 2s unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Period>,
    /// How many unhealthy answers in a row make it unfit. 3 unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub failures: Option<u32>,
    /// How many answers in a row that are not unhealthy make it fit again. 1 unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub successes: Option<u32>,
    /// Whether it is paused while it is unfit, with what requires it. Not unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<bool>,
}

impl Monitoring {
    /// Nothing set.
    pub const NONE: Self =
        Self { interval: None, timeout: None, failures: None, successes: None, pause: None };

    /// Whether nothing is set.
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// What is in force, with what stands for all that is not set.
    pub(crate) fn watch(self) -> Watch {
        Watch {
            interval: self.interval.map(|period| period.0).filter(|interval| !interval.is_zero()),
            timeout: self.timeout.map_or(TIMEOUT, |period| period.0),
            thresholds: Thresholds {
                failures: self.failures.unwrap_or(3).max(1),
                successes: self.successes.unwrap_or(1).max(1),
            },
            pause: self.pause.unwrap_or(false),
        }
    }
}

const TIMEOUT: Duration = Duration::from_secs(2);

/// How one plugin is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Watch {
    /// `None` where it is not monitored.
    pub(crate) interval: Option<Duration>,
    pub(crate) timeout: Duration,
    pub(crate) thresholds: Thresholds,
    /// Whether whoever is told of a change should pause and resume the plugin.
    pub(crate) pause: bool,
}

/// No answer: it hung or panicked.
struct Silent(String);

/// Asks for a plugin's health.
#[derive(Clone)]
pub(crate) struct Checkup {
    health: HealthFn,
    timeout: Duration,
    target: Rare,
}

impl Checkup {
    pub(crate) fn new(health: HealthFn, timeout: Duration, guard: &Guard) -> Self {
        Self { health, timeout, target: Rare::new(guard, TargetKind::Health, "health") }
    }

    /// Asks once. No answer is an unhealthy one.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the check.
    pub(crate) async fn ask(&self, state: State) -> Health {
        self.once(state).await.unwrap_or_else(|Silent(reason)| Health::Unhealthy(reason))
    }

    /// Asks, and where there is no answer asks once more.
    pub(crate) async fn insist(&self, state: State) -> Health {
        match self.once(state.clone()).await {
            Ok(health) => health,
            Err(Silent(reason)) => {
                tracing::debug!(reason, "a health check got no answer and is made again");
                self.ask(state).await
            }
        }
    }

    async fn once(&self, state: State) -> Result<Health, Silent> {
        let Self { health, timeout, target } = self;
        // Inside an async block, so that a panic of a plain `fn` is caught as well.
        target.call(Some(*timeout), async move { Ok(health(state).await) }).await.map_err(|fault| {
            Silent(match fault {
                Fault::Failed(error) => format!("`#[health]` failed: {error}"),
                Fault::Panicked(message) => format!("`#[health]` panicked: {message}"),
                Fault::TimedOut => format!("`#[health]` did not answer within {timeout:?}"),
            })
        })
    }
}

/// Watches the health of one plugin for as long as an instance of it lives.
pub(crate) struct Monitor {
    plugin: &'static str,
    every: Duration,
    watch: Watch,
    checkup: Checkup,
    guard: Arc<Guard>,
}

impl Monitor {
    /// `None` where the plugin has no `#[health]`, or nothing says how often it should be asked.
    pub(crate) fn new(
        descriptor: &PluginDescriptor,
        settings: Monitoring,
        guard: &Arc<Guard>,
    ) -> Option<Self> {
        let (health, watch) = (descriptor.health?, settings.watch());
        let checkup = Checkup::new(health.ask, watch.timeout, guard);
        Some(Self { plugin: descriptor.name, every: watch.interval?, watch, checkup, guard: guard.clone() })
    }

    /// Whether whoever is told of a change should pause and resume the plugin.
    pub(crate) fn pauses(&self) -> bool {
        self.watch.pause
    }

    /// Checks the instance `state` until it is dropped, and tells each change of the verdict before it checks again. It does not
    /// look at the plugin's own state: one that was paused because it was unfit is asked on, so that it can come back.
    pub(crate) async fn run<T: Future<Output = ()>>(
        &self,
        state: State,
        mut on_change: impl FnMut(Turn) -> T,
    ) {
        let Self { plugin, every, watch, checkup, guard } = self;
        let told = |change: Turn| {
            match &change {
                Turn::Unfit(reason) => tracing::warn!(plugin, reason, "its health has failed it"),
                Turn::Fit => tracing::info!(plugin, "its health is back"),
            }
            on_change(change)
        };
        let (vitals, check) = (guard.account().vitals(), || checkup.insist(state.clone()));
        monitor((*every, jitter::fraction()), watch.thresholds, vitals, check, told).await;
    }
}

/// Hears an instance that takes calls, unless a monitor has heard it already. One without `#[health]` is healthy while it does.
pub(crate) async fn ask(instance: &Instance) {
    let (account, settings) = (instance.guard.account(), instance.settings().health.watch());
    let (Some(state), PluginState::Active) = (instance.state(), instance.life.state()) else { return };
    let Some(health) = instance.descriptor.health else { return account.vitals().see(Health::Healthy) };
    if settings.interval.is_some() && account.vitals().status().is_some() {
        return;
    }
    let checkup = Checkup::new(health.ask, settings.timeout, &instance.guard);
    account.vitals().see(checkup.ask(state).await);
}

/// Checks at intervals, one check after another. Ends only by being dropped.
///
/// `phase`, from 0 up to 1, is the share of the first interval after which the first check is made: plugins that start together
/// need not check together.
async fn monitor<C: Future<Output = Health>, T: Future<Output = ()>>(
    (every, phase): (Duration, f64),
    thresholds: Thresholds,
    vitals: &Vitals,
    mut check: impl FnMut() -> C,
    mut on_change: impl FnMut(Turn) -> T,
) {
    vitals.forget();
    let mut ticks = tokio::time::interval_at(Instant::now() + every.mul_f64(phase), every);
    // A check that takes longer than the interval moves the later ones.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Some(change) = vitals.hear(check().await, thresholds) {
            on_change(change).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;

    const THRESHOLDS: Thresholds = Thresholds { failures: 3, successes: 2 };

    #[test]
    fn nothing_is_watched_unless_it_says_how_often() {
        let every =
            |seconds| Monitoring { interval: Some(Period(Duration::from_secs(seconds))), ..Monitoring::NONE };
        assert_eq!((Monitoring::NONE.watch().interval, every(0).watch().interval), (None, None));
        let watch = every(10).watch();
        assert_eq!(
            (watch.interval, watch.timeout, watch.pause),
            (Some(Duration::from_secs(10)), TIMEOUT, false)
        );
        assert_eq!(watch.thresholds, Thresholds { failures: 3, successes: 1 });
    }

    /// A check that takes as long, and says what, the script has for it.
    #[derive(Clone, Debug)]
    struct Scripted {
        takes: u64,
        good: bool,
    }

    /// When each check began, and when each change was told, in seconds.
    type Seen = (Vec<u64>, Vec<(u64, bool)>);

    async fn observed(every: u64, phase: f64, script: Vec<Scripted>) -> Seen {
        let (begun, vitals) = (Instant::now(), Vitals::default());
        let (checks, changes) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let all = script.len();
        let mut script = script.into_iter();
        let check = || {
            checks.lock().unwrap().push(begun.elapsed().as_secs());
            let next = script.next();
            async {
                let Some(next) = next else { return std::future::pending().await };
                tokio::time::sleep(Duration::from_secs(next.takes)).await;
                if next.good { Health::Healthy } else { Health::unhealthy("ill") }
            }
        };
        let on_change = |change| {
            changes.lock().unwrap().push((begun.elapsed().as_secs(), change == Turn::Fit));
            std::future::ready(())
        };
        let run = monitor((Duration::from_secs(every), phase), THRESHOLDS, &vitals, check, on_change);
        // Paused time runs on as soon as the script is at its end and nothing else is left to wait for.
        let _ = tokio::time::timeout(Duration::from_secs(100_000), run).await;
        let (mut checks, changes) = (checks.into_inner().unwrap(), changes.into_inner().unwrap());
        checks.truncate(all);
        (checks, changes)
    }

    /// The same from the definition: a check begins an interval after the one before began, or when that one ended if it took longer;
    /// a check that was late moves all that follow.
    fn expected(every: u64, first: u64, script: &[Scripted]) -> Seen {
        let (mut checks, mut changes) = (Vec::new(), Vec::new());
        let (mut due, mut now, mut fit, mut against) = (first, 0, true, 0);
        for one in script {
            now = due.max(now);
            checks.push(now);
            due = now + every;
            now += one.takes;
            against = if one.good == fit { 0 } else { against + 1 };
            if against == if fit { THRESHOLDS.failures } else { THRESHOLDS.successes } {
                (fit, against) = (!fit, 0);
                changes.push((now, fit));
            }
        }
        (checks, changes)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn checks_never_overlap_and_changes_are_told_at_once(
            every in 1u64..10,
            first in 0u64..10,
            script in prop::collection::vec((0u64..15, any::<bool>()), 1..40),
        ) {
            let script: Vec<Scripted> = script.into_iter().map(|(takes, good)| Scripted { takes, good }).collect();
            let first = first % every;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let seen = runtime.block_on(observed(every, first as f64 / every as f64, script.clone()));
            prop_assert_eq!(seen, expected(every, first, &script));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_gets_no_answer_is_asked_once_more_and_an_answer_is_taken_as_it_is() {
        use std::sync::atomic::{AtomicU32, Ordering};

        fn health(state: State) -> futures_util::future::BoxFuture<'static, Health> {
            let asked = state.downcast::<AtomicU32>().unwrap();
            Box::pin(async move {
                match asked.fetch_add(1, Ordering::Relaxed) {
                    0 => std::future::pending().await,
                    1 => Health::Healthy,
                    2 => panic!("too hot"),
                    3 => Health::unhealthy("ill"),
                    _ => Health::unhealthy("worse"),
                }
            })
        }
        let asked = Arc::new(AtomicU32::new(0));
        let guard = Guard::new("sample", crate::guard::Policy::default());
        let checkup = Checkup::new(health, TIMEOUT, &guard);
        let begun = Instant::now();
        assert_eq!(checkup.insist(asked.clone()).await, Health::Healthy);
        assert_eq!(begun.elapsed(), TIMEOUT);
        assert_eq!(checkup.insist(asked.clone()).await, Health::unhealthy("ill"));
        assert_eq!(checkup.insist(asked.clone()).await, Health::unhealthy("worse"), "asked once");
        let total = guard.account().activity().total;
        assert_eq!((total.calls, total.timeouts, total.panics), (5, 1, 1));
        assert_eq!(total.last_error.unwrap().text, "panicked: too hot");
    }
}
