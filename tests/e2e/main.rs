//! The real binary, started and asked as a user would.
