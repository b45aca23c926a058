//! How often a task may be started again, and how long it waits before that.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Period;

/// The limits of restarts. What is not set is as the task's attribute says, and what that does not set is as stated here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Supervision {
    /// How many restarts of one task within `window` are borne; with one more the plugin fails. 5 unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_restarts: Option<u32>,
    /// The time in which restarts are counted. A task that has run so long without failing begins again with the shortest wait.
    /// 60s unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Period>,
    /// The shortest wait before a restart. It doubles with each failure in a row, and is stretched at random so that tasks which
    /// failed together do not come back together. 100ms unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Period>,
    /// The longest wait before a restart. 30s unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_backoff: Option<Period>,
}

impl Supervision {
    /// Nothing set.
    pub const NONE: Self = Self { max_restarts: None, window: None, backoff: None, max_backoff: None };

    /// Whether nothing is set.
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// These limits, and `defaults` where they say nothing.
    pub(super) fn over(self, defaults: Self) -> Limits {
        let period = |own: Option<Period>, default: Option<Period>, last| {
            own.or(default).map_or(last, |period| period.0)
        };
        let backoff = period(self.backoff, defaults.backoff, Duration::from_millis(100));
        Limits {
            restarts: self.max_restarts.or(defaults.max_restarts).unwrap_or(5),
            period: period(self.window, defaults.window, Duration::from_secs(60)),
            backoff,
            max_backoff: period(self.max_backoff, defaults.max_backoff, Duration::from_secs(30)).max(backoff),
        }
    }
}

/// The limits in force for one task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limits {
    pub(super) restarts: u32,
    pub(super) period: Duration,
    pub(super) backoff: Duration,
    /// Never below `backoff`.
    pub(super) max_backoff: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_stands_over_the_attribute_key_by_key() {
        let seconds = |seconds| Some(Period(Duration::from_secs(seconds)));
        let attribute = Supervision { max_restarts: Some(2), window: seconds(10), ..Supervision::NONE };
        let config = Supervision { window: seconds(20), backoff: seconds(40), ..Supervision::NONE };
        let limits = config.over(attribute);
        assert_eq!((limits.restarts, limits.period.as_secs(), limits.backoff.as_secs()), (2, 20, 40));
        assert_eq!(limits.max_backoff.as_secs(), 40, "the longest wait is no shorter than the shortest");
    }
}
