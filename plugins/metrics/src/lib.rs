//! Counts and times what happens, for Prometheus.

#![forbid(unsafe_code)]

use plugin_core::prelude::*;

/// Counts and times what happens, for Prometheus.
#[plugin]
pub mod metrics {}
