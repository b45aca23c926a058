//! Hook points and the typed chains that run their hooks.

mod accept;
mod alarm;
#[cfg(any(feature = "testing", feature = "allocation-accounting"))]
mod apart;
mod arena;
mod bound;
mod call;
mod chain;
mod course;
mod drive;
mod drive_now;
mod erase;
mod error;
mod hold;
mod kind;
mod level;
mod links;
mod live;
mod loan;
mod next;
mod point;
mod pool;
#[cfg(feature = "testing")]
mod probed;
mod rest;
mod seat;
mod shared;
mod tally;
#[cfg(test)]
mod tests;
mod trial;
mod walk;
mod walk_now;
mod walked;
#[cfg(feature = "allocation-accounting")]
mod weighed;

pub use call::{Call, CallId};
pub use chain::Chain;
pub use erase::Run;
pub use error::{CallError, ErrorClass, Refused};
pub use kind::{Flow, HookKind};
pub use next::Next;
pub use point::{AsyncPoint, Awaits, HookPoint, MayAwait, MustNotAwait, NeverAwaits, PointId, SyncPoint};
pub use rest::Rest;

pub(crate) use chain::{AnyChain, BoundHook};
pub(crate) use hold::Held;
pub(crate) use kind::Handler;
#[cfg(feature = "testing")]
pub(crate) use kind::Unseen;

#[doc(hidden)]
pub mod glue {
    //! What generated code calls to join a hook with its state.
    pub use super::accept::{
        AfterReturn, BeforeReturn, ErrorOf, Expected, Given, NextOf, ObserveReturn, OutputOf, SeenOf,
        StateOf, ValueReturn, decision, expected, later, point_id, seen, unit, value,
    };
    pub use super::kind::{
        Said, Step, after, after_later, around, around_later, before, before_later, observe, observe_later,
        replace, replace_later, rescue, rescue_later,
    };
    pub use super::live::{Berth, Laid, Puts, sends};
    pub use super::seat::Place;
}
