//! What a plugin has done, as numbers to be read.

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::{Latency, Timestamp};

/// What one target of a plugin, or all of them together, has done since the manager started. A reload does not reset it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Metrics {
    /// Calls that have ended, and calls that were refused before they began: the sum of successes, `responses`, `refusals`,
    /// `errors`, `panics`, `timeouts` and `shed`. A call whose caller went away is in none of them.
    pub calls: u64,
    /// Calls that answered in place of the rest of their run.
    pub responses: u64,
    /// Calls that ended with a deliberate refusal: the plugin did its work.
    pub refusals: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Calls that panicked.
    pub panics: u64,
    /// Calls that were cut at their deadline, and plain `fn`s that ran over it.
    pub timeouts: u64,
    /// Calls that a breaker or a limit refused before they began.
    pub shed: u64,
    /// Failures and refusals after which the run went on without the plugin, for its `on_error` is `skip`. Such a call is also
    /// counted as what it was.
    pub skipped: u64,
    /// Time that threads spent inside the plugin's code, in nanoseconds: its futures while they were polled, its plain `fn`s while
    /// they ran. Of what is called often one call in 256 is timed and counts for all.
    pub poll_ns: u64,
    /// Allocations made inside the plugin's code; 0 without the feature `allocation-accounting`.
    pub allocations: u64,
    /// Bytes of those allocations; what was freed again is not taken off.
    pub allocated_bytes: u64,
    /// How long the calls took from their beginning to their end, of those that were timed.
    pub latency: Latency,
    /// The last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<LastError>,
}

impl Metrics {
    /// Adds what another target has done.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.responses += other.responses;
        self.refusals += other.refusals;
        self.errors += other.errors;
        self.panics += other.panics;
        self.timeouts += other.timeouts;
        self.shed += other.shed;
        self.skipped += other.skipped;
        self.poll_ns += other.poll_ns;
        self.allocations += other.allocations;
        self.allocated_bytes += other.allocated_bytes;
        self.latency.merge(&other.latency);
        let newer = |error: &&LastError| self.last_error.as_ref().is_none_or(|own| own.at < error.at);
        if let Some(error) = other.last_error.as_ref().filter(newer) {
            self.last_error = Some(error.clone());
        }
    }
}

/// What an error said of itself, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LastError {
    /// What its `Display` says, cut after 256 characters.
    pub text: String,
    /// When it happened.
    pub at: Timestamp,
}

impl LastError {
    /// What `error` says, as of now.
    pub(crate) fn now(error: &dyn fmt::Display) -> Self {
        let mut short = Short { text: String::new(), left: LONGEST };
        // A text that is cut says so by an error, and so may a `Display` of its own; what it wrote before is kept.
        let _ = write!(short, "{error}");
        Self { text: short.text, at: Timestamp::now() }
    }
}

/// Characters of an error that are kept.
const LONGEST: usize = 256;

/// Takes no more than its share, so that a long error is not even written.
struct Short {
    text: String,
    left: usize,
}

impl fmt::Write for Short {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for one in more.chars() {
            if self.left == 0 {
                self.text.push('…');
                return Err(fmt::Error);
            }
            self.text.push(one);
            self.left -= 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_error_is_cut_between_two_characters_and_a_short_one_is_whole() {
        let text = LastError::now(&"ä".repeat(300)).text;
        assert_eq!(text, format!("{}…", "ä".repeat(256)));
        assert_eq!(LastError::now(&"b".repeat(256)).text, "b".repeat(256));
    }

    #[test]
    fn merged_metrics_are_sums_and_keep_the_newer_error() {
        let error = |text: &str, seconds| LastError {
            text: text.to_owned(),
            at: Timestamp(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds)),
        };
        let one = Metrics { calls: 2, errors: 1, last_error: Some(error("old", 1)), ..Metrics::default() };
        let other = Metrics { calls: 3, panics: 2, last_error: Some(error("new", 2)), ..Metrics::default() };
        for (mut sum, more) in [(one.clone(), &other), (other.clone(), &one)] {
            sum.merge(more);
            assert_eq!((sum.calls, sum.errors, sum.panics), (5, 1, 2));
            assert_eq!(sum.last_error.unwrap().text, "new");
        }
    }
}
