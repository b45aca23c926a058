//! Behaviour of the framework, one file per subject.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "`#[init]` and `#[command]` take what they are given by value"
)]

mod capabilities;
mod cast;
mod commands;
mod composition;
mod depth;
mod events;
mod graph;
mod guard;
mod health;
mod hooks;
mod lifecycle;
mod order;
mod registry;
mod reload;
mod runs;
mod support;
mod sync_points;
mod tasks;
mod workspaces;
