//! Something for each line that threads count in.

use super::{Thread, count};

/// A `T` for each line, on cache lines of its own.
pub(crate) struct Lines<T>(Box<[Line<T>]>);

/// Two lines of cache, as processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Line<T>(T);

impl<T: Default> Default for Lines<T> {
    fn default() -> Self {
        Self((0..count()).map(|_| Line::default()).collect())
    }
}

impl<T> Lines<T> {
    /// What `thread` counts in.
    #[inline]
    pub(crate) fn of(&self, thread: Thread) -> &T {
        // SAFETY: no thread's line is as much as `count()`, as is said there, and there are as many of these.
        let line = unsafe { self.0.get_unchecked(thread.line) };
        &line.0
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|line| &line.0)
    }
}
