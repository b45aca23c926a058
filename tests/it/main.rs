//! Behaviour of the framework, one file per subject.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "`#[init]` and `#[command]` take what they are given by value"
)]

mod apply;
mod book;
mod capabilities;
mod capability_moves;
mod carried;
mod cast;
mod chaos;
mod commands;
mod composition;
mod conformance;
mod depth;
mod docs;
mod drain;
mod events;
mod failing;
mod graph;
mod guard;
mod guarded_runs;
mod health;
mod hooks;
mod idempotent;
mod lifecycle;
#[path = "../markdown.rs"]
#[expect(dead_code, reason = "the commands in it are for others to try")]
mod markdown;
mod model;
mod observe;
mod old_keys;
mod order;
mod pause;
mod registry;
mod reload;
mod requests;
mod runs;
mod spans;
mod support;
mod sync_points;
mod tasks;
mod testing;
mod watch;
mod workspaces;
