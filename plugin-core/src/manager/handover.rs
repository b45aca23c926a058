//! Handing the state of an instance to the one that follows it, while nobody changes it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::change::ChangeError;
use super::roster::Roster;
use crate::descriptor::{Pending, RestoreFn, SnapshotFn, State};
use crate::error::{PluginError, panic_message};

/// Waits for the runs in flight, then writes the old state into the new one. New ones are held by the caller meanwhile.
pub(super) async fn hand_over(
    roster: &Arc<Roster>,
    at: usize,
    (snapshot, old): (SnapshotFn, State),
    (restore, new): (RestoreFn, State),
) -> Result<(), ChangeError> {
    let instance = &roster.instances[at];
    let plugin = instance.descriptor.name;
    let limit = instance.settings().handover_timeout;
    // The chains hold leases of what stands in them. They get others, so that those set apart here are only those of runs in
    // flight. A sync run cannot be held; it goes to the old instance under a new lease.
    let in_flight = instance.renew_leases();
    roster.rebind(at);
    let handed = async {
        if tokio::time::timeout(limit, in_flight.given_back()).await.is_err() {
            return Err(ChangeError::NotDrained { plugin, limit });
        }
        let failed = |cause| ChangeError::NotReloaded { plugin, cause };
        let taken = caught("#[snapshot]", || snapshot(old)).await.map_err(failed)?;
        caught("#[restore]", || restore(new, taken)).await.map_err(failed)
    };
    // What hangs here would keep every held run waiting.
    match tokio::time::timeout(limit * 2, handed).await {
        Ok(handed) => handed,
        Err(_) => Err(ChangeError::NotReloaded {
            plugin,
            cause: format!(
                "its `#[snapshot]` and `#[restore]` did not return within {limit:?} (help: raise `plugins.{plugin}.handover_timeout`)"
            ),
        }),
    }
}

async fn caught<T>(what: &str, call: impl FnOnce() -> Pending<T>) -> Result<T, String> {
    let result: Result<Result<T, PluginError>, _> =
        AssertUnwindSafe(async { call().await }).catch_unwind().await;
    match result {
        Ok(done) => done.map_err(|error| format!("its `{what}` failed: {error}")),
        Err(payload) => Err(format!("its `{what}` panicked: {}", panic_message(&*payload))),
    }
}
