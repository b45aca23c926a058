//! What is in force: a plan, the settings that it was made with, and its orders over all linked plugins.

use std::sync::Arc;

use super::instance::Instance;
use crate::config::Settings;
use crate::graph::Lists;
use crate::plan::Plan;

/// A plan and its settings; indexes are those of the roster's instances.
pub(crate) struct InForce {
    pub(crate) plan: Arc<Plan>,
    pub(crate) settings: Arc<Settings>,
    /// The order of start.
    pub(super) levels: Vec<Vec<usize>>,
    /// What each plugin cannot be without.
    required: Lists,
    /// Where the plan's plugins stand.
    places: Vec<usize>,
}

impl InForce {
    pub(super) fn new(plan: Plan, settings: Settings, instances: &[Instance]) -> Self {
        // Both are in the order of the names, and the plan's plugins are among the linked ones: one walk finds them all.
        let mut linked = instances.iter().enumerate();
        let places: Vec<usize> = plan
            .plugins()
            .iter()
            .filter_map(|plugin| linked.find(|(_, one)| one.descriptor.id == plugin.id))
            .map(|(at, _)| at)
            .collect();
        let level = |level: &Vec<usize>| level.iter().map(|at| places[*at]).collect();
        let levels = plan.level_indexes().iter().map(level).collect();
        let required = plan.edges.iter().filter(|edge| edge.required);
        let required = required.map(|edge| (places[edge.dependent], places[edge.provider]));
        let required = Lists::of(instances.len(), required);
        Self { plan: Arc::new(plan), settings: Arc::new(settings), levels, required, places }
    }

    /// The same plan with other settings.
    pub(super) fn with(&self, settings: Settings) -> Self {
        Self {
            plan: self.plan.clone(),
            settings: Arc::new(settings),
            levels: self.levels.clone(),
            required: self.required.clone(),
            places: self.places.clone(),
        }
    }

    /// Where a plugin of the plan stands.
    pub(super) fn place(&self, in_plan: usize) -> usize {
        self.places[in_plan]
    }

    /// What the plugin cannot be without.
    pub(super) fn required_by(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        self.required.of_node(at).iter().copied()
    }

    /// Which of `roots` each plugin cannot be without, over any number of steps; nothing for the roots themselves.
    pub(super) fn rests_on(&self, roots: &[usize]) -> Vec<Option<usize>> {
        let mut root = vec![None; self.levels.iter().flatten().max().map_or(0, |most| most + 1)];
        for at in self.levels.iter().flatten().filter(|at| !roots.contains(at)) {
            let mut on = self.required_by(*at);
            root[*at] = on.find_map(|provider| match roots.contains(&provider) {
                true => Some(provider),
                false => root[provider],
            });
        }
        root
    }
}
