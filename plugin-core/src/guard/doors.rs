//! Whom a guard tells when calls are to ask it, or somebody is to see them, and when no longer: so that a call looks at one word, which is
//! not the guard's.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::word::Word;

/// What calls into a plugin pass.
pub(crate) trait Door: Send + Sync {
    /// Has calls find these bars from now on. One thread at a time tells.
    fn bar(&self, bars: u32);
}

/// Those that live, and some that did.
#[derive(Debug, Default)]
pub(super) struct Doors(Mutex<Vec<Weak<dyn Door>>>);

impl Doors {
    /// Another one, which is told at once.
    pub(super) fn add(&self, word: &Word, door: &Arc<impl Door + 'static>) {
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        doors.retain(|one| one.strong_count() > 0);
        doors.push(Arc::downgrade(door) as Weak<dyn Door>);
        door.bar(word.get(u32::MAX));
    }

    /// Tells them what the word says now: whoever has changed it does so after that, and so the last to tell tells what is so. Yields
    /// them, to be dropped where nothing is locked: somebody may be the last to hold one.
    pub(super) fn tell(&self, word: &Word) -> Vec<Arc<dyn Door>> {
        let doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (bars, told) = (word.get(u32::MAX), doors.iter().filter_map(Weak::upgrade).collect::<Vec<_>>());
        told.iter().for_each(|door| door.bar(bars));
        told
    }
}
