//! The guard's policy of a plugin, changed while it runs.

use super::change::ChangeError;
use super::roster::Roster;
use crate::guard::Policy;
use crate::lifecycle::AUDIT;

pub(super) fn set(roster: &Roster, name: &str, policy: Policy) -> Result<(), ChangeError> {
    let instance = &roster.instances[roster.find(name)?];
    if *instance.guard.policy() != policy {
        tracing::info!(target: AUDIT, plugin = instance.descriptor.name, ?policy, "policy changed");
        instance.guard.set_policy(policy);
    }
    Ok(())
}
