//! What each plugin has done, in Prometheus' text format. The framework has counted it already, so nothing is counted twice.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use plugin_core::guard::BreakerState;
use plugin_core::observe::{Latency, Metrics, Report, Target};

/// Bounds of the buckets of latency, in nanoseconds: 1.024 µs, and each four times the one before, up to 68.7 s. As powers of two
/// they are bounds of the framework's own buckets, so no count is an estimate.
const BOUNDS: [u64; 14] = {
    let mut bounds = [1024; 14];
    let mut at = 1;
    while at < bounds.len() {
        bounds[at] = bounds[at - 1] * 4;
        at += 1;
    }
    bounds
};

/// All families, each with its help, its type and its series. The labels are names that the build knows, so there are never many.
pub(crate) fn render(plugins: &[Report]) -> String {
    let mut text = String::new();
    // A `String` takes whatever is written.
    let _ = write(plugins, &mut text);
    text
}

fn write(plugins: &[Report], out: &mut String) -> fmt::Result {
    let targets =
        || plugins.iter().flat_map(|one| one.activity.targets.iter().map(move |target| (one.plugin, target)));
    let mut calls = Family::new("calls_total", "counter", "Calls into a plugin, by how they ended.", out)?;
    for (plugin, one) in targets() {
        let target = name(one.target);
        let labels = [("plugin", plugin), ("kind", one.target.kind.name()), ("target", target.as_str())];
        for (outcome, count) in outcomes(&one.metrics) {
            calls.add("", &[&labels[..], &[("outcome", outcome)]].concat(), count)?;
        }
    }
    let help = "Calls whose failure did not end the run, for the plugin's `on_error` is `skip`.";
    let mut skipped = Family::new("calls_skipped_total", "counter", help, out)?;
    for one in plugins {
        skipped.add("", &[("plugin", one.plugin)], one.activity.total.skipped)?;
    }
    latency(plugins, out)?;
    let help = "Time that threads spent inside a plugin's code.";
    let mut polled = Family::new("poll_seconds_total", "counter", help, out)?;
    for one in plugins {
        polled.add("", &[("plugin", one.plugin)], seconds(one.activity.total.poll_ns))?;
    }
    let help = "Bytes allocated inside a plugin's code; 0 unless the build counts them.";
    let mut allocated = Family::new("allocated_bytes_total", "counter", help, out)?;
    for one in plugins {
        allocated.add("", &[("plugin", one.plugin)], one.activity.total.allocated_bytes)?;
    }
    let mut restarts = Family::new("task_restarts_total", "counter", "Restarts of a plugin's task.", out)?;
    for (plugin, task) in
        plugins.iter().flat_map(|one| one.activity.tasks.iter().map(|task| (one.plugin, task)))
    {
        restarts.add("", &[("plugin", plugin), ("task", task.name)], task.restarts)?;
    }
    health(plugins, out)?;
    guards(plugins, out)
}

/// Of all targets of one kind together: a bucket for each function would be many series for what the status has already.
fn latency(plugins: &[Report], out: &mut String) -> fmt::Result {
    let help = "How long calls into a plugin took, of those that were timed.";
    let mut family = Family::new("call_duration_seconds", "histogram", help, out)?;
    for one in plugins {
        let mut kinds = BTreeMap::<&str, Latency>::new();
        for target in one.activity.targets.iter().filter(|target| target.metrics.latency.count() > 0) {
            kinds.entry(target.target.kind.name()).or_default().merge(&target.metrics.latency);
        }
        for (kind, latency) in kinds {
            let labels = [("plugin", one.plugin), ("kind", kind)];
            for bound in BOUNDS {
                let le = seconds(bound).to_string();
                family.add(
                    "_bucket",
                    &[&labels[..], &[("le", le.as_str())]].concat(),
                    latency.within(bound),
                )?;
            }
            family.add("_bucket", &[&labels[..], &[("le", "+Inf")]].concat(), latency.count())?;
            family.add("_sum", &labels, seconds(latency.sum_ns))?;
            family.add("_count", &labels, latency.count())?;
        }
    }
    Ok(())
}

fn health(plugins: &[Report], out: &mut String) -> fmt::Result {
    let help = "Whether a plugin's health does not speak against it, 1 or 0, as far as it has been asked.";
    let mut fit = Family::new("fit", "gauge", help, out)?;
    for (plugin, health) in plugins.iter().filter_map(|one| Some((one.plugin, one.health.as_ref()?))) {
        fit.add("", &[("plugin", plugin)], u8::from(health.fit))?;
    }
    Ok(())
}

fn guards(plugins: &[Report], out: &mut String) -> fmt::Result {
    let guards = || plugins.iter().map(|one| (one.plugin, &one.guard));
    let breakers = || guards().filter_map(|(plugin, guard)| Some((plugin, guard.breaker?)));
    let mut states =
        Family::new("breaker_state", "gauge", "Whether a plugin's breaker is in a state, 1 or 0.", out)?;
    for (plugin, breaker) in breakers() {
        for (name, state) in [
            ("closed", BreakerState::Closed),
            ("open", BreakerState::Open),
            ("half-open", BreakerState::HalfOpen),
        ] {
            states.add("", &[("plugin", plugin), ("state", name)], u8::from(breaker.state == state))?;
        }
    }
    let mut opened =
        Family::new("breaker_opened_total", "counter", "How often a plugin's breaker has opened.", out)?;
    for (plugin, breaker) in breakers() {
        opened.add("", &[("plugin", plugin)], breaker.opened)?;
    }
    let help = "Calls in flight into a plugin whose `max_concurrent` limits them.";
    let mut flying = Family::new("calls_in_flight", "gauge", help, out)?;
    for (plugin, count) in guards().filter_map(|(plugin, guard)| Some((plugin, guard.in_flight?))) {
        flying.add("", &[("plugin", plugin)], count)?;
    }
    Ok(())
}

/// Each call in exactly one, so that their sum is the number of calls.
fn outcomes(metrics: &Metrics) -> [(&'static str, u64); 7] {
    let Metrics { calls, responses, refusals, errors, panics, timeouts, shed, .. } = *metrics;
    let other = responses + refusals + errors + panics + timeouts + shed;
    [
        ("ok", calls.saturating_sub(other)),
        ("response", responses),
        ("refusal", refusals),
        ("error", errors),
        ("panic", panics),
        ("timeout", timeouts),
        ("shed", shed),
    ]
}

fn name(target: Target) -> String {
    if target.of.is_empty() { target.name.to_owned() } else { format!("{}.{}", target.of, target.name) }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// Metrics of one name.
struct Family<'o> {
    name: &'static str,
    out: &'o mut String,
}

impl<'o> Family<'o> {
    fn new(name: &'static str, kind: &str, help: &str, out: &'o mut String) -> Result<Self, fmt::Error> {
        writeln!(out, "# HELP switchboard_plugin_{name} {help}\n# TYPE switchboard_plugin_{name} {kind}")?;
        Ok(Self { name, out })
    }

    fn add(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl fmt::Display) -> fmt::Result {
        write!(self.out, "switchboard_plugin_{}{suffix}{{", self.name)?;
        for (at, (key, label)) in labels.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            // Of what a value must not hold plain, a Rust path has nothing; a name that somebody chose may.
            let label = label.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
            write!(self.out, "{comma}{key}=\"{label}\"")?;
        }
        writeln!(self.out, "}} {value}")
    }
}
