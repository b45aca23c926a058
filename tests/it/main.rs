//! Behaviour of the framework, one file per subject.

mod capabilities;
mod cast;
mod commands;
mod composition;
mod depth;
mod events;
mod graph;
mod hooks;
mod lifecycle;
mod order;
mod registry;
mod runs;
mod support;
mod sync_points;
mod tasks;
