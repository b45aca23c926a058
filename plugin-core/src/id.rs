//! Names and their hashes: what the graph compares instead of strings.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A name's 64-bit FNV-1a hash, computed while compiling.
///
/// Two names with one hash are told apart nowhere; at 10,000 names the chance of that is about 3·10⁻¹².
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Id(pub(crate) u64);

impl Id {
    /// The hash of `name`. Cost: one multiplication per byte.
    #[must_use]
    pub const fn of(name: &str) -> Self {
        Self::chained(0xcbf2_9ce4_8422_2325, name)
    }

    /// The hash of what this stands for followed by a NUL, which no name has, and `name`.
    pub(crate) const fn within(self, name: &str) -> Self {
        Self::chained(Self::chained(self.0, "\0").0, name)
    }

    /// The hash of `path` followed by `@` and `version`: one contract of one version.
    #[must_use]
    pub const fn of_versioned(path: &str, version: &str) -> Self {
        let base = Self::of(path);
        Self::chained(Self::chained(base.0, "@").0, version)
    }

    const fn chained(seed: u64, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut hash = seed;
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            at += 1;
        }
        Self(hash)
    }

    /// Where a table of `len` slots (a power of two) starts to look for this hash.
    pub(crate) const fn slot(self, len: usize) -> usize {
        ((self.0 ^ (self.0 >> 32)) as usize) & (len - 1)
    }

    pub(crate) const fn same(self, other: Self) -> bool {
        self.0 == other.0
    }
}

/// A map by id. An id is a hash already and is not hashed again.
pub(crate) type IdMap<V> = HashMap<Id, V, BuildHasherDefault<Hashed>>;

/// A set of ids.
pub(crate) type IdSet = HashSet<Id, BuildHasherDefault<Hashed>>;

/// Hashes an id to itself.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }
}

/// A place in the source: file as rustc names it, and line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Location {
    /// The file, relative to the workspace that was built.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.file, self.line)
    }
}
