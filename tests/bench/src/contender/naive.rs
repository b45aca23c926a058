//! The design that a first version usually has: a lock around everything, names as keys, and for each hook a breaker, a timeout, a clock and shared counters.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::object::{self, Hook, TIMEOUT};
use crate::batch::{Steps, Turns};
use crate::body::Body;
use crate::point::{Fault, Step, Turn, core};

/// Failures after which a hook is no longer called.
const FAILURES: u32 = 5;

/// All that is known of the hooks, by name.
pub struct Naive {
    points: RwLock<HashMap<String, Vec<Named>>>,
    breakers: Mutex<HashMap<String, Breaker>>,
    metrics: Mutex<HashMap<String, Metrics>>,
}

/// A hook under the name of its plugin.
type Named = (String, Arc<dyn Hook>);

#[derive(Default)]
struct Breaker {
    failures: u32,
}

#[derive(Default)]
struct Metrics {
    calls: u64,
    failures: u64,
    time: Duration,
}

impl Naive {
    /// So many hooks.
    #[must_use]
    pub fn new<B: Body>(hooks: usize) -> Self {
        let named = object::hooks::<B>(hooks).into_iter().enumerate();
        let hooks = named.map(|(at, hook)| (format!("plugin-{at:05}"), hook)).collect();
        Self {
            points: RwLock::new(HashMap::from([("turn".to_owned(), hooks)])),
            breakers: Mutex::default(),
            metrics: Mutex::default(),
        }
    }

    fn hooks(&self) -> Vec<Named> {
        let points = self.points.read().unwrap_or_else(PoisonError::into_inner);
        points.get("turn").cloned().unwrap_or_default()
    }

    fn is_closed(&self, plugin: &str) -> bool {
        let breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        breakers.get(plugin).is_none_or(|breaker| breaker.failures < FAILURES)
    }

    fn note(&self, plugin: &str, begun: Instant, failed: bool) {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let breaker = breakers.entry(plugin.to_owned()).or_default();
        breaker.failures = if failed { breaker.failures + 1 } else { 0 };
        drop(breakers);
        let mut metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        let metrics = metrics.entry(plugin.to_owned()).or_default();
        metrics.calls += 1;
        metrics.failures += u64::from(failed);
        metrics.time += begun.elapsed();
    }
}

impl Steps for Naive {
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
        for (plugin, hook) in self.hooks().into_iter().filter(|(plugin, _)| self.is_closed(plugin)) {
            let begun = Instant::now();
            let result = hook.now(step);
            self.note(&plugin, begun, result.is_err());
            result?;
        }
        core(step.value)
    }
}

impl Turns for Naive {
    async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
        for (plugin, hook) in self.hooks() {
            if !self.is_closed(&plugin) {
                continue;
            }
            let begun = Instant::now();
            let result = tokio::time::timeout(TIMEOUT, hook.later(turn)).await.map_err(|_| Fault::Late);
            let result = result.and_then(|result| result);
            self.note(&plugin, begun, result.is_err());
            result?;
        }
        core(turn.value)
    }
}
