//! What is logged while a future runs.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The lines that were logged while a future ran, at every level. Spans are not kept.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (log, sum) = plugin_core::testing::Log::of(async {
///     tracing::warn!(count = 3, "so many");
///     1 + 2
/// }).await;
/// assert_eq!(sum, 3);
/// assert_eq!(log.lines()[0].to_string(), "WARN so many count=3");
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: Vec<Line>,
}

/// One line. Displays as its level, its message and its fields.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Line {
    /// How loud it is.
    pub level: Level,
    /// Where it comes from; a module's path where nothing else is said.
    pub target: String,
    /// What it says.
    pub message: String,
    /// What it carries, in the order in which it was written.
    pub fields: Vec<(&'static str, String)>,
}

impl Line {
    /// The value of a field, as text.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.level, self.message)?;
        self.fields.iter().try_for_each(|(key, value)| write!(out, " {key}={value}"))
    }
}

impl Log {
    /// Runs `work` and yields what was logged meanwhile with what it yields. What other tasks log is not heard, but for those of
    /// [`WithSubscriber`] that were spawned with the current subscriber.
    pub async fn of<T>(work: impl Future<Output = T>) -> (Self, T) {
        let lines = Arc::<Mutex<Vec<Line>>>::default();
        let keeper = Keeper { lines: lines.clone(), spans: AtomicU64::new(1) };
        let value = work.with_subscriber(keeper).await;
        let lines = std::mem::take(&mut *lines.lock().unwrap_or_else(PoisonError::into_inner));
        (Self { lines }, value)
    }

    /// The lines in the order of time.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Those of one target.
    #[must_use]
    pub fn of_target(&self, target: &str) -> Vec<&Line> {
        self.lines.iter().filter(|line| line.target == target).collect()
    }

    /// Whether any line has `text` in it.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.to_string().contains(text))
    }
}

struct Keeper {
    lines: Arc<Mutex<Vec<Line>>>,
    spans: AtomicU64,
}

impl Subscriber for Keeper {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let (level, target) = (*event.metadata().level(), event.metadata().target().to_owned());
        let mut line = Line { level, target, message: String::new(), fields: Vec::new() };
        event.record(&mut Reader(&mut line));
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Reader<'l>(&'l mut Line);

impl Reader<'_> {
    fn keep(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.0.message = value,
            name => self.0.fields.push((name, value)),
        }
    }
}

impl Visit for Reader<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, format!("{value:?}"));
    }
}
