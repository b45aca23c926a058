//! Chains made by hand: what the guard does to their hooks, and that no future is lost or dropped twice wherever a run breaks off.

mod broken_off;
mod cast;
mod counted;
mod guarded;
mod held;
