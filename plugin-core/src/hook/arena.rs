//! Memory for the futures of one run that live at once, in chunks that runs reuse.
//!
//! A future does not move: a chunk stays where it is until the arena is dropped. An arena that is dropped while a future is live in
//! it leaks its memory instead of giving it to another run. What is left of a chunk begins at a multiple of a unit; for a future of a
//! greater alignment there is room to move up.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::NonNull;

use super::pool::{Chunk, UNIT, Unit};

/// The least that it takes at once, in bytes.
const LEAST: usize = 1024;

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
            // As even as a chunk: a future without a size is put there too.
            next: Cell::new(NonNull::<Unit>::dangling().cast()),
            left: Cell::new(0),
            chunk: Cell::new(None),
            full: Cell::new(None),
            live: Cell::new(0),
        }
    }
}

impl Arena {
    /// Whether it has taken no memory, so that there is nothing in it to drop.
    #[inline]
    pub(super) fn is_untouched(&mut self) -> bool {
        self.chunk.get_mut().is_none()
    }

    /// Takes memory for `bytes` in advance, so that futures of that size in all stand in one chunk. Nothing was taken before.
    #[inline(always)]
    pub(super) fn reserve(&self, bytes: usize) {
        debug_assert!(self.left.get() == 0);
        self.begin(Chunk::take(bytes.max(LEAST)));
    }

    /// How much memory it took, once that was more than one chunk: what to reserve the next time.
    #[inline]
    pub(super) fn overflow(&self) -> Option<usize> {
        let full = self.full.take()?;
        Some(self.overflown(full))
    }

    #[cold]
    fn overflown(&self, full: Box<Full>) -> usize {
        let (mut bytes, mut at) = (self.chunk_bytes() + full.chunk.bytes(), &full.before);
        while let Some(one) = at {
            bytes += one.chunk.bytes();
            at = &one.before;
        }
        self.full.set(Some(full));
        bytes
    }

    #[inline]
    pub(super) fn room(&self, layout: Layout) -> NonNull<u8> {
        // Chunks begin at a multiple of a unit, so that for most futures nothing needs to be made even.
        let Some(used) = layout.size().checked_next_multiple_of(UNIT) else { return self.room_apart(layout) };
        let left = self.left.get();
        if layout.align() > UNIT || left < used {
            return self.room_apart(layout);
        }
        let at = self.next.get();
        // SAFETY: there are as many bytes behind `next`, of one chunk.
        self.next.set(unsafe { at.add(used) });
        self.left.set(left - used);
        at
    }

    /// Room that cannot just be taken from what is left.
    #[cold]
    #[inline(never)]
    fn room_apart(&self, layout: Layout) -> NonNull<u8> {
        // With any padding; a layout's size and alignment never overflow together.
        let size = layout.size() + layout.align();
        let units = size.div_ceil(UNIT) * UNIT;
        if self.left.get() < units {
            self.grow(units);
        }
        let next = self.next.get();
        let pad = next.align_offset(layout.align());
        // SAFETY: there are as many bytes behind `next`, of one chunk.
        self.next.set(unsafe { next.add(units) });
        self.left.set(self.left.get() - units);
        // SAFETY: the padding is less than the alignment.
        unsafe { next.add(pad) }
    }

    #[cold]
    fn grow(&self, bytes: usize) {
        let chunk = Chunk::take(bytes.max(2 * self.chunk_bytes()).max(LEAST));
        if let Some(before) = self.chunk.take() {
            self.full.set(Some(Box::new(Full { chunk: before, before: self.full.take() })));
        }
        self.begin(chunk);
    }

    /// Goes on in a chunk in which nothing lives.
    #[inline]
    fn begin(&self, chunk: Chunk) {
        self.next.set(chunk.base.cast());
        self.left.set(chunk.bytes());
        self.chunk.set(Some(chunk));
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
        self.begin(chunk);
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
        let Some(chunk) = self.chunk.take() else { return };
        match self.full.take() {
            None if self.live.get() == 0 => chunk.give_back(),
            full => self.end(chunk, full),
        }
    }
}

impl Arena {
    #[cold]
    #[inline(never)]
    fn end(&self, chunk: Chunk, full: Option<Box<Full>>) {
        if self.live.get() == 0 {
            chunk.give_back();
            Full::give_back(full);
        } else {
            // Somebody forgot a future that lives here.
            std::mem::forget((chunk, full));
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
