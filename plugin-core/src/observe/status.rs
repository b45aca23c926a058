//! A snapshot of a manager that can be written as JSON.

use serde::Serialize;

use super::{Activity, HealthStatus, Report, Timestamp};
use crate::descriptor::{Attribute, Permission, PluginDescriptor, Stage};
use crate::event::BusStatus;
use crate::graph::{Absent, Entry};
use crate::guard::GuardStatus;
use crate::hook::HookKind;
use crate::id::Location;
use crate::lifecycle::{MoveReason, PluginState};
use crate::manager::Roster;
use crate::plan::PointPlan;

/// All that is to be known of a manager at one moment. A dashboard draws `plugins`, `edges` and `order`; an operator reads on to
/// `cause`, `health.reason`, `tasks[].last_failure` and `targets[].last_error`.
///
/// Times are nanoseconds where the key ends in `_ns`, and RFC 3339 in UTC where they are moments; memory is in bytes. Counts begin
/// with the manager. A key whose value is not known is left out.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// When this was taken.
    pub at: Timestamp,
    /// The plugins that the app may contain, by name.
    pub plugins: Vec<PluginStatus>,
    /// The plugins of each level of the start. They come up together, after all earlier levels, and go down in reverse.
    pub levels: Vec<Vec<&'static str>>,
    /// Which plugin waits for which.
    pub edges: Vec<EdgeStatus>,
    /// The hooks of each point in their order, by point.
    pub order: Vec<OrderStatus>,
    /// The topics of the bus, with who listens.
    pub events: BusStatus,
}

/// One plugin.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PluginStatus {
    /// Its name.
    pub name: &'static str,
    /// The Cargo feature that selects it; empty where it is always there.
    pub feature: &'static str,
    /// Whether this build contains it.
    pub linked: bool,
    /// Where it stands in its life.
    pub state: PluginState,
    /// Why it stands there: of a paused one, what keeps it paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<MoveReason>,
    /// What went wrong, where it is in error or was paused for its health.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// How often it has moved from one state to another.
    pub moves: u64,
    /// How it is, while it is active or paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthStatus>,
    /// Its breaker and limits, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<GuardStatus>,
    /// What it has done, where it is enabled.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub activity: Option<Activity>,
    /// What it is, where it is linked.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub details: Option<PluginDetails>,
}

/// One plugin waits for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct EdgeStatus {
    /// Who waits.
    pub from: &'static str,
    /// For whom.
    pub to: &'static str,
    /// Whether it cannot do without.
    pub required: bool,
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

impl Status {
    pub(crate) fn of(roster: &Roster) -> Self {
        let mut reports = roster.reports();
        let one = |entry: &Entry| match entry.plugin {
            Ok(descriptor) => {
                let at = reports.iter().position(|one| one.plugin == descriptor.name);
                Some(PluginStatus::of(entry, descriptor, at.map(|at| reports.swap_remove(at))))
            }
            Err(Absent::Feature) => Some(PluginStatus::absent(entry)),
            Err(Absent::Disabled(_)) => None,
        };
        let mut plugins: Vec<_> = roster.entries.iter().filter_map(one).collect();
        plugins.sort_by_key(|one| one.name);
        let plan = &roster.force().plan;
        let edge = |(from, to, required): (&PluginDescriptor, &PluginDescriptor, bool)| EdgeStatus {
            from: from.name,
            to: to.name,
            required,
        };
        Self {
            at: Timestamp::now(),
            plugins,
            levels: plan.levels().map(|level| level.iter().map(|one| one.name).collect()).collect(),
            edges: plan.edges().map(edge).collect(),
            order: plan.points().iter().map(OrderStatus::of).collect(),
            events: roster.bus.status(),
        }
    }
}

impl PluginStatus {
    fn absent(entry: &Entry) -> Self {
        Self {
            name: entry.name(),
            feature: entry.feature,
            linked: false,
            state: PluginState::Unloaded,
            reason: None,
            cause: None,
            moves: 0,
            health: None,
            guard: None,
            activity: None,
            details: None,
        }
    }

    fn of(entry: &Entry, descriptor: &'static PluginDescriptor, report: Option<Report>) -> Self {
        let linked =
            Self { linked: true, details: Some(PluginDetails::of(descriptor)), ..Self::absent(entry) };
        match report {
            None => linked,
            Some(Report { plugin: _, state, reason, cause, moves, health, guard, activity }) => Self {
                state,
                reason,
                cause,
                moves,
                health,
                guard: Some(guard),
                activity: Some(activity),
                ..linked
            },
        }
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
