//! A snapshot of a manager that can be written as JSON.

use serde::Serialize;

use super::Health;
use crate::descriptor::{Attribute, Permission, PluginDescriptor, Stage};
use crate::graph::Entry;
use crate::hook::HookKind;
use crate::id::Location;
use crate::lifecycle::PluginState;
use crate::plan::PointPlan;

/// All plugins that the app may contain, and the order of the hooks.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// By name.
    pub plugins: Vec<PluginStatus>,
    /// By point.
    pub order: Vec<OrderStatus>,
}

/// One plugin.
#[derive(Clone, Debug, Serialize)]
pub struct PluginStatus {
    /// Its name.
    pub name: &'static str,
    /// The Cargo feature that selects it; empty where it is always there.
    pub feature: &'static str,
    /// Whether this build contains it.
    pub linked: bool,
    /// Where it stands in its life.
    pub state: PluginState,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// How it is, while it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// The rest, where it is linked.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub details: Option<PluginDetails>,
}

/// What the descriptor says.
#[derive(Clone, Debug, Serialize)]
pub struct PluginDetails {
    /// Its version.
    pub version: &'static str,
    /// Its first line of documentation and the rest.
    pub description: &'static str,
    /// Its authors.
    pub authors: &'static str,
    /// Its licence.
    pub license: &'static str,
    /// Where it is declared.
    pub location: Location,
    /// Where its hooks stand by default.
    pub stage: Stage,
    /// Its tags.
    pub tags: &'static [&'static str],
    /// Plugins it requires, with versions.
    pub requires: Vec<String>,
    /// What its source may touch, as it declares.
    pub permissions: &'static [Permission],
    /// Capabilities its init asks for.
    pub needs: Vec<&'static str>,
    /// Capabilities it offers.
    pub provides: Vec<Offer>,
    /// Its hooks: point, kind and function.
    pub hooks: Vec<HookStatus>,
    /// Its commands.
    pub commands: Vec<&'static str>,
}

/// One offered capability.
#[derive(Clone, Debug, Serialize)]
pub struct Offer {
    /// The trait's name.
    pub capability: &'static str,
    /// What the plugin says of it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub attributes: &'static [Attribute],
}

/// One hook.
#[derive(Clone, Debug, Serialize)]
pub struct HookStatus {
    /// The point.
    pub point: &'static str,
    /// The kind.
    pub kind: HookKind,
    /// The function.
    pub hook: &'static str,
}

/// The hooks of one point in their order.
#[derive(Clone, Debug, Serialize)]
pub struct OrderStatus {
    /// The point.
    pub point: &'static str,
    /// The hooks, first to last within each kind.
    pub hooks: Vec<PlaceStatus>,
}

/// One hook in its place.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceStatus {
    /// The kind.
    pub kind: HookKind,
    /// The plugin.
    pub plugin: &'static str,
    /// The function.
    pub hook: &'static str,
    /// The priority that counts.
    pub priority: i32,
    /// Why it stands behind the one before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl PluginStatus {
    pub(crate) fn absent(name: &'static str, feature: &'static str) -> Self {
        Self {
            name,
            feature,
            linked: false,
            state: PluginState::Unloaded,
            cause: None,
            health: None,
            details: None,
        }
    }

    pub(crate) fn of(
        entry: &Entry,
        descriptor: &'static PluginDescriptor,
        state: PluginState,
        cause: Option<String>,
        health: Option<Health>,
    ) -> Self {
        let details = Some(PluginDetails::of(descriptor));
        Self { name: descriptor.name, feature: entry.feature, linked: true, state, cause, health, details }
    }
}

impl PluginDetails {
    fn of(descriptor: &'static PluginDescriptor) -> Self {
        let needs =
            descriptor.dependencies.iter().filter_map(|one| one.need.capability()).map(|one| one.name);
        let requires = descriptor.requires.iter().map(|one| format!("{} {}", one.plugin.name, one.version));
        let hooks = descriptor.hooks.iter().map(|hook| HookStatus {
            point: hook.point.name,
            kind: hook.kind,
            hook: hook.name,
        });
        let provides = descriptor
            .capabilities
            .iter()
            .map(|offered| Offer { capability: offered.capability.name, attributes: offered.attributes });
        Self {
            version: descriptor.version.text,
            description: descriptor.description,
            authors: descriptor.authors,
            license: descriptor.license,
            location: descriptor.location,
            stage: descriptor.stage,
            tags: descriptor.tags,
            requires: requires.collect(),
            permissions: descriptor.permissions,
            needs: needs.collect(),
            provides: provides.collect(),
            hooks: hooks.collect(),
            commands: descriptor.commands.iter().map(|command| command.name).collect(),
        }
    }
}

impl OrderStatus {
    pub(crate) fn of(plan: &PointPlan) -> Self {
        let place = |kind| {
            move |place: &crate::graph::HookPlace| PlaceStatus {
                kind,
                plugin: place.plugin.name,
                hook: place.hook.name,
                priority: place.priority,
                because: place.because.as_ref().map(ToString::to_string),
            }
        };
        let hooks = plan.kinds.iter().flat_map(|order| order.places.iter().map(place(order.kind))).collect();
        Self { point: plan.point.name, hooks }
    }
}
