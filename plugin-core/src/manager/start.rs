//! Starting: level by level, the plugins of a level at once; a failure takes down what requires it and nothing else.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join_all;

use super::instance::{Instance, Work};
use super::roster::Roster;
use super::{Assembly, PluginManager, Running, StartError, stop};
use crate::config::Settings;
use crate::descriptor::State;
use crate::error::{PluginError, panic_message};
use crate::event::{EventBus, SubscribeContext};
use crate::graph::Entry;
use crate::inject::{InitContext, ProviderTable};
use crate::lifecycle::PluginState;
use crate::plan::Plan;
use crate::supervise::supervise;

pub(super) async fn start<M: PluginManager>(
    plan: Plan,
    settings: Settings,
    entries: Vec<Entry>,
    providers: Arc<ProviderTable>,
) -> Result<Running<M>, StartError> {
    let bus = EventBus::default();
    let instances = plan.plugins().iter();
    let instances =
        instances.map(|plugin| Instance::new(plugin, settings.plugin(plugin.name), bus.clone())).collect();
    let roster = Arc::new(Roster::new(plan, instances, providers, bus));
    // From here on, so that dropping this future ends what has started.
    let mut assembly = Assembly { roster: roster.clone() };
    let mut failed = None;
    for level in roster.plan.level_indexes() {
        join_all(level.iter().map(|at| start_one(&roster, *at))).await;
        failed = roster
            .instances
            .iter()
            .find(|one| one.settings.required && one.life.state() == PluginState::Error);
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
            let active =
                roster.instances.iter().filter(|one| one.life.state() == PluginState::Active).count();
            tracing::info!(plugins = roster.instances.len(), active, "started");
            Ok(Running::new(manager, assembly, settings, entries))
        }
        Err(error) => {
            stop::stop_all(&roster).await;
            Err(error)
        }
    }
}

async fn start_one(roster: &Arc<Roster>, at: usize) {
    let instance = &roster.instances[at];
    if let Err(cause) = bring_up(roster, at).await {
        // Every state before Active may become Error; a plugin that is past it was stopped meanwhile.
        if instance.life.fail(cause).is_ok() {
            roster.providers.remove(instance.descriptor.name);
        }
    }
}

async fn bring_up(roster: &Arc<Roster>, at: usize) -> Result<(), String> {
    let instance = &roster.instances[at];
    let descriptor = instance.descriptor;
    let moves = |to| instance.life.enter(to).map_err(|error| error.to_string());
    moves(PluginState::Loading)?;
    moves(PluginState::Loaded)?;
    for edge in roster.plan.edges.iter().filter(|edge| edge.dependent == at && edge.required) {
        let provider = &roster.instances[edge.provider];
        if let Some(cause) = provider.life.cause() {
            return Err(format!("it requires `{}`, which failed: {cause}", provider.descriptor.name));
        }
    }
    moves(PluginState::Initializing)?;
    let context = InitContext {
        descriptor,
        config: instance.settings.config.clone(),
        providers: roster.providers.clone(),
        bus: roster.bus.clone(),
    };
    let state = init(instance, context).await?;
    for offered in descriptor.capabilities {
        let target = (offered.provide)(state.clone()).map_err(|error| error.to_string())?;
        roster.providers.add(offered.capability.id, descriptor.name, offered.attributes, target);
    }
    instance.set_state(Some(state.clone()));
    moves(PluginState::Active)?;
    let work = begin(roster, at, &state).map_err(|error| error.to_string())?;
    instance.set_work(work);
    Ok(())
}

/// Runs `#[init]` within its deadline, with its panics caught.
pub(super) async fn init(instance: &Instance, context: InitContext) -> Result<State, String> {
    let limit = instance.settings.start_timeout;
    let init = instance.descriptor.init;
    // Inside an async block, so that a panic of a plain `fn` is caught as well.
    let run = AssertUnwindSafe(async move { init(context).await }).catch_unwind();
    match tokio::time::timeout(limit, run).await {
        Ok(Ok(Ok(state))) => Ok(state),
        Ok(Ok(Err(error))) => Err(error.to_string()),
        Ok(Err(payload)) => Err(format!("its `#[init]` panicked: {}", panic_message(&*payload))),
        Err(_) => Err(format!(
            "its `#[init]` did not return within {limit:?} (help: raise `plugins.{}.start_timeout`)",
            instance.descriptor.name
        )),
    }
}

/// Starts the subscriptions and tasks of one state value.
pub(super) fn begin(roster: &Arc<Roster>, at: usize, state: &State) -> Result<Work, PluginError> {
    let Instance { descriptor, guard, .. } = &roster.instances[at];
    let mut work = Work::default();
    let context = SubscribeContext { bus: roster.bus.clone(), guard: guard.clone() };
    for one in descriptor.subscriptions {
        work.listen((one.attach)(state.clone(), &context)?);
    }
    for task in descriptor.tasks {
        let (state, roster) = (state.clone(), roster.clone());
        work.spawn(async move |token| {
            let Err(cause) = supervise(task, state, token).await else { return };
            roster.fail(at, &format!("its task `{}` failed: {cause}", task.name));
        });
    }
    Ok(work)
}
