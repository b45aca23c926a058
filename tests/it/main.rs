//! Behaviour of the framework, one file per subject.

mod cast;
mod depth;
mod hooks;
mod order;
mod runs;
mod support;
mod sync_points;
