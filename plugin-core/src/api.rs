//! Versions of the plugin API, for one of which each plugin is written.

use std::fmt;

use serde::{Serialize, Serializer};

/// A version of the plugin API: what `#[plugin]` and the attributes in its module may say, and what that means.
///
/// It is not the version of this crate: a release may bring several changes of code and none of the API. `#[plugin(api = "0.2")]`
/// states the one that a plugin was written for; see `docs/migrate.md`. Displays and serializes as `0.2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ApiVersion {
    /// The first number. It changes when plugins may no longer compile as they are.
    pub major: u16,
    /// The second number. Below major version 1 it stands for the first one.
    pub minor: u16,
}

impl ApiVersion {
    /// Today's: that of a plugin which states none.
    pub const CURRENT: Self = Self { major: 0, minor: 2 };
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for ApiVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::ApiVersion;

    #[test]
    fn a_version_is_written_as_its_attribute_says_it() {
        assert_eq!(serde_json::to_value(ApiVersion { major: 0, minor: 10 }).unwrap(), "0.10");
        assert!(ApiVersion { major: 0, minor: 10 } > ApiVersion { major: 0, minor: 9 });
    }
}
