//! The guard against what it promises, in paused time.

mod calls;
mod model;
mod retries;

use std::num::NonZeroU32;
use std::time::Duration;

use super::{Breaker, Guard, Policy, Site};
use crate::error::PluginError;
use crate::observe::Meter;

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Opens after two failures within a second, for ten.
fn breaker() -> Policy {
    Policy::new().breaker(Breaker::new(number(2), ms(1_000), ms(10_000)))
}

/// A plugin's `save`.
fn site<'g>(guard: &'g Guard, meter: &'g Meter) -> Site<'g, PluginError> {
    Site { guard, meter, what: "save", classify: PluginError::class }
}

/// Runs `future` in time that stands still until everything waits.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(future)
}
