//! Hook points and the typed chains that run their hooks.

mod accept;
mod call;
mod chain;
mod erase;
mod error;
mod hold;
mod isolate;
mod kind;
mod links;
mod next;
mod point;

pub use call::{Call, CallId};
pub use chain::Chain;
pub use erase::Run;
pub use error::{CallError, ErrorClass, Refused};
pub use kind::{Flow, HookKind};
pub use next::{Next, Rest};
pub use point::{AsyncPoint, Awaits, HookPoint, MayAwait, NeverAwaits, PointId, SyncPoint};

pub(crate) use chain::{AnyChain, BoundHook};
pub(crate) use hold::Held;
pub(crate) use kind::{After, Around, Before, Handler, Observe, Replace, Rescue};

#[doc(hidden)]
pub mod glue {
    //! What generated code calls to join a hook with its state.
    pub use super::accept::{
        AfterReturn, BeforeReturn, ErrorOf, Expected, Given, NextOf, ObserveReturn, OutputOf, SeenOf,
        StateOf, ValueReturn, decision, expected, later, point_id, seen, unit, value,
    };
    pub use super::kind::{Step, after, around, before, observe, replace, rescue};
}
