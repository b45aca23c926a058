//! The host's own section of the configuration, `server`.

use std::time::Duration;

use plugin_core::config::{Period, Section};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the gateway is reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Server {
    /// Where it listens, `host:port`; port 0 takes a free one.
    pub(crate) address: String,
    /// The longest request body, in bytes.
    #[schemars(range(min = 1))]
    pub(crate) body_limit: u32,
    /// How long a request may take until its response begins. A stream that has begun is not cut off.
    pub(crate) request_timeout: Period,
    /// How long requests in flight may go on after the signal to stop.
    pub(crate) shutdown_grace: Period,
    /// The model of requests that name none; without it, the first that there is.
    pub(crate) default_model: Option<String>,
}

impl Server {
    /// The section, for the loader of the configuration.
    #[must_use]
    pub(crate) fn section() -> Section {
        Section::of::<Self>(Self::NAME)
    }

    /// The key at the top of the file.
    pub(crate) const NAME: &'static str = "server";
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:8080".to_owned(),
            body_limit: 2 * 1024 * 1024,
            request_timeout: Duration::from_secs(120).into(),
            shutdown_grace: Duration::from_secs(10).into(),
            default_model: None,
        }
    }
}
