//! What stands between a guard and its plugin in a test: a line in the log for each call, and the faults that are due.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::calls::{Called, Calls, Ended};
use super::fault::{Act, Fault};
use crate::descriptor::State;
use crate::guard::Guard;
use crate::id::Id;

/// What the seams of one host share.
#[derive(Default)]
pub(crate) struct Probe {
    calls: Mutex<Vec<Called>>,
    faults: Mutex<Vec<Planned>>,
    /// The fakes, by the ids of the plugins that offer them.
    given: HashMap<Id, State>,
}

/// A fault, and how many calls it has seen.
struct Planned {
    plugin: String,
    what: String,
    fault: Fault,
    seen: u64,
}

impl Probe {
    pub(super) fn new(given: HashMap<Id, State>) -> Self {
        Self { given, ..Self::default() }
    }

    pub(super) fn given(&self, plugin: Id) -> Option<State> {
        self.given.get(&plugin).cloned()
    }

    pub(super) fn calls(&self) -> Calls {
        Calls(locked(&self.calls).clone())
    }

    pub(super) fn plan(&self, plugin: &str, what: &str, fault: Fault) {
        let (plugin, what) = (plugin.to_owned(), what.to_owned());
        locked(&self.faults).push(Planned { plugin, what, fault, seen: 0 });
    }

    pub(super) fn heal(&self, plugin: &str) {
        locked(&self.faults).retain(|one| one.plugin != plugin);
    }

    fn due(&self, plugin: &str, what: &str) -> Vec<Act> {
        let mut faults = locked(&self.faults);
        let these = faults.iter_mut().filter(|one| one.plugin == plugin && one.what == what);
        let due = these.filter_map(|one| {
            one.seen += 1;
            one.fault.due(one.seen)
        });
        due.collect()
    }
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Probe").finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of one function of a plugin where a test sees its calls.
#[derive(Clone, Debug)]
pub(crate) struct Seam {
    probe: Arc<Probe>,
    plugin: &'static str,
    what: &'static str,
}

impl Seam {
    /// `None` where nobody watches the plugin.
    pub(crate) fn of(guard: &Guard, what: &'static str) -> Option<Self> {
        Some(Self { probe: guard.probe()?.clone(), plugin: guard.plugin(), what })
    }

    /// Calls it, after what is due.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the call, and the log says so.
    pub(crate) async fn around<T, E: 'static>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let entry = self.enter();
        for act in self.probe.due(self.plugin, self.what) {
            match act {
                Act::Panic => self.panic(),
                Act::Wait(time) => tokio::time::sleep(time).await,
                Act::Hang => std::future::pending().await,
                Act::Fail(failure) => return entry.end(Err(failure.make(self.plugin, self.what))),
            }
        }
        entry.end(call.await)
    }

    /// Calls what cannot wait, after what is due.
    pub(crate) fn around_now<T, E: 'static>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let entry = self.enter();
        for act in self.probe.due(self.plugin, self.what) {
            match act {
                Act::Panic => self.panic(),
                Act::Wait(time) => std::thread::sleep(time),
                Act::Hang => panic!("`{} {}` cannot wait, so it cannot hang", self.plugin, self.what),
                Act::Fail(failure) => return entry.end(Err(failure.make(self.plugin, self.what))),
            }
        }
        entry.end(call())
    }

    fn panic(&self) -> ! {
        panic!("the test makes `{} {}` panic", self.plugin, self.what)
    }

    fn enter(&self) -> Entry<'_> {
        let mut calls = locked(&self.probe.calls);
        calls.push(Called { plugin: self.plugin, what: self.what, ended: Ended::Running });
        Entry { probe: &self.probe, at: calls.len() - 1, ended: None }
    }
}

/// A line of the log while its call runs.
struct Entry<'s> {
    probe: &'s Probe,
    at: usize,
    ended: Option<Ended>,
}

impl Entry<'_> {
    fn end<T, E>(mut self, result: Result<T, E>) -> Result<T, E> {
        self.ended = Some(if result.is_ok() { Ended::Done } else { Ended::Failed });
        result
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let unended = if std::thread::panicking() { Ended::Panicked } else { Ended::Dropped };
        if let Some(called) = locked(&self.probe.calls).get_mut(self.at) {
            called.ended = self.ended.unwrap_or(unended);
        }
    }
}

/// [`Seam::around`] where the plugin of `guard` is watched.
pub(crate) async fn seen<T, E: 'static>(
    guard: &Guard,
    what: &'static str,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    seen_by(Seam::of(guard, what).as_ref(), call).await
}

/// [`Seam::around`] where there is a seam.
pub(crate) async fn seen_by<T, E: 'static>(
    seam: Option<&Seam>,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match seam {
        Some(seam) => seam.around(call).await,
        None => call.await,
    }
}

/// [`Seam::around_now`] where the plugin of `guard` is watched.
pub(crate) fn seen_now<T, E: 'static>(
    guard: &Guard,
    what: &'static str,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    match Seam::of(guard, what) {
        Some(seam) => seam.around_now(call),
        None => call(),
    }
}
