//! The keys of the configuration that have another name since. Data alone, of which reading, the schema, `cargo xtask migrate` and the
//! table in `docs/migrate.md` are made.

/// One key that has another name since.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Renamed {
    /// The keys above it; `*` stands for any key, but no place in a list. A profile has the same ones.
    pub(crate) within: &'static [&'static str],
    pub(crate) old: &'static str,
    pub(crate) new: &'static str,
    /// The version of the plugin API, as major and minor number, that brought the old name.
    #[allow(dead_code, reason = "the table of the documentation tells it, reading does not")]
    pub(crate) since: (u16, u16),
    /// The version that has the new one. The old one is read all the same, with a warning.
    pub(crate) deprecated: (u16, u16),
    /// The version with which the old one is no longer read.
    pub(crate) gone: (u16, u16),
    /// Why the new name is better.
    #[allow(dead_code, reason = "the table of the documentation tells it, reading does not")]
    pub(crate) reason: &'static str,
}

/// Every key that has another name since. None is ever removed: who comes from far finds it here, too.
pub(crate) const RENAMED: &[Renamed] = &[
    Renamed {
        within: &["plugins", "*", "health"],
        old: "every",
        new: "interval",
        since: (0, 1),
        deprecated: (0, 2),
        gone: (0, 3),
        reason: "what the time between two health checks is called elsewhere",
    },
    Renamed {
        within: &["plugins", "*", "supervision"],
        old: "restarts",
        new: "max_restarts",
        since: (0, 1),
        deprecated: (0, 2),
        gone: (0, 3),
        reason: "it is a limit, and the attribute has the same name",
    },
    Renamed {
        within: &["plugins", "*", "supervision"],
        old: "period",
        new: "window",
        since: (0, 1),
        deprecated: (0, 2),
        gone: (0, 3),
        reason: "the time within which a breaker counts is a `window` as well",
    },
];

impl Renamed {
    /// Whether a map at `path` of a file, or of a profile in it, is one that has this key.
    pub(crate) fn is_within(&self, path: &[String]) -> bool {
        let path = match path {
            [profiles, _, rest @ ..] if profiles == "profiles" => rest,
            path => path,
        };
        path.len() == self.within.len()
            && self
                .within
                .iter()
                .zip(path)
                .all(|(wanted, step)| wanted == step || (*wanted == "*" && !step.starts_with('[')))
    }
}
