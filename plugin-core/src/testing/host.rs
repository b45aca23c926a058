//! A started test host: the manager of [`TestHost`](super::TestHost).

use std::sync::Arc;

use super::chains::Chains;
use super::{Calls, Events, Fault, Probe};
use crate::capability::{Capability, Provider, Providers};
use crate::descriptor::PluginDescriptor;
use crate::error::PluginError;
use crate::event::Event;
use crate::graph::{ManagerSpec, PluginSet};
use crate::hook::{AsyncPoint, Call, Chain, HookPoint, Run, SyncPoint};
use crate::manager::{Assembly, Instance, PluginManager, Roster};
use crate::observe::TargetKind;

/// A started test host. It comes as [`Running<Host>`](crate::Running), so what an app can ask of its manager, a test can ask of
/// this: `pause`, `reload`, `command`, `status`, `bus`, `stop` and the rest.
pub struct Host {
    roster: Arc<Roster>,
    probe: Arc<Probe>,
    chains: Chains,
}

impl PluginManager for Host {
    const SPEC: ManagerSpec = ManagerSpec { name: "TestHost", fields: &[] };
    const PLUGINS: PluginSet = PluginSet::EMPTY;

    fn assemble(assembly: &mut Assembly) -> Result<Self, PluginError> {
        let roster = assembly.roster.clone();
        let probe = roster.instances.first().and_then(|one| one.guard.probe().cloned()).unwrap_or_default();
        Ok(Self { roster, probe, chains: Chains::default() })
    }
}

impl Host {
    /// The chain of a point. It is made when it is first asked for, of the hooks that take calls then.
    ///
    /// # Panics
    ///
    /// If a descriptor that was written by hand binds a hook to another point than it says.
    pub fn chain<P: HookPoint>(&self) -> &Chain<P> {
        self.chains.of(|| {
            let chain = Chain::default();
            match self.roster.adopt(P::ID, Box::new(chain.clone())) {
                Ok(()) => chain,
                Err(error) => panic!("{error}"),
            }
        })
    }

    /// [`Chain::run`] of the input's point.
    ///
    /// # Errors
    ///
    /// What a hook or the core failed with.
    pub fn run<'a, P: AsyncPoint, F>(
        &'a self,
        input: &'a mut P,
        core: F,
    ) -> Run<impl Future<Output = Result<P::Output, P::Error>> + use<'a, P, F>>
    where
        F: AsyncFnOnce(&mut P) -> Result<P::Output, P::Error> + Send + 'a,
    {
        self.chain::<P>().run(input, core)
    }

    /// [`Chain::run_with`] of the input's point.
    ///
    /// # Errors
    ///
    /// What a hook or the core failed with.
    pub fn run_with<'a, P: AsyncPoint, F>(
        &'a self,
        call: &'a Call,
        input: &'a mut P,
        core: F,
    ) -> Run<impl Future<Output = Result<P::Output, P::Error>> + use<'a, P, F>>
    where
        F: AsyncFnOnce(&mut P) -> Result<P::Output, P::Error> + Send + 'a,
    {
        self.chain::<P>().run_with(call, input, core)
    }

    /// [`Chain::run_sync`] of the input's point.
    ///
    /// # Errors
    ///
    /// What a hook or the core failed with.
    pub fn run_sync<P: SyncPoint, F>(&self, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        F: FnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        self.chain::<P>().run_sync(input, core)
    }

    /// [`Chain::run_sync_with`] of the input's point.
    ///
    /// # Errors
    ///
    /// What a hook or the core failed with.
    pub fn run_sync_with<P: SyncPoint, F>(
        &self,
        call: &Call,
        input: &mut P,
        core: F,
    ) -> Result<P::Output, P::Error>
    where
        F: FnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        self.chain::<P>().run_sync_with(call, input, core)
    }

    /// The provider of a capability: the selected one, else the only active one.
    #[must_use]
    pub fn provider<T: Capability + ?Sized + 'static>(&self) -> Option<Provider<T>> {
        self.roster.providers.one()
    }

    /// The active providers of a capability, live.
    #[must_use]
    pub fn providers<T: Capability + ?Sized + 'static>(&self) -> Providers<T> {
        self.roster.providers.all()
    }

    pub(super) fn roster_of(&self) -> &Arc<Roster> {
        &self.roster
    }

    pub(super) fn instance_of(&self, plugin: &PluginDescriptor) -> Option<&Instance> {
        self.roster.instances.iter().find(|one| one.descriptor.id == plugin.id)
    }

    /// Why a plugin is in error, or was paused for its health.
    #[must_use]
    pub fn cause(&self, plugin: &str) -> Option<String> {
        self.roster.instances.iter().find(|one| one.descriptor.name == plugin)?.life.cause()
    }

    /// What was called since before the start.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.probe.calls()
    }

    /// Listens to a type of event from now on.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime, or if `E` is a request.
    #[must_use]
    pub fn events<E: Event<Reply = ()>>(&self) -> Events<E> {
        Events::on(&self.roster.bus)
    }

    /// Plans a fault of a plugin: in a hook, subscriber, task or command by its name, in a capability's method by
    /// `Storage::get`, or in its `init`, `health` or `shutdown`. Several may be planned for one; each counts the calls for itself.
    ///
    /// # Panics
    ///
    /// If there is no such plugin or function.
    pub fn fault(&self, plugin: &str, what: &str, fault: Fault) {
        plan(&self.roster, &self.probe, plugin, what, fault);
    }

    /// Forgets all faults that were planned for a plugin. One that is striking goes on.
    pub fn heal(&self, plugin: &str) {
        self.probe.heal(plugin);
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.roster.instances.iter().map(|one| one.descriptor.name);
        out.debug_tuple("Host").field(&names.collect::<Vec<_>>()).finish()
    }
}

