//! Starting: level by level, the plugins of a level at once; a failure takes down what requires it and nothing else.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_util::future::join_all;
use serde_json::Value;
use tokio_util::task::AbortOnDropHandle;

use super::change::Change;
use super::force::InForce;
use super::instance::{Held, Instance};
use super::roster::Roster;
use super::work::Work;
use super::{Assembly, PluginManager, Running, StartError, retire, stop};
use crate::config::{PluginSettings, Section, Settings};
use crate::descriptor::{PluginDescriptor, State};
use crate::error::PluginError;
use crate::event::SubscribeContext;
use crate::graph::{Entry, ManagerSpec};
use crate::inject::InitContext;
use crate::lifecycle::PluginState::{self, Initializing, Loaded, Loading};
use crate::lifecycle::{IllegalMove, MoveReason};
use crate::observe::{Fault, Monitor, Rare, Turn};
use crate::once::polled;
use crate::plan::Plan;
use crate::supervise::Supervisor;

pub(super) async fn start<M: PluginManager>(
    (plan, settings, spec): (Plan, Settings, ManagerSpec),
    entries: Vec<Entry>,
    sections: Vec<Section>,
    prepare: impl FnOnce(&Roster),
) -> Result<Running<M>, StartError> {
    let roster = roster(plan, settings, entries, sections, spec);
    prepare(&roster);
    // From here on, so that dropping this future ends what has started.
    let mut assembly = Assembly { roster: roster.clone() };
    // Nobody asks what a start has moved.
    let change = Change::unnoted(&roster);
    let mut failed = None;
    let force = roster.force();
    for level in &force.levels {
        bring_up_all(&change, level).await;
        failed = level
            .iter()
            .map(|at| &roster.instances[*at])
            .find(|one| one.settings().required && one.life.state() == PluginState::Error);
        if failed.is_some() {
            break;
        }
    }
    let manager = match failed {
        Some(instance) => Err(StartError::Required {
            plugin: instance.descriptor.name,
            cause: instance.life.cause().unwrap_or_else(|| "no cause is known".to_owned()),
        }),
        None => M::assemble(&mut assembly).map_err(StartError::from),
    };
    match manager {
        Ok(manager) => {
            let planned = force.levels.iter().flatten();
            let active = planned.clone().filter(|at| roster.state(**at) == PluginState::Active).count();
            tracing::info!(plugins = planned.count(), active, "started");
            Ok(Running::new(manager, assembly))
        }
        Err(error) => {
            stop::stop_all(&change).await;
            Err(error)
        }
    }
}

fn roster(
    plan: Plan,
    settings: Settings,
    entries: Vec<Entry>,
    sections: Vec<Section>,
    spec: ManagerSpec,
) -> Arc<Roster> {
    let mut linked: Vec<_> = entries.iter().filter_map(|entry| entry.plugin.ok()).collect();
    linked.sort_by_key(|plugin| plugin.name);
    linked.dedup_by_key(|plugin| plugin.id);
    let instance = |plugin: &'static PluginDescriptor| Instance::new(plugin, settings.of(plugin.id).clone());
    let instances: Vec<_> = linked.into_iter().map(instance).collect();
    let force = InForce::new(plan, settings, &instances);
    Arc::new_cyclic(|own| Roster::new(own, entries, sections, spec, instances, force))
}

/// Starts the plugins of a level at once: one after the other as long as they do not wait, as most. Beside one that waits another
/// row goes on with the next.
async fn bring_up_all(change: &Change, level: &[usize]) {
    let (next, mut waiting) = (AtomicUsize::new(0), Vec::new());
    while next.load(Ordering::Relaxed) < level.len() {
        let mut row = Box::pin(async {
            while let Some(at) = level.get(next.fetch_add(1, Ordering::Relaxed)) {
                bring_up(change, *at, MoveReason::Start).await;
            }
        });
        if polled(row.as_mut()).await.is_pending() {
            waiting.push(row);
        }
    }
    join_all(waiting).await;
}

/// Starts one plugin that is unloaded or has failed; it is active or in error afterwards.
pub(super) async fn bring_up(change: &Change, at: usize, reason: MoveReason) {
    if let Err((reason, cause)) = try_up(change, at, reason).await {
        // Every state before Active may become Error; a plugin that is past it has failed or was stopped meanwhile.
        let _ = change.enter_because(at, PluginState::Error, reason, &cause);
    }
}

async fn try_up(change: &Change, at: usize, reason: MoveReason) -> Result<(), (MoveReason, String)> {
    let roster = &change.roster;
    let instance = &roster.instances[at];
    let failed = |cause: String| (reason, cause);
    let illegal = |error: IllegalMove| failed(error.to_string());
    let blocked = || roster.blocked(at).map_or(Ok(()), |by| Err(missing(&roster.instances[by])));
    if instance.life.state() == PluginState::Error {
        let remains = instance.retire(instance.settings().required);
        retire::end(instance, instance.take_work(), remains).await.log();
        blocked()?;
        change.enter(at, PluginState::Initializing, reason).map_err(illegal)?;
    } else {
        let blocked = blocked();
        match &blocked {
            Ok(()) => change.pass(at, [Loading, Loaded, Initializing], reason),
            Err(_) => change.pass(at, [Loading, Loaded], reason),
        }
        .map_err(illegal)?;
        blocked?;
    }
    let settings = instance.settings();
    let state = init(roster, instance, &settings, settings.config.clone()).await.map_err(failed)?;
    instance.put(Some(Held::of(state.clone())));
    change.enter(at, PluginState::Active, reason).map_err(illegal)?;
    match open(roster, at, &state) {
        Ok(()) => watch(roster, at, &state),
        Err(error) => roster.fail(at, &state, reason, &error.to_string()),
    }
    Ok(())
}

