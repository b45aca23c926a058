//! Which calls of what is called often are timed: on each thread the first, and then one in so many.

/// So many are all timed, which is enough of what is called seldom.
pub(crate) const FIRST: u64 = 64;

/// After them, one in this many is. To read the clock takes longer than what some calls do.
pub(crate) const SAMPLED: u64 = 256;
