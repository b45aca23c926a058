//! Hook points: an operation's input, output and error.

use super::{CallError, ErrorClass};
use crate::id::Id;

/// An operation that plugins may hook: its input is `Self`. Derive it.
///
/// The output and the error are `()` and [`PluginError`](crate::PluginError) unless `#[hook_point(output = …, error = …)]` names others.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hook point [PB0401]",
    label = "expected the input of a hook point",
    note = "a hook takes the input of a point second, and a `Chain` runs one: put `#[derive(HookPoint)]` on its definition, or name another",
    note = "see: docs/errors/PB0401.md"
)]
pub trait HookPoint: Send + Sync + Sized + 'static {
    /// What the operation yields.
    type Output: Send + Sync + 'static;
    /// What it fails with. A panic in a hook reaches the caller as this, through [`CallError`].
    type Error: From<CallError> + Send + Sync + 'static;
    /// [`Awaits`], or [`NeverAwaits`] with `#[hook_point(sync)]`.
    type Mode: 'static;
    /// Its identity in the graph.
    const ID: PointId;

    /// What an error of a hook means to the guard: whether `on_error: skip` may skip it, whether it is tried again, whether it
    /// counts for the circuit breaker. `#[hook_point(error = E, classify = E::class)]` names a function of `&E` that says so; a
    /// point that names no error fails with [`PluginError`](crate::PluginError), whose
    /// [`class`](crate::PluginError::class) it uses. Where nobody says, it is a refusal: skipping or repeating what was meant
    /// would be worse than not to.
    #[must_use]
    fn classify(error: &Self::Error) -> ErrorClass {
        let _ = error;
        ErrorClass::Refusal
    }
}

/// The mode of a point whose hooks may await.
#[derive(Debug)]
pub enum Awaits {}

/// The mode of a point whose hooks never await.
#[derive(Debug)]
pub enum NeverAwaits {}

/// What an `async` hook, and a run that awaits, ask of a point's mode. They ask the mode and not the point, so that a type that is
/// no point at all is told once, as that.
#[diagnostic::on_unimplemented(
    message = "the hooks of `{P}` must not await [PB0403]",
    label = "`{P}` is declared with `#[hook_point(sync)]`",
    note = "make the hook a plain `fn` and run the point with `run_sync`, or remove `sync` from the point",
    note = "see: docs/errors/PB0403.md"
)]
pub trait MayAwait<P> {}

impl<P> MayAwait<P> for Awaits {}

/// What a run without a future asks of a point's mode.
#[diagnostic::on_unimplemented(
    message = "the hooks of `{P}` may await [PB0403]",
    label = "`{P}` is not declared with `#[hook_point(sync)]`",
    note = "run the point with `run`, or declare it `#[hook_point(sync)]`",
    note = "see: docs/errors/PB0403.md"
)]
pub trait MustNotAwait<P> {}

impl<P> MustNotAwait<P> for NeverAwaits {}

/// A point whose hooks may await.
pub trait AsyncPoint: HookPoint {}

impl<P: HookPoint<Mode: MayAwait<P>>> AsyncPoint for P {}

/// A point whose hooks never await, `#[hook_point(sync)]`.
pub trait SyncPoint: HookPoint {}

impl<P: HookPoint<Mode: MustNotAwait<P>>> SyncPoint for P {}

/// A hook point's identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PointId {
    /// The type's name.
    pub name: &'static str,
    /// The type's path.
    pub path: &'static str,
    /// The hash of the path.
    pub id: Id,
}

impl PointId {
    /// The identity of the type `name` whose path is `path`.
    #[must_use]
    pub const fn new(name: &'static str, path: &'static str) -> Self {
        Self { name, path, id: Id::of(path) }
    }
}
