//! The real binary, started and asked as a user would.

#![expect(clippy::expect_used, reason = "a test ends by panicking, its helpers as well")]

mod binary;
mod cli;
#[cfg(all(
    feature = "api-keys",
    feature = "content-filter",
    feature = "local",
    feature = "memory",
    feature = "metrics",
    feature = "request-log",
    feature = "storage-sqlite"
))]
mod docs;
#[cfg(feature = "local")]
mod gateway;
#[cfg(all(feature = "api-keys", feature = "local"))]
mod keys;
#[cfg(feature = "local")]
#[path = "../markdown.rs"]
#[expect(dead_code, reason = "links and titles are for others to check")]
mod markdown;
#[cfg(feature = "local")]
mod openai;
#[cfg(feature = "local")]
mod operate;
#[cfg(feature = "local")]
mod serve;
