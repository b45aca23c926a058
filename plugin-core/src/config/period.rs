//! Lengths of time as people write them: `200ms`, `1h30m`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `format` of its schema.
pub(super) const FORMAT: &str = "period";
/// The `format` of one that may not be zero.
pub(super) const ABOVE_ZERO: &str = "period-above-zero";

const UNITS: [(&str, u128); 9] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// A length of time that reads and writes as `200ms`, `1.5s` or `1h30m`; for the fields of a config.
///
/// ```
/// # use plugin_core::config::Period;
/// let period: Period = "1h30m".parse()?;
/// assert_eq!(period.as_secs(), 5400);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(pub Duration);

impl std::ops::Deref for Period {
    type Target = Duration;

    fn deref(&self) -> &Duration {
        &self.0
    }
}

impl From<Duration> for Period {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl From<Period> for Duration {
    fn from(period: Period) -> Self {
        period.0
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no length of time; write a number and a unit, such as `1s`, `200ms` or `1h30m`"
            )
        };
        let mut rest = text.trim();
        let mut nanos = 0u128;
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
            let unit = rest[number..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| number + at);
            let (_, scale) =
                UNITS.iter().find(|(name, _)| *name == rest[number..unit].trim()).ok_or_else(wrong)?;
            let part = scaled(&rest[..number], *scale).ok_or_else(wrong)?;
            nanos = nanos.checked_add(part).ok_or_else(wrong)?;
            rest = &rest[unit..];
        }
        let seconds = u64::try_from(nanos / 1_000_000_000).map_err(|_| wrong())?;
        Ok(Self(Duration::new(seconds, (nanos % 1_000_000_000) as u32)))
    }
}

/// `number`, which may have a fraction, times `scale`.
fn scaled(number: &str, scale: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || fraction.len() > 9 {
        return None;
    }
    let whole = whole.parse::<u128>().ok()?.checked_mul(scale)?;
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u128>().ok()?.checked_mul(scale)? };
    whole.checked_add(part / 10u128.pow(fraction.len() as u32))
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut nanos = self.0.as_nanos();
        if nanos == 0 {
            return out.write_str("0s");
        }
        for (unit, scale) in UNITS.iter().filter(|(unit, _)| !matches!(*unit, "min" | "µs")) {
            if nanos >= *scale {
                write!(out, "{}{unit}", nanos / scale)?;
                nanos %= scale;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Period {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": FORMAT,
            "pattern": r"^\s*([0-9]+(\.[0-9]{0,9})?\s*(d|h|min|m|s|ms|us|µs|ns)\s*)+$",
        })
    }
}

/// A length of time that may not be zero; for the limits of the guard, where zero would mean that nothing is ever done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AboveZero(Duration);

impl Serialize for AboveZero {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Period(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AboveZero {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Period(duration) = Period::deserialize(deserializer)?;
        if duration.is_zero() {
            return Err(serde::de::Error::custom("it may not be zero"));
        }
        Ok(Self(duration))
    }
}

impl JsonSchema for AboveZero {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PeriodAboveZero".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Period::json_schema(generator);
        schema.insert("format".into(), ABOVE_ZERO.into());
        schema.insert("not".into(), serde_json::json!({ "pattern": "^[^1-9]*$" }));
        schema
    }
}

/// For a `Duration` field.
pub(super) mod duration {
    use super::{Deserialize, Deserializer, Duration, Period, Serialize, Serializer};

    pub(in crate::config) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        Period(*value).serialize(to)
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Period::deserialize(from).map(|period| period.0)
    }
}

/// For a `Duration` field that may not be zero.
pub(crate) mod above_zero {
    use super::{AboveZero, Deserialize, Deserializer, Duration, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        AboveZero(*value).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        AboveZero::deserialize(from).map(|period| period.0)
    }

    /// For an `Option<Duration>` field.
    pub(crate) mod option {
        use super::{AboveZero, Deserialize, Deserializer, Duration, Serialize, Serializer};

        pub(crate) fn serialize<S: Serializer>(value: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
            value.map(AboveZero).serialize(to)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
            Option::<AboveZero>::deserialize(from).map(|period| period.map(|period| period.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_reads_what_people_write() {
        let nanos = |text: &str| text.parse::<Period>().map(|period| period.as_nanos()).ok();
        assert_eq!(nanos("200ms"), Some(200_000_000));
        assert_eq!(nanos("1.5s"), Some(1_500_000_000));
        assert_eq!(nanos("1h 30m"), nanos("90min"));
        assert_eq!(nanos("0s"), Some(0));
        for wrong in ["", "5", "s", "-1s", "1 fortnight", "1..5s", "99999999999999999999999d", "1s2"] {
            assert_eq!(nanos(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn it_reads_what_it_writes(seconds in any::<u64>(), nanos in 0u32..1_000_000_000) {
            let period = Period(Duration::new(seconds, nanos));
            prop_assert_eq!(period.to_string().parse(), Ok(period));
        }

        #[test]
        fn it_never_panics(text in r"[0-9.dhmsnuµ ]{0,20}") {
            let _ = text.parse::<Period>();
        }
    }
}
