//! What the files of this binary share: a log that travels with a call, and a script that tells each hook what to do.

use std::collections::HashMap;
use std::sync::Mutex;
use std::task::Poll;

use plugin_core::capability::CapabilityId;
use plugin_core::config::{Format, Sources};
use plugin_core::descriptor::Anchor;
use plugin_core::id::{Id, Location};
use plugin_core::{Call, CallError};

/// What hooks of one call left, in the order of time.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

/// Notes travel with a call as one of its extensions.
pub(crate) trait Notes {
    fn note(&self, what: impl Into<String>);
    fn notes(&self) -> Vec<String>;
}

impl Notes for Call {
    fn note(&self, what: impl Into<String>) {
        self.get_or_insert_with(Log::default).0.lock().unwrap().push(what.into());
    }

    fn notes(&self) -> Vec<String> {
        self.get_or_insert_with(Log::default).0.lock().unwrap().clone()
    }
}

/// What one hook does in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    Fail,
    Panic,
    Answer,
}

/// Which hook does what; the others do nothing.
#[derive(Default, Debug)]
pub(crate) struct Script(HashMap<&'static str, Act>);

impl Script {
    pub(crate) fn set(&mut self, hook: &'static str, act: Act) {
        self.0.insert(hook, act);
    }

    pub(crate) fn of(&self, hook: &str) -> Option<Act> {
        self.0.get(hook).copied()
    }

    /// Fails or panics if the script says so, else says whether to answer.
    pub(crate) fn play(&self, hook: &str) -> Result<bool, Fault> {
        match self.of(hook) {
            None => Ok(false),
            Some(Act::Answer) => Ok(true),
            Some(Act::Fail) => Err(Fault::Said(format!("{hook} failed"))),
            Some(Act::Panic) => panic!("{hook} gave up"),
        }
    }
}

/// The error of the points in these tests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Said(String),
    Call(CallError),
}

impl Fault {
    pub(crate) fn said(what: &str) -> Self {
        Self::Said(what.to_owned())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Said(what) => out.write_str(what),
            Self::Call(error) => error.fmt(out),
        }
    }
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// Polls once; the output if there is one already.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| match std::pin::Pin::new(&mut *future).poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Where what these tests write by hand stands.
pub(crate) const HERE: Location = Location { file: "by-hand", line: 1 };

/// A value for the whole process, as descriptors are.
pub(crate) fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

pub(crate) fn leak_name(name: &str) -> &'static str {
    name.to_owned().leak()
}

/// Another plugin, as `before(…)`, `after(…)` and `requires(…)` name it.
pub(crate) fn anchor(name: &str) -> Anchor {
    Anchor { name: leak_name(name), id: Id::of(name), location: HERE }
}

/// A capability that is only a name.
pub(crate) fn capability(name: &str) -> CapabilityId {
    let name = leak_name(name);
    CapabilityId::new(name, name, "1.0")
}

/// A configuration file as given, without the process environment.
pub(crate) fn yaml(text: &str) -> Sources {
    Sources::new().environment([]).text("test.yaml", Format::Yaml, text)
}

/// What is noted by plugins that no call reaches: a static of its own for each test.
pub(crate) struct Diary(Mutex<Vec<String>>);

impl Diary {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    /// What was noted since it was last asked.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
