//! Chance, for pauses that must not fall together. Nothing here is fit for secrets.

use std::hash::{BuildHasher, RandomState};

/// A number from 0 up to, not including, 1. The keys of std's hashers are random, so no generator is needed for the few numbers
/// that pauses ask for.
pub(crate) fn fraction() -> f64 {
    // Of 64 random bits the 53 that a double holds.
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    #[test]
    fn fractions_fill_their_range() {
        let mut tenths = [0; 10];
        (0..1000).for_each(|_| tenths[(super::fraction() * 10.0) as usize] += 1);
        assert!(tenths.iter().all(|count| *count > 40), "{tenths:?}");
    }
}
