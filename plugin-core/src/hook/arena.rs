//! Memory for the futures of one run that live at once, in chunks that runs reuse.
//!
//! A future does not move: a chunk stays where it is until the arena is dropped. An arena that is dropped while a future is live in
//! it leaks its memory instead of giving it to another run. Alignment is kept for any future, by moving up within a chunk.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::NonNull;

use super::pool::Chunk;

/// Memory for futures that live at once; each has its room until the arena is dropped.
pub(super) struct Arena {
    /// Where the next future may stand, and how many bytes there are.
    next: Cell<NonNull<u8>>,
    left: Cell<usize>,
    chunk: Cell<Option<Chunk>>,
    /// Those before `chunk`.
    full: Cell<Option<Box<Full>>>,
    /// How many futures are live in its seats.
    pub(super) live: Cell<usize>,
}

// SAFETY: it owns its chunks, which are plain memory; what lives in them is the seats' matter.
unsafe impl Send for Arena {}

impl Default for Arena {
    #[inline]
    fn default() -> Self {
        Self {
            next: Cell::new(NonNull::dangling()),
            left: Cell::new(0),
            chunk: Cell::new(None),
            full: Cell::new(None),
            live: Cell::new(0),
        }
    }
}

impl Arena {
    /// Takes memory for `bytes` in advance, so that futures of that size in all stand in one chunk.
    pub(super) fn reserve(&self, bytes: usize) {
        if self.left.get() < bytes {
            self.reset(bytes);
        }
        if self.left.get() < bytes {
            self.grow(bytes);
        }
    }

    /// How much memory it took, once that was more than one chunk: what to reserve the next time.
    pub(super) fn overflow(&self) -> Option<usize> {
        let mut full = self.full.take();
        let (mut bytes, mut at) = (self.chunk_bytes(), &full);
        while let Some(one) = at {
            bytes += one.chunk.bytes();
            at = &one.before;
        }
        let overflow = full.is_some().then_some(bytes);
        self.full.set(full.take());
        overflow
    }

    #[inline]
    pub(super) fn room(&self, layout: Layout) -> NonNull<u8> {
        let next = self.next.get();
        let pad = next.align_offset(layout.align());
        let left = pad.checked_add(layout.size()).and_then(|used| self.left.get().checked_sub(used));
        let Some(left) = left else { return self.room_in_another(layout) };
        // SAFETY: `pad` and the size lie within the `left` bytes behind `next`, which are of one chunk.
        let at = unsafe { next.add(pad) };
        // SAFETY: the same.
        self.next.set(unsafe { at.add(layout.size()) });
        self.left.set(left);
        at
    }

    #[cold]
    #[inline(never)]
    fn room_in_another(&self, layout: Layout) -> NonNull<u8> {
        // Room for any padding; a layout's size and alignment never overflow together.
        self.grow(layout.size() + layout.align());
        self.room(layout)
    }

    #[cold]
    fn grow(&self, bytes: usize) {
        let chunk = Chunk::take(bytes.max(2 * self.chunk_bytes()).max(1024));
        self.next.set(chunk.base.cast());
        self.left.set(chunk.bytes());
        if let Some(before) = self.chunk.replace(Some(chunk)) {
            self.full.set(Some(Box::new(Full { chunk: before, before: self.full.take() })));
        }
    }

    /// Makes all room free again where nothing lives any more, and gives up a chunk that has less than `bytes`: beside it there would have to
    /// be another.
    #[cold]
    #[inline(never)]
    pub(super) fn reset(&self, bytes: usize) {
        if self.live.get() > 0 {
            return;
        }
        Full::give_back(self.full.take());
        let Some(chunk) = self.chunk.take() else { return };
        if chunk.bytes() < bytes {
            chunk.give_back();
            self.left.set(0);
            return;
        }
        self.next.set(chunk.base.cast());
        self.left.set(chunk.bytes());
        self.chunk.set(Some(chunk));
    }

    fn chunk_bytes(&self) -> usize {
        let chunk = self.chunk.take();
        let bytes = chunk.as_ref().map_or(0, Chunk::bytes);
        self.chunk.set(chunk);
        bytes
    }
}

impl Drop for Arena {
    #[inline]
    fn drop(&mut self) {
        if let Some(chunk) = self.chunk.take() {
            self.end(chunk);
        }
    }
}

impl Arena {
    #[inline(never)]
    fn end(&self, chunk: Chunk) {
        if self.live.get() == 0 {
            chunk.give_back();
            Full::give_back(self.full.take());
        } else {
            // Somebody forgot a future that lives here.
            std::mem::forget((chunk, self.full.take()));
        }
    }
}

/// A chunk in which no room is left, and those before it. Each is half of the next, so there are few.
struct Full {
    chunk: Chunk,
    before: Option<Box<Full>>,
}

impl Full {
    fn give_back(mut full: Option<Box<Self>>) {
        while let Some(one) = full {
            one.chunk.give_back();
            full = one.before;
        }
    }
}
