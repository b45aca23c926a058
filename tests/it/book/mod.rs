//! What the book shows: programs of which its examples are parts, each with the tests that run it.

mod compared;
mod events;
mod greeter;
mod operation;
mod polite;
mod runs;
mod tutorial;
