//! A plan: the proof that a composition holds, with its orders. Only [`Plan::make`] makes one, and a manager starts only from one.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry as Place;

use crate::config::{self, Settings};
use crate::descriptor::PluginDescriptor;
use crate::graph::{
    Absent, Ambiguity, CompositionError, Edge, Entry, Finding, HookOrder, HookSource, ManagerSpec, Problem,
    levels, order_hooks, resolve,
};
use crate::hook::{HookKind, PointId};
use crate::id::{Id, IdMap, IdSet};
use crate::registry::Registry;

/// What would start, in which order, and with which hooks where.
#[derive(Clone, Debug)]
pub struct Plan {
    plugins: Vec<&'static PluginDescriptor>,
    levels: Vec<Vec<usize>>,
    points: Vec<PointPlan>,
    ambiguities: Vec<Ambiguity>,
    notes: Vec<String>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) selected: IdMap<String>,
}

/// The hooks of one point.
#[derive(Clone, Debug)]
pub struct PointPlan {
    /// The point.
    pub point: PointId,
    /// Its hooks by kind, in the order of a run.
    pub kinds: Vec<HookOrder>,
}

impl Plan {
    /// Checks `entries` with what `settings` enable against all rules.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn make(
        entries: &[Entry],
        settings: &Settings,
        spec: &ManagerSpec,
    ) -> Result<Self, Box<CompositionError>> {
        let mut priorities = IdMap::default();
        let entries: Vec<Entry> =
            entries.iter().map(|entry| as_enabled(entry, settings, &mut priorities)).collect();
        let findings = crate::graph::check_at_start(&entries, spec);
        let mut plugins: Vec<&'static PluginDescriptor> =
            entries.iter().filter_map(|entry| entry.plugin.ok()).collect();
        plugins.sort_by_key(|plugin| plugin.name);
        plugins.dedup_by_key(|plugin| plugin.id);
        let by_name: IdMap<usize> = plugins.iter().enumerate().map(|(at, plugin)| (plugin.id, at)).collect();
        let mut resolution = resolve(&plugins, &by_name, settings.selected(), spec);
        let mut problems = std::mem::take(&mut resolution.problems);
        let levels = levels(plugins.len(), &resolution.edges).unwrap_or_else(|circle| {
            // A circle of required edges is a finding already.
            if !findings.iter().any(|finding| matches!(finding, Finding::Cycle(_))) {
                problems
                    .push(Problem::StartCircle { plugins: circle.iter().map(|at| plugins[*at]).collect() });
            }
            Vec::new()
        });
        let (points, ambiguities) = order_points(&plugins, &priorities, &mut problems);
        if settings.ambiguity() == config::Ambiguity::Deny {
            problems.extend(ambiguities.iter().cloned().map(Problem::Ambiguous));
        }
        if !findings.is_empty() || !problems.is_empty() {
            return Err(Box::new(CompositionError { findings, problems, entries }));
        }
        let notes = unknown_anchors(&plugins, &by_name, &entries);
        Ok(Self {
            plugins,
            levels,
            points,
            ambiguities,
            notes,
            edges: resolution.edges,
            selected: resolution.selected,
        })
    }

    /// The enabled plugins, in the order of their names.
    #[must_use]
    pub fn plugins(&self) -> &[&'static PluginDescriptor] {
        &self.plugins
    }

    /// The order of start: the plugins of a level start together, after all earlier levels.
    pub fn levels(&self) -> impl Iterator<Item = Vec<&'static PluginDescriptor>> + '_ {
        self.levels.iter().map(|level| level.iter().map(|at| self.plugins[*at]).collect())
    }

    /// Who provides a capability to whoever asks for one provider: the selected plugin, else the only one.
    pub(crate) fn provider(&self, capability: Id) -> Option<&'static PluginDescriptor> {
        let offers = |one: &&&'static PluginDescriptor| {
            one.capabilities.iter().any(|offered| offered.capability.id == capability)
        };
        let mut all = self.plugins.iter().filter(offers);
        match self.selected.get(&capability) {
            Some(name) => all.find(|one| one.name == name).copied(),
            None => all.next().copied().filter(|_| all.next().is_none()),
        }
    }

    pub(crate) fn level_indexes(&self) -> &[Vec<usize>] {
        &self.levels
    }

    /// The points that are hooked, in the order of their names.
    #[must_use]
    pub fn points(&self) -> &[PointPlan] {
        &self.points
    }

    /// Hooks that only the names of their plugins order.
    #[must_use]
    pub fn ambiguities(&self) -> &[Ambiguity] {
        &self.ambiguities
    }

    /// What is odd but allowed.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Which plugins wait for which at start: dependent, provider, and whether the dependent cannot do without.
    pub fn edges(
        &self,
    ) -> impl Iterator<Item = (&'static PluginDescriptor, &'static PluginDescriptor, bool)> + '_ {
        self.edges
            .iter()
            .map(|edge| (self.plugins[edge.dependent], self.plugins[edge.provider], edge.required))
    }

    /// Why the hooks of the point `name` stand as they do, a line each.
    #[must_use]
    pub fn explain(&self, name: &str) -> Option<String> {
        let plan = self.points.iter().find(|plan| plan.point.name == name)?;
        Some(plan.to_string())
    }
}

