//! A proxy that many hold, without its type: whether a future that holds a provider is `Send` must not depend on what the provider is
//! of, and that a type is no capability is told once, where it is needed.

use std::any::Any;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

use super::Capability;

/// The proxy of a `T`. Cloning shares it.
pub(super) struct Shared<T: ?Sized> {
    /// Points into `keeps`, to the `T::Proxy` that [`new`](Self::new) was given.
    proxy: NonNull<()>,
    keeps: Arc<dyn Any + Send + Sync>,
    /// Of this `T` and no other, so neither of a subtype.
    of: PhantomData<fn(*const T) -> *const T>,
}

// SAFETY: it is a pointer to, and an `Arc` of, a `T::Proxy`, which `Capability` has be `Send` and `Sync`; there is no other way to
// one than `new`, which asks for a capability.
unsafe impl<T: ?Sized> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized> Sync for Shared<T> {}

impl<T: Capability + ?Sized> Shared<T> {
    pub(super) fn new(proxy: T::Proxy) -> Self {
        let keeps = Arc::new(proxy);
        Self { proxy: NonNull::from(&*keeps).cast(), keeps, of: PhantomData }
    }

    /// Cost: one load. To find it through `Any` takes ten instructions, at each call.
    #[inline]
    pub(super) fn proxy(&self) -> &T::Proxy {
        // SAFETY: it is what `new` has put into the `Arc`, which nobody takes out or changes while `self` keeps it.
        unsafe { self.proxy.cast::<T::Proxy>().as_ref() }
    }
}

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { proxy: self.proxy, keeps: self.keeps.clone(), of: PhantomData }
    }
}
