//! Holding a chain: runs that begin wait until it is let go.

use std::sync::Arc;

use super::HookPoint;
use super::shared::Shared;

/// While it lives, async runs of one chain wait where they begin; those that have begun go on. Dropping it lets them go.
#[must_use = "the chain is held only while this lives"]
#[expect(dead_code, reason = "it is only dropped")]
pub(crate) struct Held(Box<dyn Send + Sync>);

/// What a [`Held`] of a chain of `P` does when it is dropped.
struct Release<P: HookPoint>(Arc<Shared<P>>);

impl Held {
    pub(super) fn of<P: HookPoint>(chain: Arc<Shared<P>>) -> Self {
        chain.hold();
        Self(Box::new(Release(chain)))
    }
}

impl<P: HookPoint> Drop for Release<P> {
    fn drop(&mut self) {
        self.0.release();
    }
}
