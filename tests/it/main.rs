//! Behaviour of the framework, one file per subject.

mod cast;
mod hooks;
mod support;
