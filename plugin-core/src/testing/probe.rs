//! What stands between a guard and its plugin in a test: a line in the log for each call, and the faults that are due.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;

use super::calls::{Called, Calls, Ended};
use super::fault::{Act, Failure, Fault};
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

    /// The call, after what is due.
    pub(crate) fn around<F>(&self, call: F) -> Seen<F> {
        Seen {
            call,
            watch: Some(Box::new(Watch { before: self.before(), entry: self.enter(), seam: self.clone() })),
        }
    }

    /// Does what is due in this call, up to an error.
    fn before(&self) -> Option<BoxFuture<'static, Option<Failure>>> {
        let due = self.probe.due(self.plugin, self.what);
        if due.is_empty() {
            return None;
        }
        let seam = self.clone();
        let before = async move {
            for act in due {
                match act {
                    Act::Panic => seam.panic(),
                    Act::Wait(time) => tokio::time::sleep(time).await,
                    Act::Hang => std::future::pending().await,
                    Act::Fail(failure) => return Some(failure),
                }
            }
            None
        };
        Some(Box::pin(before))
    }

    /// Calls what cannot wait, after what is due.
    pub(crate) fn around_now<T, E: 'static>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut entry = self.enter();
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

    fn enter(&self) -> Entry {
        let mut calls = locked(&self.probe.calls);
        calls.push(Called { plugin: self.plugin, what: self.what, ended: Ended::Running });
        Entry { probe: self.probe.clone(), at: calls.len() - 1, ended: None }
    }
}

/// A line of the log while its call runs.
struct Entry {
    probe: Arc<Probe>,
    at: usize,
    ended: Option<Ended>,
}

impl Entry {
    fn end<T, E>(&mut self, result: Result<T, E>) -> Result<T, E> {
        self.ended = Some(if result.is_ok() { Ended::Done } else { Ended::Failed });
        result
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let unended = if std::thread::panicking() { Ended::Panicked } else { Ended::Dropped };
        if let Some(called) = locked(&self.probe.calls).get_mut(self.at) {
            called.ended = self.ended.unwrap_or(unended);
        }
    }
}

pin_project_lite::pin_project! {
    /// A call that a test may see. No `async fn`: one that wraps another keeps what it wraps twice, and futures here nest.
    pub(crate) struct Seen<F> {
        #[pin]
        call: F,
        watch: Option<Box<Watch>>,
    }
}

struct Watch {
    seam: Seam,
    entry: Entry,
    /// What comes before the call, until it is over.
    before: Option<BoxFuture<'static, Option<Failure>>>,
}

impl<F: Future<Output = Result<T, E>>, T, E: 'static> Future for Seen<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(watch) = this.watch else { return this.call.poll(context) };
        let Watch { seam, entry, before } = &mut **watch;
        let polled = catch_unwind(AssertUnwindSafe(|| {
            if let Some(due) = before {
                if let Some(failure) = ready!(due.as_mut().poll(context)) {
                    return Poll::Ready(Err(failure.make(seam.plugin, seam.what)));
                }
                *before = None;
            }
            this.call.poll(context)
        }));
        match polled {
            Ok(polled) => polled.map(|result| entry.end(result)),
            Err(payload) => {
                entry.ended = Some(Ended::Panicked);
                // The guard outside catches it again.
                resume_unwind(payload)
            }
        }
    }
}

/// [`Seam::around`] where the plugin of `guard` is watched.
pub(crate) fn seen<F>(guard: &Guard, what: &'static str, call: F) -> Seen<F> {
    seen_by(Seam::of(guard, what).as_ref(), call)
}

/// [`Seam::around`] where there is a seam.
pub(crate) fn seen_by<F>(seam: Option<&Seam>, call: F) -> Seen<F> {
    match seam {
        Some(seam) => seam.around(call),
        None => Seen { call, watch: None },
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
