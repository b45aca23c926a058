//! Something that many threads use at once and that is replaced now and then: each who uses it keeps what was there when he came, at the
//! cost of a count, and what was replaced goes with the last who uses it.

#[cfg(test)]
#[cfg(loom)]
mod models;
mod pass;
mod sync;
mod tenures;
mod turnstile;
mod way;

pub(crate) use pass::{Pass, Turned};
pub(crate) use tenures::{Keeps, Lease, Tenures};
pub(crate) use way::{Ledger, Passed};
