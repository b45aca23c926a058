//! Everything that runs behind one manager: its plugins, the plan in force, what they provide, and the chains that their hooks
//! stand in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use super::change::ChangeError;
use super::force::InForce;
use super::instance::Instance;
use super::retire::Retiring;
use super::stop::StopReport;
use crate::capability::{self, Capability};
use crate::config::Section;
use crate::descriptor::{PluginDescriptor, State};
use crate::error::PluginError;
use crate::event::{EventBus, MessageBus, Publisher};
use crate::graph::{Entry, HookPlace, ManagerSpec};
use crate::guard::{self, Guard};
use crate::hook::{AnyChain, BoundHook, Held, PointId};
use crate::id::{Id, IdMap};
use crate::inject::{Around, ProviderTable};
use crate::lifecycle::{Leases, PluginMoved, PluginState};
use crate::observe::{Inspect, Report};

pub(crate) struct Roster {
    /// The lines of the list, and what was added to it.
    pub(crate) entries: Vec<Entry>,
    pub(super) sections: Vec<Section>,
    pub(super) spec: ManagerSpec,
    /// Every linked plugin, in the order of the names, for as long as the manager lives.
    pub(crate) instances: Vec<Instance>,
    places: IdMap<usize>,
    pub(crate) providers: Arc<ProviderTable>,
    pub(crate) bus: EventBus,
    /// The two again, for each `#[init]`.
    pub(super) around: Arc<Around>,
    /// Publishes every move of a plugin.
    pub(super) moved: Publisher<PluginMoved>,
    force: ArcSwap<InForce>,
    /// Those of the instances, for who tells them of spans and must not be the last to hold a plugin's state.
    _guards: Arc<Vec<Arc<Guard>>>,
    chains: Mutex<Vec<(PointId, Box<dyn AnyChain>)>>,
    /// One change at a time.
    pub(super) changing: tokio::sync::Mutex<()>,
    /// Cancelled when the stop begins, or the manager is dropped.
    pub(super) stopping: CancellationToken,
    /// Whether the chains refuse what would come to a hook, for good.
    closed: AtomicBool,
    pub(super) stopped: Mutex<Option<StopReport>>,
    pub(super) retiring: Retiring,
}

impl Roster {
    /// Of what will be reached by `own`.
    pub(super) fn new(
        own: &Weak<Self>,
        entries: Vec<Entry>,
        sections: Vec<Section>,
        spec: ManagerSpec,
        instances: Vec<Instance>,
        force: InForce,
    ) -> Self {
        let (providers, bus) = (ProviderTable::new(force.plan.selected.clone()), EventBus::default());
        let providers = Arc::new(providers);
        let around = Around { providers: providers.clone(), bus: bus.clone(), inspect: Inspect::new(own) };
        let guards: Arc<Vec<_>> = Arc::new(instances.iter().map(|one| one.guard.clone()).collect());
        guard::tell(&guards);
        let places = instances.iter().enumerate().map(|(at, one)| (one.descriptor.id, at)).collect();
        Self {
            entries,
            sections,
            spec,
            instances,
            places,
            providers,
            around: Arc::new(around),
            moved: bus.publisher(),
            bus,
            force: ArcSwap::from_pointee(force),
            _guards: guards,
            chains: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            stopping: CancellationToken::new(),
            closed: AtomicBool::new(false),
            stopped: Mutex::default(),
            retiring: Retiring::default(),
        }
    }

    /// The plugin `name`.
    pub(super) fn find(&self, name: &str) -> Result<usize, ChangeError> {
        self.at(Id::of(name)).ok_or_else(|| {
            let near = self.instances.iter().map(|one| one.descriptor.name);
            let near = near.min_by_key(|one| strsim::damerau_levenshtein(one, name));
            let nearest = near.filter(|one| strsim::damerau_levenshtein(one, name) <= name.len() / 3 + 1);
            ChangeError::Unknown { plugin: name.to_owned(), nearest }
        })
    }

    pub(super) fn at(&self, plugin: Id) -> Option<usize> {
        self.places.get(&plugin).copied()
    }

    pub(super) fn state(&self, at: usize) -> PluginState {
        self.instances[at].life.state()
    }

    /// The plan and the settings in force.
    pub(crate) fn force(&self) -> Arc<InForce> {
        self.force.load_full()
    }

    /// What the plugin cannot be without and that takes no calls.
    pub(super) fn blocked(&self, at: usize) -> Option<usize> {
        let force = self.force.load();
        force.required_by(at).find(|provider| self.state(*provider) != PluginState::Active)
    }

    /// Puts another plan and other settings in force, and every hook in its place there.
    pub(super) fn set_force(&self, force: InForce) {
        for instance in &self.instances {
            drop(instance.set_settings(force.settings.of(instance.descriptor.id).clone()));
        }
        self.force.store(Arc::new(force));
        self.rebind_where(|_| true);
    }

    /// Keeps a chain in step with the plugins from now on.
    pub(crate) fn adopt(&self, point: PointId, chain: Box<dyn AnyChain>) -> Result<(), PluginError> {
        // Under the lock: a plugin that fails meanwhile takes its hooks out of this chain as well.
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        self.install(point, &*chain)?;
        chains.push((point, chain));
        Ok(())
    }

