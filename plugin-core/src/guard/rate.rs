//! Rate limit: how often a plugin may be called, by all or by each caller.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `format` of a rate's schema.
pub(crate) const RATE: &str = "rate";

/// The units, each with its first name as the one that is written.
const UNITS: [(Duration, &[&str]); 3] = [
    (Duration::from_secs(1), &["s", "sec", "second"]),
    (Duration::from_secs(60), &["min", "m", "minute"]),
    (Duration::from_secs(3600), &["h", "hour"]),
];

/// A number of calls in a length of time; reads and writes as `600/min`.
///
/// ```
/// # use plugin_core::guard::Rate;
/// let rate: Rate = "600/min".parse()?;
/// assert_eq!((rate.count.get(), rate.per.as_secs()), (600, 60));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// In how long: a second, a minute or an hour.
    pub per: Duration,
}

/// How often a plugin may be called: `600/min`, or `{ rate: 600/min, burst: 20, per: caller }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RateLimit {
    /// How often, in the long run.
    pub rate: Rate,
    /// How many calls may come at once after a pause; as many as the rate names where nothing is said.
    pub burst: Option<NonZeroU32>,
    /// Who shares it.
    pub per: Per,
}

/// Who shares a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// All callers.
    #[default]
    Plugin,
    /// Each caller has one of its own; calls that name no caller share one.
    Caller,
}

impl Rate {
    /// `count` calls in each `per`.
    #[must_use]
    pub const fn new(count: NonZeroU32, per: Duration) -> Self {
        Self { count, per }
    }
}

impl RateLimit {
    /// `rate` for all callers together.
    #[must_use]
    pub const fn new(rate: Rate) -> Self {
        Self { rate, burst: None, per: Per::Plugin }
    }

    /// With at most `burst` calls at once.
    #[must_use]
    pub const fn burst(mut self, burst: NonZeroU32) -> Self {
        self.burst = Some(burst);
        self
    }

    /// For each caller apart.
    #[must_use]
    pub const fn per_caller(mut self) -> Self {
        self.per = Per::Caller;
        self
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(count, unit)| {
            let (per, _) = UNITS.iter().find(|(_, names)| names.contains(&unit.trim()))?;
            Some(Self { count: count.trim().parse().ok()?, per: *per })
        });
        parsed.ok_or_else(|| {
            format!("`{text}` is no rate; write a number above zero per `s`, `min` or `h`, such as `600/min`")
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(per, _)| *per == self.per) {
            Some((_, names)) => write!(out, "{}/{}", self.count, names[0]),
            None => write!(out, "{} in {:?}", self.count, self.per),
        }
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
        let units: Vec<&str> = UNITS.iter().flat_map(|(_, names)| *names).copied().collect();
        json_schema!({
            "type": "string",
            "format": RATE,
            "pattern": format!(r"^\s*0*[1-9][0-9]*\s*/\s*({})\s*$", units.join("|")),
        })
    }
}

/// How a limit is written where the rate alone does not say all.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Detailed {
    /// How often, in the long run.
    rate: Rate,
    /// How many calls may come at once after a pause; as many as the rate names where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    burst: Option<NonZeroU32>,
    /// Who shares it.
    #[serde(default)]
    per: Per,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Written {
    Rate(Rate),
    Detailed(Detailed),
}

impl Serialize for RateLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { rate, burst, per } = *self;
        if burst.is_none() && per == Per::Plugin {
            return rate.serialize(serializer);
        }
        Detailed { rate, burst, per }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RateLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Rate(rate) => Self::new(rate),
            Written::Detailed(Detailed { rate, burst, per }) => Self { rate, burst, per },
        })
    }
}

impl JsonSchema for RateLimit {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "RateLimit".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
}