/// Plans a fault, if there is what it is to strike.
pub(super) fn plan(roster: &Roster, probe: &Probe, plugin: &str, what: &str, fault: Fault) {
    let found = roster.instances.iter().find(|one| one.descriptor.name == plugin);
    let Some(found) = found else {
        let names: Vec<_> = roster.instances.iter().map(|one| one.descriptor.name).collect();
        panic!(
            "no fault can be planned for `{plugin}`, which is not in this host; it has {}",
            listed(&names)
        );
    };
    let functions = functions(found.descriptor);
    let offered = found.descriptor.capabilities.iter();
    // Which methods a capability has, is known to its providers only, which have a meter for each.
    let method = what.split_once("::").is_some_and(|(of, method)| {
        let targets = found.guard.account().activity().targets.into_iter().map(|one| one.target);
        let known: Vec<_> = targets.filter(|one| one.kind == TargetKind::Method && one.of == of).collect();
        offered.clone().any(|one| one.capability.name == of)
            && !method.is_empty()
            && (known.is_empty() || known.iter().any(|one| one.name == method))
    });
    if !method && !functions.contains(&what) {
        let methods: Vec<_> = offered.map(|one| format!("a method of {}", one.capability.name)).collect();
        let functions = functions.into_iter().chain(methods.iter().map(String::as_str));
        panic!(
            "no fault can be planned for `{plugin} {what}`: the plugin has {}",
            listed(&functions.collect::<Vec<_>>())
        );
    }
    probe.plan(plugin, what, fault);
}

/// What of a plugin is called, by name; a method of a capability is not among them.
pub(super) fn functions(plugin: &'static PluginDescriptor) -> Vec<&'static str> {
    let hooks = plugin.hooks.iter().map(|one| one.name);
    let subscribers = plugin.subscriptions.iter().map(|one| one.name);
    let tasks = plugin.tasks.iter().map(|one| one.name);
    let commands = plugin.commands.iter().map(|one| one.name);
    let health = plugin.health.map(|_| "health");
    let shutdown = plugin.shutdown.map(|_| "shutdown");
    let named = hooks.chain(subscribers).chain(tasks).chain(commands);
    named.chain(["init"]).chain(health).chain(shutdown).collect()
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
