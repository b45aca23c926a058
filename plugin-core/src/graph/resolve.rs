//! What depends on the enabled set: which provider serves whom, conflicts, what `replace` allows once, and who answers a request.

use std::collections::BTreeMap;

use super::order::Edge;
use super::problem::{Problem, field_subject};
use super::set::{FieldNeed, ManagerSpec};
use crate::capability::CapabilityId;
use crate::descriptor::PluginDescriptor;
use crate::hook::HookKind;
use crate::id::{IdMap, Location};
use crate::inject::Need;

/// Who serves whom.
pub(crate) struct Resolution {
    /// Edges between the indexes of the plugins.
    pub(crate) edges: Vec<Edge>,
    /// The provider that the config selects, by capability.
    pub(crate) selected: IdMap<String>,
    pub(crate) problems: Vec<Problem>,
}

struct Offers<'a> {
    of: IdMap<(CapabilityId, Vec<usize>)>,
    plugins: &'a [&'static PluginDescriptor],
    selected: IdMap<String>,
}

/// Resolves the enabled plugins, given in the order of their names, and where each stands by its name.
pub(crate) fn resolve(
    plugins: &[&'static PluginDescriptor],
    by_name: &IdMap<usize>,
    selection: &BTreeMap<String, String>,
    spec: &ManagerSpec,
) -> Resolution {
    let mut problems = Vec::new();
    let offers = Offers::new(plugins, selection, spec, &mut problems);
    let mut edges = Vec::new();
    for (dependent, plugin) in plugins.iter().enumerate() {
        let from = edges.len();
        let required = plugin.requires.iter().filter_map(|one| by_name.get(&one.plugin.id));
        edges.extend(required.map(|provider| Edge { dependent, provider: *provider, required: true }));
        for dependency in plugin.dependencies {
            let subject = || format!("plugin `{}`", plugin.name);
            let (providers, required) = match dependency.need {
                Need::Nothing => continue,
                Need::One(capability) => {
                    (offers.one(&capability, subject, dependency.location, &mut problems), true)
                }
                Need::Optional(capability) => {
                    (offers.one(&capability, subject, dependency.location, &mut problems), false)
                }
                Need::All(capability) => (offers.all(&capability), false),
            };
            let others = providers.iter().copied().filter(|provider| required || *provider != dependent);
            edges.extend(others.map(|provider| Edge { dependent, provider, required }));
        }
        edges[from..].sort_unstable_by_key(|edge| (edge.provider, !edge.required));
        for conflict in plugin.conflicts {
            if let Some(other) = by_name.get(&conflict.id) {
                problems.push(Problem::Conflict {
                    plugin,
                    other: plugins[*other],
                    location: conflict.location,
                });
            }
        }
    }
    for field in spec.fields {
        if let FieldNeed::One(capability) | FieldNeed::Optional(capability) = field.need {
            offers.one(&capability, || field_subject(spec.name, field), field.location, &mut problems);
        }
    }
    several_replaces(plugins, &mut problems);
    several_answerers(plugins, &mut problems);
    edges.dedup_by_key(|edge| (edge.dependent, edge.provider));
    Resolution { edges, selected: offers.selected, problems }
}

impl<'a> Offers<'a> {
    fn new(
        plugins: &'a [&'static PluginDescriptor],
        selection: &BTreeMap<String, String>,
        spec: &ManagerSpec,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut of: IdMap<(CapabilityId, Vec<usize>)> = IdMap::default();
        for (at, plugin) in plugins.iter().enumerate() {
            for offered in plugin.capabilities {
                of.entry(offered.capability.id)
                    .or_insert_with(|| (offered.capability, Vec::new()))
                    .1
                    .push(at);
            }
        }
        if selection.is_empty() {
            return Self { of, plugins, selected: IdMap::default() };
        }
        let asked = plugins
            .iter()
            .flat_map(|plugin| plugin.dependencies)
            .filter_map(|one| one.need.capability().copied());
        let fields = spec.fields.iter().filter_map(|field| match field.need {
            FieldNeed::One(capability) | FieldNeed::Optional(capability) | FieldNeed::All(capability) => {
                Some(capability)
            }
            _ => None,
        });
        let known: Vec<CapabilityId> =
            of.values().map(|(capability, _)| *capability).chain(asked).chain(fields).collect();
        let mut selected = IdMap::default();
        for (capability, plugin) in selection {
            let of_name: Vec<&CapabilityId> =
                known.iter().filter(|one| one.name == capability || one.path == capability).collect();
            let providers: Vec<&'static str> = of_name
                .iter()
                .filter_map(|one| of.get(&one.id))
                .flat_map(|(_, providers)| providers.iter().map(|at| plugins[*at].name))
                .collect();
            let known_provider = providers.contains(&plugin.as_str());
            if !known_provider {
                let nearest =
                    known.iter().map(|one| one.name).min_by_key(|name| strsim::levenshtein(name, capability));
                let nearest =
                    nearest.filter(|name| of_name.is_empty() && strsim::levenshtein(name, capability) <= 3);
                let (capability, plugin) = (capability.clone(), plugin.clone());
                let mut providers = providers;
                providers.sort_unstable();
                providers.dedup();
                problems.push(Problem::WrongSelection { capability, plugin, providers, nearest });
            }
            // Of several capabilities of one name, the selection holds for those that the plugin offers.
            let offers = |one: &&&CapabilityId| {
                !known_provider
                    || of
                        .get(&one.id)
                        .is_some_and(|(_, all)| all.iter().any(|at| plugins[*at].name == plugin))
            };
            selected.extend(of_name.iter().filter(offers).map(|one| (one.id, plugin.clone())));
        }
        Self { of, plugins, selected }
    }

    fn all(&self, capability: &CapabilityId) -> &[usize] {
        self.of.get(&capability.id).map_or(&[], |(_, providers)| providers)
    }

    /// The selected provider, else the only one; several without a selection are a problem, none is the check's to tell.
    fn one(
        &self,
        capability: &CapabilityId,
        by: impl FnOnce() -> String,
        location: Location,
        problems: &mut Vec<Problem>,
    ) -> &[usize] {
        let providers = self.all(capability);
        if let Some(name) = self.selected.get(&capability.id) {
            // They stand together: they are in the order of the names.
            let named = |at: &usize| self.plugins[*at].name == name;
            let first = providers.iter().position(named).unwrap_or(providers.len());
            let end = first + providers[first..].iter().take_while(|at| named(at)).count();
            return &providers[first..end];
        }
        if providers.len() > 1 {
            let providers = providers.iter().map(|at| self.plugins[*at]).collect();
            problems.push(Problem::SeveralProviders {
                by: by(),
                location,
                capability: *capability,
                providers,
            });
            return &[];
        }
        providers
    }
}

