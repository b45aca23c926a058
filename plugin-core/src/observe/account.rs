//! One plugin's account: a meter for each thing in it that can be called, the log of each task, and its health.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;

use super::vitals::Vitals;
use super::{Meter, Metrics};
use crate::supervise::{TaskLog, TaskStatus};

/// What of a plugin is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Target {
    /// What sort of thing it is.
    pub kind: TargetKind,
    /// What it belongs to: a hook's point, a method's capability, a subscriber's event; empty for the others.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub of: &'static str,
    /// The function.
    pub name: &'static str,
}

/// The sorts of things in a plugin that are called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TargetKind {
    /// `#[init]`
    Init,
    /// `#[hook]`
    Hook,
    /// A method of a `#[capability]`.
    Method,
    /// `#[subscribe]`
    Subscriber,
    /// `#[task]`; each run is a call.
    Task,
    /// `#[command]`
    Command,
    /// `#[health]`
    Health,
    /// `#[shutdown]`
    Shutdown,
}

impl TargetKind {
    /// Its name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Hook => "hook",
            Self::Method => "method",
            Self::Subscriber => "subscriber",
            Self::Task => "task",
            Self::Command => "command",
            Self::Health => "health",
            Self::Shutdown => "shutdown",
        }
    }
}

impl Target {
    /// Every plugin's `#[init]`.
    pub(super) const INIT: Self = Self::new(TargetKind::Init, "", "init");

    pub(crate) const fn new(kind: TargetKind, of: &'static str, name: &'static str) -> Self {
        Self { kind, of, name }
    }
}

/// Kept as long as the manager lives: a reload goes on counting where the instance before it stopped.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// That of `#[init]`, apart as each plugin has it, and whether it was asked for.
    init: (Meter, AtomicBool),
    targets: Mutex<Vec<(Target, Arc<Meter>)>>,
    tasks: Mutex<Vec<Arc<TaskLog>>>,
    vitals: OnceLock<Arc<Vitals>>,
}

impl Account {
    /// The meter of one target, made when it is first asked for. Asked for once by whoever calls, not for each call.
    pub(crate) fn meter(&self, target: Target) -> Arc<Meter> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, meter)) = targets.iter().find(|(known, _)| *known == target) {
            return meter.clone();
        }
        let meter = Arc::<Meter>::default();
        targets.push((target, meter.clone()));
        meter
    }

    /// The meter of `#[init]`, told of once it was asked for.
    pub(crate) fn init(&self) -> &Meter {
        let (meter, asked) = &self.init;
        asked.store(true, Ordering::Relaxed);
        meter
    }

    /// The log of one task.
    pub(crate) fn task(&self, name: &'static str, restart: crate::supervise::Restart) -> Arc<TaskLog> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = tasks.iter().find(|log| log.name() == name) {
            return log.clone();
        }
        let log = Arc::new(TaskLog::new(name, restart));
        tasks.push(log.clone());
        log
    }

    /// What its health checks have found.
    pub(crate) fn vitals(&self) -> &Arc<Vitals> {
        self.vitals.get_or_init(Arc::default)
    }

    /// All of it, as of now.
    pub(crate) fn activity(&self) -> Activity {
        let meters = self.targets.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (meter, asked) = &self.init;
        let init = asked.load(Ordering::Relaxed).then_some((Target::INIT, meter));
        let all = init.into_iter().chain(meters.iter().map(|(target, meter)| (*target, &**meter)));
        let mut targets: Vec<TargetStatus> =
            all.map(|(target, meter)| TargetStatus { target, metrics: meter.metrics() }).collect();
        targets.sort_by_key(|one| one.target);
        let mut total = Metrics::default();
        targets.iter().for_each(|one| total.merge(&one.metrics));
        let tasks: Vec<TaskStatus> = self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|log| log.status())
            .collect();
        Activity { restarts: tasks.iter().map(|task| task.restarts).sum(), total, targets, tasks }
    }
}

/// What a plugin has done since the manager started. A reload does not reset it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Activity {
    /// Restarts of all its tasks.
    pub restarts: u64,
    /// All targets together.
    pub total: Metrics,
    /// Each target, by kind, owner and name.
    pub targets: Vec<TargetStatus>,
    /// Its tasks, in the order in which they are declared.
    pub tasks: Vec<TaskStatus>,
}

impl Activity {
    /// Adds what was counted elsewhere, as chains count their own hooks.
    pub(crate) fn add(&mut self, target: Target, metrics: Metrics) {
        self.total.merge(&metrics);
        let at = self.targets.partition_point(|one| one.target <= target);
        self.targets.insert(at, TargetStatus { target, metrics });
    }
}

/// One target with what it has done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct TargetStatus {
    /// Which.
    #[serde(flatten)]
    pub target: Target,
    /// What it has done.
    #[serde(flatten)]
    pub metrics: Metrics,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Outcome;
    use crate::supervise::Restart;

    #[test]
    fn targets_are_told_in_order_and_a_meter_is_made_once() {
        let account = Account::default();
        let [hook, init, task] = [
            Target::new(TargetKind::Hook, "Turn", "mask"),
            Target::new(TargetKind::Init, "", "init"),
            Target::new(TargetKind::Task, "", "work"),
        ];
        for target in [task, init, init] {
            account.meter(target).record(Outcome::Done);
        }
        assert!(Arc::ptr_eq(&account.task("work", Restart::Always), &account.task("work", Restart::Always)));
        let mut activity = account.activity();
        activity.add(hook, Metrics { calls: 5, errors: 1, ..Metrics::default() });
        let told: Vec<_> = activity.targets.iter().map(|one| (one.target, one.metrics.calls)).collect();
        assert_eq!(told, [(init, 2), (hook, 5), (task, 1)]);
        assert_eq!((activity.total.calls, activity.total.errors, activity.tasks.len()), (8, 1, 1));
    }
}
