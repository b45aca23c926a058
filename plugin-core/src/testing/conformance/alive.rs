//! What can only be told of plugins that run: their moves, their state, their end.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, join, select};
use serde_json::Value;
use tokio::time::timeout;

use super::{Report, Rule};
use crate::descriptor::PluginDescriptor;
use crate::error::panic_message;
use crate::lifecycle::{MoveReason, PluginState};
use crate::manager::{Running, StopReport, reload_anew};
use crate::testing::{Host, TestHost};

/// How long a plugin may take to say how it is, or to write its state.
const ANSWER: Duration = Duration::from_secs(5);

/// The suite over running plugins.
pub(super) struct Alive<'s, W> {
    pub(super) host: &'s TestHost,
    pub(super) plugins: &'s [&'static PluginDescriptor],
    pub(super) work: &'s W,
}

impl<W: AsyncFn(&Running<Host>)> Alive<'_, W> {
    pub(super) async fn check(&self, report: &mut Report) {
        let Some(host) = self.start(report).await else { return };
        (self.work)(&host).await;
        for plugin in self.plugins {
            if host.state(plugin.name) == Some(PluginState::Active) {
                health(&host, plugin, report).await;
                moves(&host, plugin, report).await;
            }
        }
        ended(&host.stop().await, "", report);

        // The same again, with the stop in the midst of it.
        let Ok(host) = self.host.clone().start().await else { return };
        let busy = pin!(async {
            join((self.work)(&host), host.status()).await;
            std::future::pending::<()>().await;
        });
        if let Either::Right((stopped, _)) = select(busy, pin!(host.stop())).await {
            ended(&stopped, "while calls were in flight, ", report);
        }
    }

    /// A host in which every plugin has had its chance.
    async fn start(&self, report: &mut Report) -> Option<Running<Host>> {
        let host = match self.host.clone().start().await {
            Ok(host) => host,
            Err(error) => {
                let help = "add what they require to the test host, or give it a `config`";
                report.add("", Rule::Starts, error, help);
                return None;
            }
        };
        for plugin in self.plugins {
            let Some(instance) = host.instance_of(plugin) else { continue };
            let standing = instance.life.standing();
            // What another plugin's failure has taken down is told there.
            let own = !matches!(standing.reason, Some(MoveReason::Cascade { .. }));
            if standing.state != PluginState::Active && own {
                let cause = standing.cause.unwrap_or_else(|| "for no cause that is known".to_owned());
                let help = "let its defaults be enough, or give the test host a `config`";
                report.add(plugin.name, Rule::Starts, format!("it is {}: {cause}", standing.state), help);
            }
        }
        Some(host)
    }
}

/// Within a time and with panics caught; else what was wrong.
async fn answered<T>(what: &str, call: impl Future<Output = T>) -> Result<T, String> {
    match timeout(ANSWER, AssertUnwindSafe(call).catch_unwind()).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(payload)) => Err(format!("its `{what}` panicked: {}", panic_message(&*payload))),
        Err(_) => Err(format!("its `{what}` did not return within {ANSWER:?}")),
    }
}

async fn health(host: &Host, plugin: &'static PluginDescriptor, report: &mut Report) {
    let state = host.instance_of(plugin).and_then(|instance| instance.state());
    let (Some(health), Some(state)) = (plugin.health, state) else { return };
    let asked = answered("#[health]", async { (health.ask)(state).await }).await;
    if let Err(found) = asked {
        let help = "look at what is known already, and leave long work to a task";
        report.add(plugin.name, Rule::AnswersForItsHealth, found, help);
    }
}

/// Pauses, resumes and reloads a plugin, and compares what it remembers.
async fn moves(host: &Running<Host>, plugin: &'static PluginDescriptor, report: &mut Report) {
    let name = plugin.name;
    let before = active(host);
    let first = remembered(host, plugin, report).await;
    let paused = async {
        host.pause(name).await?;
        host.resume(name).await
    };
    if let Err(error) = paused.await {
        return report.add(name, Rule::SurvivesAPause, error, "see the cause");
    }
    back(host, &before, name, Rule::SurvivesAPause, report);
    let second = remembered(host, plugin, report).await;
    compared(name, &first, &second, "a pause", report);
    if let Err(error) = reload_anew(host.roster_of(), name).await {
        return report.add(name, Rule::SurvivesAReload, error, "two instances live at once while one takes over from the other: share what both need, and wait for nothing that only the end of the old one sets free");
    }
    back(host, &before, name, Rule::SurvivesAReload, report);
    let third = remembered(host, plugin, report).await;
    compared(name, &second, &third, "a reload", report);
}

fn active(host: &Running<Host>) -> Vec<&'static str> {
    let instances = host.roster_of().instances.iter();
    instances.filter(|one| one.life.state() == PluginState::Active).map(|one| one.descriptor.name).collect()
}

/// Whether all that were active are so again.
fn back(host: &Running<Host>, before: &[&str], plugin: &'static str, rule: Rule, report: &mut Report) {
    let now = active(host);
    for lost in before.iter().filter(|one| !now.contains(one)) {
        let state = host.state(lost).map_or("gone", PluginState::name);
        let cause = host.cause(lost).map(|cause| format!(": {cause}")).unwrap_or_default();
        let whose = if *lost == plugin { "it".to_owned() } else { format!("`{lost}`") };
        report.add(plugin, rule, format!("{whose} is {state} after it{cause}"), "see the log");
    }
}

/// What the plugin writes; `None` if it does not carry state over, or not now.
async fn remembered(host: &Host, plugin: &'static PluginDescriptor, report: &mut Report) -> Option<Value> {
    let snapshot = plugin.snapshot.filter(|_| plugin.restore.is_some())?;
    let state = host.instance_of(plugin)?.state()?;
    let taken = answered("#[snapshot]", async { snapshot(state).await }).await;
    let taken = taken.and_then(|taken| taken.map_err(|error| format!("its `#[snapshot]` failed: {error}")));
    taken
        .map_err(|found| report.add(plugin.name, Rule::KeepsItsState, found, "a snapshot must not fail"))
        .ok()
}

fn compared(
    plugin: &'static str,
    before: &Option<Value>,
    after: &Option<Value>,
    what: &str,
    report: &mut Report,
) {
    if let (Some(before), Some(after)) = (before, after)
        && before != after
    {
        let found = format!("its `#[snapshot]` was `{before}` before {what} and is `{after}` after it");
        let help =
            "let `#[restore]` take all that `#[snapshot]` writes, and write nothing that changes by itself";
        report.add(plugin, Rule::KeepsItsState, found, help);
    }
}

fn ended(stopped: &StopReport, when: &str, report: &mut Report) {
    for one in stopped.cut() {
        for cut in &one.cut {
            let help = "end when asked, and hold no lock while waiting for others";
            report.add(one.plugin, Rule::StopsInTime, format!("{when}{cut}"), help);
        }
    }
}
