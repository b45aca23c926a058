//: crates serde, thiserror, async-trait, tracing, tokio, serde_json
//! Macros of crates that are known to touch nothing by themselves, and attributes of the language.
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Held {
    #[serde(default, rename = "fs")]
    files: u8,
}

#[derive(Debug, thiserror::Error)]
#[error("no `std::fs` here: {0}")]
pub struct Oops(String);

#[async_trait::async_trait]
pub trait Works {
    #[must_use]
    async fn work(&self);
}

#[tracing::instrument(skip_all, fields(process = "x"))]
pub async fn all() {
    tracing::info!(process = 5, env = %"x", fs.read = 1, "std::fs::read");
    let _ = serde_json::json!({ "fs": 1, "process": [null] });
    tokio::select! {
        () = async {} => {}
        else => {}
    }
}
