//! What several tests share.

pub mod builds;
