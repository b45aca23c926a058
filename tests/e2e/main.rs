//! The real binary, started and asked as a user would.

mod cli;
mod gateway;
#[cfg(feature = "local")]
mod openai;
#[cfg(feature = "local")]
mod serve;
