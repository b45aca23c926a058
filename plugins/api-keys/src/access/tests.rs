//! Waiting for a check.
