//! Calls that are made rarely, each in a span, timed and counted: init, shutdown, tasks, commands, health checks.

use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument;

use super::{Meter, Metered, Outcome, Target, TargetKind, Timing};
use crate::error::{PluginError, panic_message};
use crate::guard::{Guard, Isolated};
use crate::once::polled;

/// One target of a plugin that is called rarely, with a way to its meter.
#[derive(Clone, Debug)]
pub(crate) struct Rare<M = Arc<Meter>> {
    plugin: &'static str,
    kind: TargetKind,
    function: &'static str,
    meter: M,
    #[cfg(feature = "testing")]
    seam: Option<crate::testing::Seam>,
}

/// Why such a call yielded nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It failed.
    Failed(PluginError),
    /// It panicked, with this message.
    Panicked(String),
    /// It was cut at its limit.
    TimedOut,
}

impl Rare {
    pub(crate) fn new(guard: &Guard, kind: TargetKind, function: &'static str) -> Self {
        let target = Target::new(kind, "", function);
        Self::of(guard, target, guard.account().meter(target))
    }
}

impl<'g> Rare<&'g Meter> {
    /// `#[init]`
    pub(crate) fn init(guard: &'g Guard) -> Self {
        Self::of(guard, Target::INIT, guard.account().init())
    }
}

impl<M: Deref<Target = Meter>> Rare<M> {
    fn of(guard: &Guard, Target { kind, name: function, .. }: Target, meter: M) -> Self {
        Self {
            plugin: guard.plugin(),
            kind,
            function,
            meter,
            #[cfg(feature = "testing")]
            seam: crate::testing::Seam::of(guard, function),
        }
    }

    /// Calls it, with its panics caught, for no longer than `limit`, where there is one.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the call, which is counted nowhere then.
    pub(crate) async fn call<T>(
        &self,
        limit: Option<Duration>,
        call: impl Future<Output = Result<T, PluginError>>,
    ) -> Result<T, Fault> {
        let Self { plugin, kind, function, meter, .. } = self;
        #[cfg(feature = "testing")]
        let call = crate::testing::seen_by(self.seam.as_ref(), call);
        let span = tracing::info_span!("call", plugin, kind = kind.name(), function);
        let call = Metered::new(Timing::Always, &**meter, Isolated::new(call)).instrument(span);
        let ended = match limit {
            Some(limit) => within(limit, call).await,
            None => Some(call.await),
        };
        let result = match ended {
            Some((ended, reading)) => {
                let (outcome, result) = match ended {
                    Ok(Ok(value)) => (Outcome::Done, Ok(value)),
                    Ok(Err(error)) => (Outcome::Failed, Err(Fault::Failed(error))),
                    Err(payload) => (Outcome::Panicked, Err(Fault::Panicked(panic_message(&*payload)))),
                };
                meter.finish_rare(outcome, reading);
                result
            }
            None => {
                meter.record(Outcome::TimedOut);
                Err(Fault::TimedOut)
            }
        };
        match &result {
            Ok(_) => {}
            Err(Fault::Failed(error)) => meter.fault(error),
            Err(Fault::Panicked(message)) => meter.fault(&format_args!("panicked: {message}")),
            Err(Fault::TimedOut) => {
                meter.fault(&format_args!("did not return within {:?}", limit.unwrap_or_default()));
            }
        }
        result
    }
}

/// What `call` comes to, unless it takes longer than `limit`. What is ready at once needs no timer.
async fn within<F: Future>(limit: Duration, call: F) -> Option<F::Output> {
    let deadline = Instant::now().checked_add(limit);
    let mut call = pin!(call);
    match (polled(call.as_mut()).await, deadline) {
        (Poll::Ready(ended), _) => Some(ended),
        (Poll::Pending, Some(deadline)) => tokio::time::timeout_at(deadline, call).await.ok(),
        (Poll::Pending, None) => Some(call.await),
    }
}
