//! A fence between two threads of which one pays for both: between a write of one's own and a look at what the other has written.
//!
//! Each writes, passes his side of the fence, and looks. Then at least one of them sees what the other wrote. Who comes often passes
//! [`light`], who comes now and then [`heavy`].
//!
//! On Linux the light side is nothing but an order to the compiler, and the heavy one has the kernel put a fence into all threads of
//! the process that run (`membarrier(2)`); elsewhere both are fences. After D. Goldblatt, *Asymmetric fences*, <https://wg21.link/p1202>.

pub(crate) use side::{heavy, is_asymmetric, light};

#[cfg(all(target_os = "linux", not(miri), not(all(test, loom))))]
mod side {
    use std::sync::OnceLock;
    use std::sync::atomic::{Ordering, compiler_fence, fence};

    use rustix::thread::{MembarrierCommand, membarrier};

    /// Whether [`light`] is a fence at all: an old kernel has no such call, and a sandbox may refuse it. Who passes it then has to
    /// do so by a fence of his own.
    pub(crate) fn is_asymmetric() -> bool {
        static REGISTERED: OnceLock<bool> = OnceLock::new();
        *REGISTERED.get_or_init(|| {
            membarrier(MembarrierCommand::RegisterPrivateExpedited)
                .and_then(|()| membarrier(MembarrierCommand::PrivateExpedited))
                .is_ok()
        })
    }

    #[inline]
    pub(crate) fn light() {
        compiler_fence(Ordering::SeqCst);
    }

    /// Cost: some microseconds. Whether it was passed: if not, who passed [`light`] may not be seen.
    pub(crate) fn heavy() -> bool {
        fence(Ordering::SeqCst);
        !is_asymmetric() || membarrier(MembarrierCommand::PrivateExpedited).is_ok()
    }
}

#[cfg(not(all(target_os = "linux", not(miri), not(all(test, loom)))))]
mod side {
    #[cfg(all(test, loom))]
    use loom::sync::atomic::{Ordering, fence};
    #[cfg(not(all(test, loom)))]
    use std::sync::atomic::{Ordering, fence};

    pub(crate) fn is_asymmetric() -> bool {
        true
    }

    #[inline]
    pub(crate) fn light() {
        fence(Ordering::SeqCst);
    }

    pub(crate) fn heavy() -> bool {
        fence(Ordering::SeqCst);
        true
    }
}
