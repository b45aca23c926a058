//! What a type is on the bus: its topic's name, and what the bus does with its events beside handing them on.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A type that can be published. `#[derive(Event)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event [PB0601]",
    label = "this type has no topic",
    note = "put `#[derive(Event)]` on its definition; a type of another crate goes into one of your own: `#[derive(Event)] struct Heard(Theirs);`",
    note = "see: docs/errors/PB0601.md"
)]
pub trait Event: Sized + Send + Sync + 'static {
    /// What is answered to it; `()` where nothing is.
    type Reply: Send + 'static;

    /// Its topic.
    const TOPIC: Topic<Self>;
}

/// An event that one subscriber answers: `#[derive(Event)] #[event(reply = T)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an event that nobody answers [PB0606]",
    label = "this is no request",
    note = "write `#[event(reply = T)]` on its definition, or `publish` it",
    note = "see: docs/errors/PB0606.md"
)]
pub trait Request: Event {}

/// What tells the events of a topic apart that keeps the last one of each key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a historic event [PB0604]",
    label = "this has no text",
    note = "a key is told apart by its text: name a field whose type implements `Display`, or write `historic` alone",
    note = "see: docs/errors/PB0604.md"
)]
pub trait HistoricKey {
    /// Its text.
    fn text(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: std::fmt::Display> HistoricKey for T {
    fn text(&self) -> String {
        self.to_string()
    }
}

/// An event that a [`MessageBus`](super::MessageBus) can take to another process.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is `carried` and cannot be written as JSON and read again [PB0607]",
    label = "this does not serialize, or does not deserialize",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]`, with fields that own their data, or remove `carried`",
    note = "see: docs/errors/PB0607.md"
)]
pub trait CarriedEvent: Event + Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<E: Event + Serialize + DeserializeOwned> CarriedEvent for E {}

/// The topic of an event type, as `#[event(…)]` says it.
pub struct Topic<E> {
    pub(super) name: &'static str,
    /// The key under which an event is kept for late subscribers; `None` where none is.
    pub(super) history: Option<fn(&E) -> String>,
    pub(super) codec: Option<Codec<E>>,
    /// Whether one subscriber answers.
    pub(super) answered: bool,
}

/// A topic in the graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TopicId {
    /// Its name.
    pub name: &'static str,
    /// Whether its events are requests, which one subscriber answers.
    pub answered: bool,
}

/// How an event becomes JSON and comes back.
pub(super) struct Codec<E> {
    pub(super) encode: fn(&E) -> serde_json::Result<Value>,
    pub(super) decode: fn(Value) -> serde_json::Result<E>,
}

impl<E> Topic<E> {
    /// A topic whose events go to those who listen when they are published.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, history: None, codec: None, answered: false }
    }

    /// Keeps the last event of each key for those who come later.
    #[must_use]
    pub const fn historic(self, key: fn(&E) -> String) -> Self {
        Self { history: Some(key), ..self }
    }

    /// Makes its events requests, which one subscriber answers.
    #[must_use]
    pub const fn answered(self) -> Self {
        Self { answered: true, ..self }
    }

    /// Lets a [`MessageBus`](super::MessageBus) take its events to other processes.
    #[must_use]
    pub const fn carried(self) -> Self
    where
        E: CarriedEvent,
    {
        let codec = Codec {
            encode: |event| serde_json::to_value(event),
            decode: |value| serde_json::from_value(value),
        };
        Self { codec: Some(codec), ..self }
    }

    /// Its name, the same in every process.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What of it does not depend on the type.
    #[must_use]
    pub const fn id(&self) -> TopicId {
        TopicId { name: self.name, answered: self.answered }
    }
}

impl<E> std::fmt::Debug for Topic<E> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Topic({})", self.name)
    }
}
