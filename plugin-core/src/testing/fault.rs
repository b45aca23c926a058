//! Faults on demand: what a call into a plugin does instead of its work, or before it.

use std::any::{Any, TypeId, type_name};
use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use crate::hook::Unseen;

/// What goes wrong in a call, and in which. Without more it is the next call.
///
/// It happens inside the plugin's guard, so that deadline, breaker, retry, `on_error` and the metrics see it as the plugin's own.
///
/// ```
/// # use std::time::Duration;
/// # use plugin_core::PluginError;
/// # use plugin_core::testing::Fault;
/// let third = Fault::panic().at(3);
/// let slow = Fault::delay(Duration::from_secs(2)).always();
/// let shaky = Fault::error(|| PluginError::new("busy").retryable()).every(2);
/// ```
#[derive(Clone)]
#[must_use = "a fault does nothing until a host is given it"]
pub struct Fault {
    act: Act,
    when: When,
}

#[derive(Clone)]
pub(super) enum Act {
    Panic,
    Wait(Duration),
    Hang,
    Fail(Failure),
}

/// Makes an error, and what it says.
#[derive(Clone)]
pub(super) struct Failure {
    make: Arc<dyn Fn() -> (Box<dyn Any + Send>, String) + Send + Sync>,
    name: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum When {
    At(u64),
    Every(u64),
    Always,
}

impl Fault {
    /// A panic.
    pub fn panic() -> Self {
        Self::of(Act::Panic)
    }

    /// So much time before the plugin's own work. What cannot wait, a run of a `sync` point or a plain method of a capability,
    /// blocks its thread so long, whatever a paused clock says.
    pub fn delay(time: Duration) -> Self {
        Self::of(Act::Wait(time))
    }

    /// It never ends, unless it is cut. What cannot wait panics instead.
    pub fn hang() -> Self {
        Self::of(Act::Hang)
    }

    /// An error. `make` yields it in the type that the hook or method fails with; an observer takes any.
    pub fn error<E: Display + Send + 'static>(make: impl Fn() -> E + Send + Sync + 'static) -> Self {
        let make = move || -> (Box<dyn Any + Send>, String) {
            let error = make();
            let said = error.to_string();
            (Box::new(error), said)
        };
        Self::of(Act::Fail(Failure { make: Arc::new(make), name: type_name::<E>() }))
    }

    const fn of(act: Act) -> Self {
        Self { act, when: When::At(1) }
    }

    /// In the `nth` call from now on, the first of which is 1.
    pub fn at(self, nth: u64) -> Self {
        Self { when: When::At(nth.max(1)), ..self }
    }

    /// In one call of `n`, the last of each.
    pub fn every(self, n: u64) -> Self {
        Self { when: When::Every(n.max(1)), ..self }
    }

    /// In every call, until the plugin is [healed](super::Host::heal).
    pub fn always(self) -> Self {
        Self { when: When::Always, ..self }
    }

    /// What happens in the `nth` call.
    pub(super) fn due(&self, nth: u64) -> Option<Act> {
        let due = match self.when {
            When::At(at) => at == nth,
            When::Every(n) => nth.is_multiple_of(n),
            When::Always => true,
        };
        due.then(|| self.act.clone())
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let act = match &self.act {
            Act::Panic => "panic".to_owned(),
            Act::Wait(time) => format!("delay of {time:?}"),
            Act::Hang => "hang".to_owned(),
            Act::Fail(failure) => failure.name.to_owned(),
        };
        write!(out, "Fault({act}, {:?})", self.when)
    }
}

impl Failure {
    /// As an error of what is called.
    pub(super) fn make<E: 'static>(&self, plugin: &str, what: &str) -> E {
        let (error, said) = (self.make)();
        let error = match TypeId::of::<E>() == TypeId::of::<Unseen>() {
            true => Box::new(Unseen(said)),
            false => error as Box<dyn Any>,
        };
        match error.downcast() {
            Ok(error) => *error,
            Err(_) => panic!(
                "the fault on `{plugin} {what}` makes a `{}`, and that fails with a `{}`",
                self.name,
                type_name::<E>()
            ),
        }
    }
}
