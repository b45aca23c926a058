//! The versions of the plugin API, and the forms of attributes that have another spelling since. Data alone, of which the macros,
//! `cargo xtask migrate` and the table in `docs/migrate.md` are made.

use std::fmt;

/// A version of the plugin API: what `#[plugin]` and the attributes in its module may say, and what that means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Version {
    pub(crate) major: u16,
    pub(crate) minor: u16,
}

/// Those that a plugin may state, oldest first. `plugin_core::ApiVersion::CURRENT` is the last one.
pub(crate) const VERSIONS: &[Version] = &[version(0, 1), version(0, 2)];

/// Today's.
pub(crate) const CURRENT: Version = VERSIONS[VERSIONS.len() - 1];

/// Every form that has another spelling since. None is ever removed: who comes from far finds it here, too.
pub(crate) const FORMS: &[Form] = &[
    Form {
        attribute: "health",
        change: Change::Key { old: "every", new: "interval" },
        life: IN_0_1,
        reason: "what the time between two health checks is called elsewhere",
    },
    Form {
        attribute: "task",
        change: Change::Key { old: "intensity", new: "max_restarts" },
        life: IN_0_1,
        reason: "one name in the attribute and in the configuration, and one that says what is counted",
    },
    Form {
        attribute: "task",
        change: Change::Key { old: "period", new: "window" },
        life: IN_0_1,
        reason: "the time within which a breaker counts is a `window` as well",
    },
    Form {
        attribute: "subscribe",
        change: Change::Text {
            key: "overflow",
            texts: &[("block", "block"), ("drop_newest", "drop-newest"), ("drop_oldest", "drop-oldest")],
        },
        life: IN_0_1,
        reason: CHOICE,
    },
    Form {
        attribute: "plugin",
        change: Change::Text { key: "on_error", texts: &[("fail", "fail"), ("skip", "skip")] },
        life: IN_0_1,
        reason: CHOICE,
    },
    Form {
        attribute: "plugin(rate_limit(…))",
        change: Change::Text { key: "per", texts: &[("plugin", "plugin"), ("caller", "caller")] },
        life: IN_0_1,
        reason: CHOICE,
    },
];

/// One form of an attribute in a plugin's module that has another spelling since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// The helper attribute, or `plugin` itself; `plugin(rate_limit(…))` where it stands in the parentheses of that key.
    pub(crate) attribute: &'static str,
    pub(crate) change: Change,
    pub(crate) life: Life,
    /// Why the new form is better.
    #[allow(dead_code, reason = "the table of the documentation tells it, the macros do not")]
    pub(crate) reason: &'static str,
}

/// What is written otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// A key has another name.
    Key { old: &'static str, new: &'static str },
    /// A key takes a text, where it took a word without quotes: the word, and the text for it.
    Text { key: &'static str, texts: &'static [(&'static str, &'static str)] },
}

/// The versions between which a form lives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    /// The one that brought it.
    #[allow(dead_code, reason = "the table of the documentation tells it, the macros do not")]
    pub(crate) since: Version,
    /// The one that has the new form. A plugin that states it, or a later one, cannot use the old form; others are warned.
    pub(crate) deprecated: Version,
    /// The one with which no plugin can use it any more.
    pub(crate) gone: Version,
}

const CHOICE: &str = "a choice is a text, spelled as in the configuration, as durations and rates are texts";

const IN_0_1: Life = Life { since: version(0, 1), deprecated: version(0, 2), gone: version(0, 3) };

const fn version(major: u16, minor: u16) -> Version {
    Version { major, minor }
}

impl Version {
    /// Reads `0.2`: two numbers without signs, leading zeros or spaces.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<u16>().ok().filter(|number| number.to_string() == text);
        let (major, minor) = text.split_once('.')?;
        Some(Self { major: number(major)?, minor: number(minor)? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)
    }
}

impl Change {
    /// The key that is, or was, written.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Key { old, .. } => old,
            Self::Text { key, .. } => key,
        }
    }

    /// The text for `word`.
    pub(crate) fn text(&self, word: &str) -> Option<&'static str> {
        match self {
            Self::Key { .. } => None,
            Self::Text { texts, .. } => texts.iter().find(|(old, _)| *old == word).map(|(_, new)| *new),
        }
    }
}
