//! What a new configuration changes, plugin by plugin, against what is in force.

use super::force::InForce;
use super::instance::Instance;
use super::roster::Roster;
use crate::capability::CapabilityId;
use crate::config::PluginSettings;
use crate::graph::{FieldNeed, ManagerSpec};
use crate::inject::Need;
use crate::lifecycle::PluginState;
use crate::manager::ChangeError;
use crate::plan::Plan;

/// What changes for one plugin.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Differs {
    pub(super) enabled: bool,
    pub(super) config: bool,
    /// What its `#[init]` may take comes from another plugin, or from one at all.
    pub(super) provider: bool,
    /// What it cannot be without comes from another plugin.
    pub(super) moved: bool,
    pub(super) policy: bool,
    /// Anything else: priority, deadlines, whether it is required.
    pub(super) settings: bool,
}

/// What changes for each of the roster's plugins from what is in force to `next`.
pub(super) fn plugins(roster: &Roster, next: &InForce) -> Vec<Differs> {
    let now = roster.force();
    roster.instances.iter().map(|instance| plugin(instance, &now, next)).collect()
}

fn plugin(instance: &Instance, now: &InForce, next: &InForce) -> Differs {
    let (has, wants) = (instance.settings(), next.settings.plugin(instance.descriptor.name));
    let runs = instance.life.state() != PluginState::Unloaded;
    let same = PluginSettings { enabled: has.enabled, config: has.config.clone(), ..wants.clone() };
    let given = |plan: &Plan, capability: CapabilityId| plan.provider(capability.id).map(|one| one.id);
    let other = |capability| given(&now.plan, capability) != given(&next.plan, capability);
    let needs = || instance.descriptor.dependencies.iter().map(|one| one.need);
    let moved = needs().any(|need| matches!(need, Need::One(capability) if other(capability)));
    let appeared = needs().any(|need| matches!(need, Need::Optional(capability) if other(capability)));
    let stays = runs && wants.enabled;
    Differs {
        enabled: runs != wants.enabled,
        config: has.config != wants.config,
        provider: stays && (moved || appeared),
        moved: stays && moved,
        policy: *instance.guard.policy() != wants.policy,
        settings: *has != same,
    }
}

/// Refuses a change that would take a provider from under a field of the manager, which holds it.
pub(super) fn fields(spec: &ManagerSpec, now: &InForce, next: &InForce) -> Result<(), ChangeError> {
    for field in spec.fields {
        let (FieldNeed::One(capability) | FieldNeed::Optional(capability)) = field.need else { continue };
        let Some(held) = now.plan.provider(capability.id) else { continue };
        // One that is gone refuses its calls; another would never be asked.
        if next.plan.provider(capability.id).is_some_and(|one| one.id != held.id) {
            return Err(ChangeError::HeldByHost {
                field: field.name,
                capability: capability.name,
                plugin: held.name,
            });
        }
    }
    Ok(())
}
