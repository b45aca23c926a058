//! Whether a plugin takes calls, as one word that chains read when a run begins.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Open while the plugin is active. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<AtomicBool>);

impl Gate {
    /// One relaxed load: a run that begins while a plugin moves may see either side of it, and keeps to what it saw.
    pub(crate) fn open(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, open: bool) {
        self.0.store(open, Ordering::Relaxed);
    }
}
