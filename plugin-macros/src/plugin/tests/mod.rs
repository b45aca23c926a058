//! Expansions, read as a whole.