impl std::fmt::Display for PointPlan {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.point.name)?;
        for order in &self.kinds {
            let way = if order.kind.reversed() { " (runs last to first)" } else { "" };
            write!(out, "\n  {}{way}", order.kind)?;
            for (at, place) in order.places.iter().enumerate() {
                write!(out, "\n    {}. {} · {}", at + 1, place.plugin.name, place.hook.name)?;
                if let Some(because) = &place.because {
                    write!(out, " — {because}")?;
                }
            }
        }
        Ok(())
    }
}

/// As the config has it, with the priority that an operator gives it: what the config says is looked up once.
fn as_enabled(entry: &Entry, settings: &Settings, priorities: &mut IdMap<i32>) -> Entry {
    let Ok(plugin) = entry.plugin else { return *entry };
    let said = settings.of(plugin.id);
    if !said.enabled {
        return Entry { plugin: Err(Absent::Disabled(plugin)), ..*entry };
    }
    priorities.extend(said.priority.map(|priority| (plugin.id, priority)));
    *entry
}

fn order_points(
    plugins: &[&'static PluginDescriptor],
    priorities: &IdMap<i32>,
    problems: &mut Vec<Problem>,
) -> (Vec<PointPlan>, Vec<Ambiguity>) {
    let mut hooked: Vec<(PointId, BTreeMap<HookKind, Vec<HookSource>>)> = Vec::new();
    let mut known = IdMap::default();
    for (at, plugin) in plugins.iter().enumerate().filter(|(_, plugin)| !plugin.hooks.is_empty()) {
        let priority = priorities.get(&plugin.id).copied();
        for hook in plugin.hooks {
            let place = match known.entry(hook.point.id) {
                Place::Occupied(known) => *known.get(),
                Place::Vacant(new) => {
                    hooked.push((hook.point, BTreeMap::new()));
                    *new.insert(hooked.len() - 1)
                }
            };
            let (_, kinds) = &mut hooked[place];
            kinds.entry(hook.kind).or_default().push(HookSource { at, plugin, hook, priority });
        }
    }
    hooked.sort_by_key(|(point, _)| point.path);
    let mut points = Vec::new();
    let mut ambiguities = Vec::new();
    for (point, kinds) in hooked {
        let mut orders = Vec::new();
        for (kind, hooks) in kinds {
            match order_hooks(point.name, kind, hooks) {
                Ok((order, ambiguous)) => {
                    orders.push(order);
                    ambiguities.extend(ambiguous);
                }
                Err(problem) => problems.push(*problem),
            }
        }
        points.push(PointPlan { point, kinds: orders });
    }
    points.sort_by_key(|plan| plan.point.name);
    (points, ambiguities)
}

/// An edge to a plugin that is absent is ignored; one to a name that no list has is told, with the nearest.
fn unknown_anchors(
    plugins: &[&'static PluginDescriptor],
    by_name: &IdMap<usize>,
    entries: &[Entry],
) -> Vec<String> {
    // Most name what is there.
    let known = LazyCell::new(|| entries.iter().map(Entry::id).collect::<IdSet>());
    let mut meant: IdMap<Option<&str>> = IdMap::default();
    let mut notes = Vec::new();
    for plugin in plugins {
        for anchor in
            plugin.hooks.iter().flat_map(|hook| hook.before.iter().chain(hook.after)).chain(plugin.conflicts)
        {
            if by_name.contains_key(&anchor.id) || known.contains(&anchor.id) {
                continue;
            }
            // Many may name the same plugin of another app.
            if let Some(nearest) = *meant.entry(anchor.id).or_insert_with(|| nearest(anchor.name, entries)) {
                notes.push(format!(
                    "plugin `{}` names `{}`, which no plugin is called; did you mean `{nearest}`?\n  --> {}",
                    plugin.name, anchor.name, anchor.location
                ));
            }
        }
    }
    notes
}

/// The name that differs from `name` by two letters at most, and by the fewest.
fn nearest(name: &str, entries: &[Entry]) -> Option<&'static str> {
    let names = entries.iter().map(|entry| (strsim::levenshtein(entry.name(), name), entry.name()));
    names.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= 2).map(|(_, name)| name)
}

/// Compares what the linker collected with the list: every difference is a plugin that would be silently lost or added.
pub(crate) fn compare_registry(entries: &[Entry], registry: &Registry) -> Vec<Problem> {
    let listed: Registry = entries.iter().filter_map(|entry| entry.plugin.ok()).collect();
    // By name and place: a descriptor is a const, which may have several addresses.
    let same = |one: &PluginDescriptor, other: &PluginDescriptor| {
        one.id == other.id && one.location == other.location && one.package == other.package
    };
    let absent = |here: &Registry, plugin: &PluginDescriptor| {
        !here.named(plugin.name).iter().any(|one| same(one, plugin))
    };
    let not_listed =
        registry.iter().filter(|plugin| absent(&listed, plugin)).map(|plugin| Problem::NotListed { plugin });
    let not_registered = listed
        .iter()
        .filter(|plugin| absent(registry, plugin))
        .map(|plugin| Problem::NotRegistered { plugin });
    not_listed.chain(not_registered).collect()
}
