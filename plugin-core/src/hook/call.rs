//! One call of a chain: what travels beside the input.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

/// What travels beside the input of a run: a correlation id, who calls, a deadline, cancellation, and values that hooks of one
/// run leave for each other. Cloning shares it; several chains may run under one call.
///
/// A call of which nothing is asked costs nothing: it takes memory with the first thing that it is to keep.
#[derive(Clone, Default)]
pub struct Call {
    inner: Shared,
}

/// What a call keeps, once there is something.
#[derive(Default)]
struct Shared(OnceLock<Arc<Inner>>);

impl Shared {
    fn get(&self) -> &Arc<Inner> {
        self.0.get_or_init(Arc::default)
    }
}

impl Clone for Shared {
    fn clone(&self) -> Self {
        Self(self.get().clone().into())
    }
}

#[derive(Default)]
struct Inner {
    id: CallId,
    caller: OnceLock<Box<str>>,
    deadline: Option<Instant>,
    cancelled: CancellationToken,
    extensions: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Call")
            .field("id", &self.id())
            .field("caller", &self.caller())
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}

/// A correlation id, unique in this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallId(u64);

impl Default for CallId {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl std::fmt::Display for CallId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:08x}", self.0)
    }
}

impl Call {
    /// A call without a deadline, with an id of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing was asked of it, so that there is nothing in it to drop.
    #[inline]
    pub(crate) fn is_untouched(&self) -> bool {
        self.inner.0.get().is_none()
    }

    /// A call that hooks should finish before `deadline`.
    #[must_use]
    pub fn with_deadline(deadline: Instant) -> Self {
        let inner = Inner { deadline: Some(deadline), ..Inner::default() };
        Self { inner: Shared(Arc::new(inner).into()) }
    }

    /// The same call, known to be of `caller`: [`identify`](Self::identify).
    #[must_use]
    pub fn with_caller(self, caller: impl Into<Box<str>>) -> Self {
        self.identify(caller);
        self
    }

    /// Says who calls, by a key that is the same for every call of the same caller: limits that are kept apart `per: caller` go by
    /// it. The first word stands; whether this was it.
    pub fn identify(&self, caller: impl Into<Box<str>>) -> bool {
        self.inner.get().caller.set(caller.into()).is_ok()
    }

    /// Who calls, once somebody has said so.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.inner.0.get()?.caller.get().map(|caller| &**caller)
    }

    /// The correlation id.
    #[must_use]
    pub fn id(&self) -> CallId {
        self.inner.get().id
    }

    /// When the caller stops to be interested.
    #[must_use]
    #[inline]
    pub fn deadline(&self) -> Option<Instant> {
        self.inner.0.get()?.deadline
    }

    /// Cancelled when the caller has gone. Whoever made the call cancels it.
    #[must_use]
    pub fn cancelled(&self) -> &CancellationToken {
        &self.inner.get().cancelled
    }

    /// The value of type `T` that belongs to this call, if one was left.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let extensions = self.inner.0.get()?.extensions.lock().unwrap_or_else(PoisonError::into_inner);
        extensions.get(&TypeId::of::<T>()).cloned().and_then(|value| value.downcast().ok())
    }

    /// Leaves a value for the hooks that follow in this call; yields the one it replaces.
    pub fn insert<T: Send + Sync + 'static>(&self, value: T) -> Option<Arc<T>> {
        let mut extensions = self.inner.get().extensions.lock().unwrap_or_else(PoisonError::into_inner);
        extensions.insert(TypeId::of::<T>(), Arc::new(value)).and_then(|old| old.downcast().ok())
    }

    /// The value of type `T` that belongs to this call, made by `make` where none was left.
    pub fn get_or_insert_with<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        if let Some(found) = self.get() {
            return found;
        }
        let made = Arc::new(make());
        let mut extensions = self.inner.get().extensions.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = extensions.entry(TypeId::of::<T>()).or_insert_with(|| made.clone());
        slot.clone().downcast().unwrap_or(made)
    }
}
