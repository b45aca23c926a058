//! Several of something for each line that threads count in.

use std::ptr::NonNull;
use std::sync::Arc;

use super::{COMMON, Thread, count};

/// Some `T` for each line: those of one line stand together, on cache lines of their own. Cloning shares them.
pub(crate) struct Rows<T> {
    all: Arc<[Block<T>]>,
    /// Into `all`, the first of each line. What is loaded takes a register, where what is added up takes two.
    firsts: Arc<[NonNull<Block<T>>]>,
}

/// How many share two lines of cache.
const ABREAST: usize = 4;

#[derive(Default)]
#[repr(align(128))]
struct Block<T>([T; ABREAST]);

// SAFETY: it is shared slices of `T` and of what points to them by `&`.
unsafe impl<T: Send + Sync> Send for Rows<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Rows<T> {}

impl<T: Default> Rows<T> {
    /// So many for each line.
    pub(crate) fn new(wide: usize) -> Self {
        let blocks = wide.div_ceil(ABREAST);
        let all: Arc<[Block<T>]> = (0..count() * blocks).map(|_| Block::default()).collect();
        // Of all of them, so that each points to those after it as well.
        let first = NonNull::from(&*all).cast::<Block<T>>();
        // SAFETY: each is in `all`, or behind its last where a line has none.
        let firsts = (0..count()).map(|line| unsafe { first.add(line * blocks) }).collect();
        Self { all, firsts }
    }
}

impl<T> Rows<T> {
    /// The one at this place of those that are `thread`'s. Cost: two loads.
    ///
    /// # Safety
    ///
    /// `at` is less than what was said to [`new`](Rows::new).
    #[inline]
    pub(crate) unsafe fn of(&self, thread: Thread, at: usize) -> &T {
        // SAFETY: no thread's line is as much as `count()`, as is said there, and there are as many of these. Each is the first of as
        // many blocks as there are for a line, and `all` keeps them.
        let block = unsafe { self.firsts.get_unchecked(thread.line).add(at / ABREAST).as_ref() };
        &block.0[at % ABREAST]
    }

    /// All that stand at this place.
    pub(crate) fn column(&self, at: usize) -> impl Iterator<Item = &T> {
        let blocks = self.all.iter().skip(at / ABREAST).step_by(self.blocks().max(1));
        blocks.map(move |block| &block.0[at % ABREAST])
    }

    /// All that threads write alone.
    pub(crate) fn alone(&self) -> impl Iterator<Item = &T> {
        self.all.iter().skip(COMMON * self.blocks()).flat_map(|block| &block.0)
    }

    /// How many a line has.
    fn blocks(&self) -> usize {
        self.all.len() / self.firsts.len()
    }
}

impl<T> Clone for Rows<T> {
    fn clone(&self) -> Self {
        Self { all: self.all.clone(), firsts: self.firsts.clone() }
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn each_line_has_as_many_as_were_asked_for_and_no_other_has_them() {
        for wide in [1, 3, 4, 5, 9] {
            let rows = Rows::<AtomicU64>::new(wide);
            let thread = Thread::current();
            // SAFETY: there are so many.
            let of: Vec<_> = (0..wide).map(|at| std::ptr::from_ref(unsafe { rows.of(thread, at) })).collect();
            let columns: Vec<Vec<_>> =
                (0..wide).map(|at| rows.column(at).map(std::ptr::from_ref).collect()).collect();
            let all: BTreeSet<_> = columns.iter().flatten().collect();
            assert_eq!(all.len(), wide * count(), "each is in one place");
            assert!(
                columns.iter().zip(&of).all(|(column, one)| column.len() == count() && column.contains(one))
            );
            let alone: BTreeSet<_> = rows.alone().map(std::ptr::from_ref).collect();
            assert!(columns.iter().all(|column| {
                let (common, own) = column.split_at(COMMON);
                own.iter().all(|one| alone.contains(one)) && !common.iter().any(|one| alone.contains(one))
            }));
        }
    }
}