/// Why a plugin cannot start whose provider does not run.
fn missing(provider: &Instance) -> (MoveReason, String) {
    let name = provider.descriptor.name;
    let standing = provider.standing();
    // Told from where it began, so that it comes back when that does.
    let of = match standing.reason {
        Some(MoveReason::Cascade { of }) => of,
        _ => name,
    };
    let cause = match standing.cause {
        Some(cause) => format!("it requires `{name}`, which failed: {cause}"),
        None => format!("it requires `{name}`, which is {}", standing.state),
    };
    (MoveReason::Cascade { of }, cause)
}

/// Runs `#[init]` within its deadline, with its panics caught. The stop of the manager cuts it short.
pub(super) async fn init(
    roster: &Roster,
    instance: &Instance,
    settings: &PluginSettings,
    config: Value,
) -> Result<State, String> {
    let descriptor = instance.descriptor;
    let context = InitContext { descriptor, config, around: roster.around.clone() };
    let limit = settings.start_timeout;
    let init = descriptor.init;
    let target = Rare::init(&instance.guard);
    // Inside an async block, so that a panic of a plain `fn` is caught as well.
    let mut run = pin!(target.call(Some(limit), async move { init(context).await }));
    let ended = match roster.stopping.is_cancelled() {
        true => None,
        false => match polled(run.as_mut()).await {
            Poll::Ready(ended) => Some(ended),
            // Only what waits is waited for with an eye on the stop.
            Poll::Pending => roster.stopping.run_until_cancelled(run).await,
        },
    };
    match ended {
        Some(Ok(state)) => Ok(state),
        Some(Err(Fault::Failed(error))) => Err(error.to_string()),
        Some(Err(Fault::Panicked(message))) => Err(format!("its `#[init]` panicked: {message}")),
        Some(Err(Fault::TimedOut)) => Err(format!(
            "its `#[init]` did not return within {limit:?} (help: raise `plugins.{}.start_timeout`)",
            descriptor.name
        )),
        None => Err("its `#[init]` was cut short, as the manager stops".to_owned()),
    }
}

/// Lets the world reach an active instance, and starts its subscriptions and tasks.
pub(super) fn open(roster: &Arc<Roster>, at: usize, state: &State) -> Result<(), PluginError> {
    roster.open(at, state)?;
    let work = begin(roster, at, state)?;
    // A plugin that has none now has never had any.
    if !work.is_empty() {
        drop(roster.instances[at].set_work(work));
    }
    Ok(())
}

/// Starts the subscriptions and tasks of one instance.
pub(super) fn begin(roster: &Arc<Roster>, at: usize, state: &State) -> Result<Work, PluginError> {
    let instance = &roster.instances[at];
    let descriptor = instance.descriptor;
    let mut work = Work::default();
    if !descriptor.subscriptions.is_empty() {
        let context = SubscribeContext { bus: roster.bus.clone(), guard: instance.guard.clone() };
        for one in descriptor.subscriptions {
            work.listen((one.attach)(state.clone(), &context)?);
        }
    }
    for task in descriptor.tasks {
        let (state, roster) = (state.clone(), roster.clone());
        let supervisor = Supervisor::new(task, instance.settings().supervision, &instance.guard);
        work.spawn(async move |token| {
            let Err(cause) = supervisor.run(state.clone(), &token).await else { return };
            let cause = format!("its task `{}` failed: {cause}", task.name);
            roster.fail(at, &state, MoveReason::Task, &cause);
        });
    }
    Ok(work)
}

/// Has the health of an instance watched until it is let go of, paused or not: one that was paused for its health comes back by
/// what it says while it is paused.
pub(super) fn watch(roster: &Arc<Roster>, at: usize, state: &State) {
    let instance = &roster.instances[at];
    if instance.descriptor.health.is_none() {
        return;
    }
    let monitor = Monitor::new(instance.descriptor, instance.settings().health, &instance.guard);
    let watch = monitor.map(|monitor| {
        let (roster, state) = (roster.clone(), state.clone());
        let pauses = monitor.pauses();
        AbortOnDropHandle::new(tokio::spawn(async move {
            let turned = |change| {
                let roster = &roster;
                async move {
                    let moved = match change {
                        _ if !pauses => return,
                        Turn::Unfit(reason) => roster.unhealthy(at, reason).await,
                        Turn::Fit => roster.healthy(at).await,
                    };
                    if let Err(error) = moved {
                        tracing::warn!(plugin = roster.instances[at].descriptor.name, %error, "its health moves it nowhere");
                    }
                }
            };
            monitor.run(state, turned).await;
        }))
    });
    drop(instance.set_watch(watch));
}