    /// Binds again the points that a plugin hooks, after a move of it or with another instance.
    pub(super) fn rebind(&self, at: usize) {
        let hooks = self.instances[at].descriptor.hooks;
        self.rebind_where(|point| hooks.iter().any(|hook| hook.point.id == point.id));
    }

    /// Lets new async runs of the points that a plugin hooks, and async calls of what it offers, wait until what this yields is
    /// dropped.
    pub(super) fn hold(&self, at: usize) -> (Vec<Held>, capability::Held) {
        let hooks = self.instances[at].descriptor.hooks;
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        let hooked = |point: &PointId| hooks.iter().any(|hook| hook.point.id == point.id);
        let held = chains.iter().filter(|(point, _)| hooked(point)).map(|(_, chain)| chain.hold()).collect();
        (held, self.providers.hold(self.instances[at].descriptor.name))
    }

    fn rebind_where(&self, touched: impl Fn(&PointId) -> bool) {
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        for (point, chain) in chains.iter().filter(|(point, _)| touched(point)) {
            // Only a descriptor that was written by hand binds at the start and not now.
            if let Err(error) = self.install(*point, &**chain) {
                tracing::error!(point = point.name, %error, "the hooks of a point stand as before");
            }
        }
    }

    /// What every enabled plugin is and has done, by name.
    pub(crate) fn reports(&self) -> Vec<Report> {
        let mut reports: Vec<Report> =
            self.instances.iter().filter(|one| one.is_enabled()).map(Report::of).collect();
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        for (plugin, target, metrics) in chains.iter().flat_map(|(_, chain)| chain.metrics()) {
            if let Ok(at) = reports.binary_search_by_key(&plugin, |report| report.plugin) {
                reports[at].activity.add(target, metrics);
            }
        }
        reports
    }

    /// Refuses every run that begins from now on and would come to a hook, for the manager stops: going on without the hooks
    /// would let pass what they are there to stop. Nothing is bound after this.
    pub(super) fn close(&self) {
        self.rebind_where(|_| true);
        self.closed.store(true, Ordering::Release);
    }

    /// Lets runs and callers reach an instance that has become active, or has taken the place of another.
    pub(super) fn open(&self, at: usize, state: &State) -> Result<(), PluginError> {
        let instance = &self.instances[at];
        let plugin = instance.descriptor;
        let offers = plugin.capabilities.iter();
        let targets: Vec<_> =
            offers.map(|one| Ok((one, (one.provide)(state.clone())?))).collect::<Result<_, PluginError>>()?;
        for (offered, target) in targets {
            let (id, attributes) = (offered.capability.id, offered.attributes);
            self.providers.offer(id, plugin.name, attributes, &instance.guard, &instance.leases(), target)?;
        }
        // A carriage stays over a reload: its provider is live.
        if carries(plugin)
            && !self.bus.is_carried()
            && let Some(carrier) = self.providers.one::<dyn MessageBus>()
        {
            self.bus.carry(carrier);
        }
        self.rebind(at);
        Ok(())
    }

    /// Keeps new runs and calls away from a plugin that takes none any more.
    pub(super) fn shut(&self, at: usize) {
        let plugin = self.instances[at].descriptor;
        if carries(plugin) {
            self.bus.uncarry();
        }
        self.providers.withdraw(plugin.name, self.state(at));
        if !self.closed.load(Ordering::Acquire) {
            self.rebind(at);
        }
    }

    /// Binds the hooks of a point and puts them into its chain.
    fn install(&self, point: PointId, chain: &dyn AnyChain) -> Result<(), PluginError> {
        let force = self.force.load();
        let plan = force.plan.points().iter().find(|plan| plan.point.id == point.id);
        let kinds = plan.map_or(&[][..], |plan| &plan.kinds);
        let mut hooks = Vec::with_capacity(kinds.iter().map(|order| order.places.len()).sum());
        let stopping = self.stopping.is_cancelled();
        for place in kinds.iter().flat_map(|order| &order.places) {
            hooks.extend(self.bound(&force, place, stopping)?);
        }
        chain.install(hooks).map_err(|plugin| {
            PluginError::new(format!(
                "a hook of `{plugin}` is bound to another point than its descriptor says"
            ))
        })
    }

    /// A hook of a plugin that takes calls now, or one that refuses them because nobody may go around it.
    fn bound(
        &self,
        force: &InForce,
        place: &HookPlace,
        stopping: bool,
    ) -> Result<Option<BoundHook>, PluginError> {
        let instance = &self.instances[force.place(place.at)];
        let state = instance.life.state();
        let closed = match state {
            PluginState::Active if stopping => Some(PluginState::Unloading),
            PluginState::Active => None,
            _ if instance.is_closed() => Some(state),
            _ => return Ok(None),
        };
        let Some((state, lease)) = instance.leased() else { return Ok(None) };
        let handler = (place.hook.bind)(state).map_err(|error| error.context(place.plugin.name))?;
        // A closed hook calls nobody, so nobody waits for it.
        let lease = if closed.is_some() { Leases::default().lease() } else { lease };
        let (hook, guard, idempotent) = (place.hook.name, instance.guard.clone(), place.hook.idempotent);
        Ok(Some(BoundHook { plugin: place.plugin.id, hook, guard, lease, handler, closed, idempotent }))
    }
}

/// Whether a plugin offers what carries events to other processes.
fn carries(plugin: &PluginDescriptor) -> bool {
    plugin.capabilities.iter().any(|one| one.capability.id == <dyn MessageBus as Capability>::ID.id)
}
