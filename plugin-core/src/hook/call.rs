//! One call of a chain: what travels beside the input.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

/// What travels beside the input of a run: a correlation id, a deadline, cancellation, and values that hooks of one
/// run leave for each other. Cloning shares it; several chains may run under one call.
#[derive(Clone, Debug, Default)]
pub struct Call {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    id: CallId,
    deadline: Option<Instant>,
    cancelled: CancellationToken,
    extensions: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Call")
            .field("id", &self.id)
            .field("deadline", &self.deadline)
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

    /// A call that hooks should finish before `deadline`.
    #[must_use]
    pub fn with_deadline(deadline: Instant) -> Self {
        Self { inner: Arc::new(Inner { deadline: Some(deadline), ..Inner::default() }) }
    }

    /// The correlation id.
    #[must_use]
    pub fn id(&self) -> CallId {
        self.inner.id
    }

    /// When the caller stops to be interested.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.inner.deadline
    }

    /// Cancelled when the caller has gone. Whoever made the call cancels it.
    #[must_use]
    pub fn cancelled(&self) -> &CancellationToken {
        &self.inner.cancelled
    }

    /// The value of type `T` that belongs to this call, if one was left.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let extensions = self.inner.extensions.lock().unwrap_or_else(PoisonError::into_inner);
        extensions.get(&TypeId::of::<T>()).cloned().and_then(|value| value.downcast().ok())
    }

    /// Leaves a value for the hooks that follow in this call; yields the one it replaces.
    pub fn insert<T: Send + Sync + 'static>(&self, value: T) -> Option<Arc<T>> {
        let mut extensions = self.inner.extensions.lock().unwrap_or_else(PoisonError::into_inner);
        extensions.insert(TypeId::of::<T>(), Arc::new(value)).and_then(|old| old.downcast().ok())
    }

    /// The value of type `T` that belongs to this call, made by `make` where none was left.
    pub fn get_or_insert_with<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        if let Some(found) = self.get() {
            return found;
        }
        let made = Arc::new(make());
        let mut extensions = self.inner.extensions.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = extensions.entry(TypeId::of::<T>()).or_insert_with(|| made.clone());
        slot.clone().downcast().unwrap_or(made)
    }
}
