//! Hook points and the typed chains that run their hooks.

mod call;
mod chain;
mod erase;
mod kind;
mod next;
mod point;

pub use call::{Call, CallError, CallId};
pub use chain::Chain;
pub use erase::Run;
pub use kind::{Flow, HookKind};
pub use next::{Next, Rest};
pub use point::{AsyncPoint, Awaits, HookPoint, MayAwait, NeverAwaits, PointId, SyncPoint};

pub(crate) use chain::AnyChain;
pub(crate) use kind::{After, Around, Before, Handler, Observe, Replace, Rescue};

#[doc(hidden)]
pub mod glue {
    //! What generated code calls to join a hook with its state.
    pub use super::kind::{
        AfterReturn, BeforeReturn, ErrorOf, Expected, Given, NextOf, ObserveReturn, OutputOf, SeenOf,
        StateOf, Step, ValueReturn, after, around, before, decision, expected, later, observe, point_id,
        replace, rescue, seen, unit, value,
    };
}
