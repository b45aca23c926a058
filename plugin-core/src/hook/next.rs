//! What an `around` hook wraps.

use super::chain::{Link, Links, guarded, guarded_sync};
use super::erase::SendCore;
use super::{Around, Call, HookPoint, SyncPoint};

/// The rest of a run as an `around` hook sees it: the inner `around` hooks, then `replace` or the core.
///
/// [`run`](Self::run) takes `self`, so the rest runs at most once; dropping it unused is a short-circuit.
#[must_use = "without `next.run(input)` the core does not run"]
pub struct Next<'a, P: HookPoint> {
    pub(super) arounds: &'a [AroundLink<P>],
    pub(super) links: &'a Links<P>,
    pub(super) core: Core<'a, P>,
    pub(super) call: &'a Call,
}

type AroundLink<P> = Link<dyn Around<P>>;

/// A core that never awaits.
pub(super) type SyncCore<'a, P> =
    Box<dyn FnOnce(&mut P) -> Result<<P as HookPoint>::Output, <P as HookPoint>::Error> + Send + 'a>;

pub(super) enum Core<'a, P: HookPoint> {
    Async(SendCore<'a, P>),
    Sync(SyncCore<'a, P>),
}

impl<'a, P: HookPoint> Next<'a, P> {
    /// Runs the rest.
    ///
    /// # Errors
    ///
    /// What the inner hooks or the core fail with.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops what is in flight inside it.
    pub async fn run(mut self, input: &mut P) -> Result<P::Output, P::Error> {
        if let Some((link, rest)) = self.next_around() {
            self.arounds = rest;
            let call = self.call;
            return guarded(link, |hook| hook.call(input, self, call)).await;
        }
        if let Some(link) = self.links.active_replace() {
            return guarded(link, |hook| hook.call(input, self.call)).await;
        }
        match self.core {
            Core::Async(core) => core.call(input).await,
            Core::Sync(core) => core(input),
        }
    }

    /// Runs the rest of a point that never awaits.
    ///
    /// # Errors
    ///
    /// What the inner hooks or the core fail with.
    pub fn run_sync(mut self, input: &mut P) -> Result<P::Output, P::Error>
    where
        P: SyncPoint,
    {
        if let Some((link, rest)) = self.next_around() {
            self.arounds = rest;
            let call = self.call;
            return guarded_sync(link, |hook| hook.call(input, self, call));
        }
        if let Some(link) = self.links.active_replace() {
            return guarded_sync(link, |hook| hook.call(input, self.call));
        }
        match self.core {
            Core::Sync(core) => core(input),
            // `run` is the only maker of `Core::Async`, and asks for an `AsyncPoint`; a point is never both.
            Core::Async(_) => Err(super::CallError::Suspended { plugin: "host", hook: "core" }.into()),
        }
    }

    /// The next active `around` hook and those inside it.
    fn next_around(&self) -> Option<(&'a AroundLink<P>, &'a [AroundLink<P>])> {
        let at = self.arounds.iter().position(Link::active)?;
        Some((&self.arounds[at], &self.arounds[at + 1..]))
    }
}
