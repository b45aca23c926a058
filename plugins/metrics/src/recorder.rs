//! The recorder: one of the plugin's own, so that several gateways in one process do not count into each other.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use plugin_core::lifecycle::PluginMoved;
use plugin_core::{EventBus, PluginError, PluginState};

use crate::labels::{Models, Paths};

pub(crate) const REQUESTS: &str = "switchboard_http_requests_total";
pub(crate) const REQUEST_SECONDS: &str = "switchboard_http_request_duration_seconds";
pub(crate) const REQUESTS_NOW: &str = "switchboard_http_requests_in_flight";
pub(crate) const TURNS: &str = "switchboard_chat_turns_total";
pub(crate) const TURN_SECONDS: &str = "switchboard_chat_turn_duration_seconds";
pub(crate) const TURNS_NOW: &str = "switchboard_chat_turns_in_flight";
pub(crate) const TOKENS: &str = "switchboard_tokens_total";
const PIECES: &str = "switchboard_stream_pieces_total";
const STATES: &str = "switchboard_plugin_state";
const MOVES: &str = "switchboard_plugin_moves_total";
const DROPPED: &str = "switchboard_events_dropped_total";

/// From a cached answer to a long reply of a slow model.
const BUCKETS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

const METADATA: Metadata<'static> = Metadata::new("request", metrics::Level::INFO, None);

/// All that is counted.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    pub(crate) paths: Paths,
    pub(crate) models: Models,
    pieces: Counter,
    dropped: Counter,
    requests_now: Gauge,
    turns_now: Gauge,
    /// From where to where each plugin has moved last.
    last_moves: Mutex<HashMap<&'static str, (PluginState, PluginState)>>,
    bus: EventBus,
}

impl Metrics {
    pub(crate) fn new(paths: Vec<String>, max_models: usize, bus: EventBus) -> Result<Self, PluginError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS)?
            .build_recorder();
        describe(&recorder);
        let metrics = Self {
            handle: recorder.handle(),
            paths: Paths::new(paths),
            models: Models::new(max_models),
            pieces: recorder.register_counter(&Key::from_static_name(PIECES), &METADATA),
            dropped: recorder.register_counter(&Key::from_static_name(DROPPED), &METADATA),
            requests_now: recorder.register_gauge(&Key::from_static_name(REQUESTS_NOW), &METADATA),
            turns_now: recorder.register_gauge(&Key::from_static_name(TURNS_NOW), &METADATA),
            recorder,
            last_moves: Mutex::default(),
            bus,
        };
        // Present from the start, so that a rate over them has a first value.
        metrics.requests_now.set(0.0);
        metrics.turns_now.set(0.0);
        metrics.pieces.increment(0);
        Ok(metrics)
    }

    pub(crate) fn counter(&self, name: &'static str, labels: Vec<Label>) -> Counter {
        self.recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
    }

    pub(crate) fn histogram(&self, name: &'static str, labels: Vec<Label>) -> Histogram {
        self.recorder.register_histogram(&Key::from_parts(name, labels), &METADATA)
    }

    pub(crate) fn request_in_flight(&self) -> InFlight {
        InFlight::new(self.requests_now.clone())
    }

    pub(crate) fn turn_in_flight(&self) -> InFlight {
        InFlight::new(self.turns_now.clone())
    }

    pub(crate) fn piece(&self) {
        self.pieces.increment(1);
    }

    /// A plugin has moved: it is in one state and in no other. The bus tells the last move of each plugin again to who comes back,
    /// as after a pause; it is counted once.
    pub(crate) fn moved(&self, event: &PluginMoved) {
        let before = {
            let mut last = self.last_moves.lock().unwrap_or_else(PoisonError::into_inner);
            last.insert(event.plugin, (event.from, event.to))
        };
        if before == Some((event.from, event.to)) {
            return;
        }
        // It may have moved more than once while nobody listened.
        if let Some((_, missed)) = before.filter(|(_, to)| *to != event.from) {
            self.state(event.plugin, missed, 0.0);
        }
        self.state(event.plugin, event.from, 0.0);
        self.state(event.plugin, event.to, 1.0);
        let labels = vec![
            Label::from_static_parts("plugin", event.plugin),
            Label::from_static_parts("to", event.to.name()),
        ];
        self.counter(MOVES, labels).increment(1);
    }

    fn state(&self, plugin: &'static str, state: PluginState, value: f64) {
        let labels =
            vec![Label::from_static_parts("plugin", plugin), Label::from_static_parts("state", state.name())];
        self.recorder.register_gauge(&Key::from_parts(STATES, labels), &METADATA).set(value);
    }

    pub(crate) fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    /// Everything, in Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        self.dropped.absolute(self.bus.dropped());
        self.handle.render()
    }
}

fn describe(recorder: &PrometheusRecorder) {
    let counter = |name: &'static str, text: &'static str| {
        recorder.describe_counter(KeyName::from_const_str(name), Some(Unit::Count), text.into());
    };
    let gauge = |name: &'static str, text: &'static str| {
        recorder.describe_gauge(KeyName::from_const_str(name), Some(Unit::Count), text.into());
    };
    let seconds = |name: &'static str, text: &'static str| {
        recorder.describe_histogram(KeyName::from_const_str(name), Some(Unit::Seconds), text.into());
    };
    counter(REQUESTS, "HTTP requests that were answered, by method, path and status.");
    seconds(REQUEST_SECONDS, "Time from a request to its answer; a stream's body is not in it.");
    gauge(REQUESTS_NOW, "HTTP requests that are being answered.");
    counter(TURNS, "Chat turns that have ended, by model, backend and outcome.");
    seconds(TURN_SECONDS, "Time of a chat turn, its stream included.");
    gauge(TURNS_NOW, "Chat turns that are running.");
    counter(TOKENS, "Tokens of chat turns, in and out.");
    counter(PIECES, "Pieces of streamed replies that carried text.");
    gauge(STATES, "Whether a plugin is in a state, 1 or 0.");
    counter(MOVES, "Moves of plugins into a state, from the last one before this plugin began to listen.");
    counter(DROPPED, "Events that a full queue, or one that ended, has dropped.");
}

/// Something that is going on. It ends when it is told to, or when its call is over, whichever comes first, so that a caller who
/// hangs up is not counted for ever.
pub(crate) struct InFlight {
    began: Instant,
    gauge: Gauge,
    open: AtomicBool,
}

impl InFlight {
    fn new(gauge: Gauge) -> Self {
        gauge.increment(1.0);
        Self { began: Instant::now(), gauge, open: AtomicBool::new(true) }
    }

    /// Ends it; how long it took.
    pub(crate) fn end(&self) -> Duration {
        if self.open.swap(false, Ordering::Relaxed) {
            self.gauge.decrement(1.0);
        }
        self.began.elapsed()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.end();
    }
}
