//! The policies of a plugin's guard as an operator writes them; where a key is absent, the plugin's attribute decides.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::period::{self, Period};

/// The `format` of a rate's schema.
pub(super) const RATE: &str = "rate";

/// What a failing hook does to the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// The call fails.
    Fail,
    /// The call goes on without the hook.
    Skip,
}

/// How often a failed call is tried again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Tries in all, the first included.
    #[schemars(range(min = 1))]
    pub attempts: u32,
    /// The wait before the second try; it doubles with each further one.
    #[serde(default = "backoff", with = "period::duration")]
    #[schemars(with = "Period", default = "shown_backoff")]
    pub backoff: Duration,
}

/// When calls to a failing plugin are cut off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// Failures within the window that open it.
    #[schemars(range(min = 1))]
    pub failures: u32,
    /// The time in which failures are counted.
    #[serde(with = "period::duration")]
    #[schemars(with = "Period")]
    pub window: Duration,
    /// How long it stays open before a probe.
    #[serde(with = "period::duration")]
    #[schemars(with = "Period")]
    pub cooldown: Duration,
}

fn backoff() -> Duration {
    Duration::from_millis(10)
}

fn shown_backoff() -> Period {
    Period(backoff())
}

/// A number of calls per length of time, written `600/min`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how long.
    pub per: Duration,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(count, per)| {
            let seconds = match per.trim() {
                "s" | "sec" | "second" => 1,
                "m" | "min" | "minute" => 60,
                "h" | "hour" => 3600,
                "d" | "day" => 86_400,
                _ => return None,
            };
            let count = count.trim().parse().ok().filter(|count| *count > 0)?;
            Some(Self { count, per: Duration::from_secs(seconds) })
        });
        parsed.ok_or_else(|| {
            format!("`{text}` is no rate; write a number per `s`, `min`, `h` or `d`, such as `600/min`")
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.per.as_secs() {
            60 => "min",
            3600 => "h",
            86_400 => "d",
            _ => "s",
        };
        write!(out, "{}/{per}", self.count)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Rate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": RATE,
            "pattern": r"^\s*[0-9]*[1-9][0-9]*\s*/\s*(s|sec|second|m|min|minute|h|hour|d|day)\s*$",
        })
    }
}