fn several_replaces(plugins: &[&'static PluginDescriptor], problems: &mut Vec<Problem>) {
    let mut of_point: BTreeMap<&'static str, Vec<(&'static str, Location)>> = BTreeMap::new();
    for plugin in plugins {
        for hook in plugin.hooks.iter().filter(|hook| hook.kind == HookKind::Replace) {
            of_point.entry(hook.point.path).or_default().push((plugin.name, hook.location));
        }
    }
    for (path, hooks) in of_point.into_iter().filter(|(_, hooks)| hooks.len() > 1) {
        let point = path.rsplit("::").next().unwrap_or(path);
        problems.push(Problem::SeveralReplaces { point, hooks });
    }
}

fn several_answerers(plugins: &[&'static PluginDescriptor], problems: &mut Vec<Problem>) {
    let mut of_topic: BTreeMap<&'static str, Vec<_>> = BTreeMap::new();
    for plugin in plugins {
        for one in plugin.subscriptions.iter().filter(|one| one.topic.answered) {
            of_topic.entry(one.topic.name).or_default().push((plugin.name, one.name, one.location));
        }
    }
    for (topic, subscribers) in of_topic.into_iter().filter(|(_, subscribers)| subscribers.len() > 1) {
        problems.push(Problem::SeveralAnswerers { topic, subscribers });
    }
}
