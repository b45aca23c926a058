//! The graph of a composition: what needs what, whether it holds, and in which order it runs. It does no IO and reads no
//! global: the same functions run in const evaluation and at start.

mod check;
mod code;
mod finding;
mod hooks;
mod order;
mod problem;
mod report;
mod resolve;
mod set;
mod text;

pub(crate) use check::check_at_start;
pub use check::{Scratch, check_list, check_manager, scratch_len};
pub use finding::{Cycle, Finding, Findings};
pub use hooks::{Ambiguity, Because, HookOrder, HookPlace};
pub use problem::{CompositionError, Problem};
pub use set::{Absent, Entry, FieldDescriptor, FieldNeed, ManagerSpec, PluginSet};
pub use text::Text;

pub(crate) use hooks::{HookSource, order_hooks};
pub(crate) use order::{Edge, Lists, levels};
pub(crate) use resolve::resolve;
