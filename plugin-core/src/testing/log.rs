//! What is logged while a future runs.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

/// The lines that were logged while a future ran, at every level, and the spans that were opened.
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
    spans: Vec<Line>,
}

/// One line, or one span, whose message is its name. Displays as its level, its message and its fields.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Line {
    /// How loud it is.
    pub level: Level,
    /// Where it comes from; a module's path where nothing else is said.
    pub target: String,
    /// What it says, or the name of the span.
    pub message: String,
    /// What it carries, in the order in which it was written.
    pub fields: Vec<(&'static str, String)>,
}

impl Line {
    fn new(level: Level, target: &str) -> Self {
        Self { level, target: target.to_owned(), message: String::new(), fields: Vec::new() }
    }

    fn of(metadata: &Metadata<'_>) -> Self {
        Self::new(*metadata.level(), metadata.target())
    }

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
        // Of a single subscriber, `tracing` asks the thread that comes to a line first whether it is wanted, and keeps the answer for
        // all threads: another test's thread says no. Of two it asks both. This one says yes, ask again, and then no.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(Nobody));
        let log = Arc::<Mutex<Self>>::default();
        let value = work.with_subscriber(Keeper(log.clone())).await;
        let log = std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner));
        (log, value)
    }

    /// The lines in the order of time.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The spans in the order in which they were opened, with all that was recorded in them.
    #[must_use]
    pub fn spans(&self) -> &[Line] {
        &self.spans
    }

    /// The lines of one target.
    #[must_use]
    pub fn of_target(&self, target: &str) -> Vec<&Line> {
        self.lines.iter().filter(|line| line.target == target).collect()
    }

    /// Whether any line or span has `text` in it.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        self.lines.iter().chain(&self.spans).any(|line| line.to_string().contains(text))
    }
}

struct Keeper(Arc<Mutex<Log>>);

impl Keeper {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber for Keeper {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line::of(span.metadata());
        span.metadata().name().clone_into(&mut line.message);
        span.record(&mut Reader(&mut line));
        let mut log = self.log();
        log.spans.push(line);
        // Its number in the list, from 1, as no id is 0.
        Id::from_u64(log.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let at = usize::try_from(span.into_u64()).unwrap_or_default();
        let mut recorded = Line::new(Level::TRACE, "");
        values.record(&mut Reader(&mut recorded));
        let mut log = self.log();
        if let Some(line) = at.checked_sub(1).and_then(|at| log.spans.get_mut(at)) {
            line.fields.append(&mut recorded.fields);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::of(event.metadata());
        // A value that logs while it is written must not find the log locked.
        event.record(&mut Reader(&mut line));
        self.log().lines.push(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Listens to nothing, and lets each line be asked about.
struct Nobody;

impl Subscriber for Nobody {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

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
