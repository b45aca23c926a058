//! What is wrong with a configuration, as people read it.

use std::fmt;

use serde::Serialize;

/// Every mistake that was found. Displays as a numbered list.
#[derive(Clone, Debug, Default)]
pub struct ConfigErrors {
    /// In the order of the sources: files by line, then environment, then command line.
    pub errors: Vec<ConfigError>,
}

/// One mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// What sort it is.
    pub kind: Mistake,
    /// The key, `plugins.memory.config.limit`; empty where the mistake is in no key.
    pub key: String,
    /// Where the value comes from.
    pub origin: Origin,
    /// What would be right, in words.
    pub expected: String,
    /// What is there, in words; never the value of a secret.
    pub found: String,
    /// The nearest valid name, where one is near.
    pub nearest: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

/// The sorts of mistakes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Mistake {
    /// A file cannot be read.
    Unreadable,
    /// A file is no YAML, TOML or JSON.
    Syntax,
    /// A key that nobody reads.
    UnknownKey,
    /// A plugin that nobody knows.
    UnknownPlugin,
    /// A plugin whose feature is off.
    NotInBuild,
    /// The chosen profile is in no file.
    UnknownProfile,
    /// A text where a number belongs, and the like.
    WrongType,
    /// None of the allowed values.
    NotOneOf,
    /// Too small, too large, too short, too long.
    OutOfRange,
    /// A text of the right type and the wrong form, such as a length of time without a unit.
    Malformed,
    /// A key that must be there.
    Missing,
    /// `${VAR}` whose variable is not set.
    UnsetVariable,
    /// `${` that does not hold the name of a variable.
    Substitution,
    /// A key is given by its name and by one that it had before.
    Twice,
    /// A plugin's or section's own default is broken.
    Default,
}

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum Origin {
    /// The default of the plugin, section or framework.
    Default,
    /// A file.
    File {
        /// Its name as given.
        file: String,
        /// The line, from 1, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<usize>,
        /// The column, from 1, for mistakes of syntax.
        #[serde(skip_serializing_if = "Option::is_none")]
        column: Option<usize>,
        /// The profile in whose section it stands.
        #[serde(skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
    },
    /// The host's own figment.
    Host {
        /// As figment calls the source.
        source: String,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// The command line.
    CommandLine,
    /// Somebody has changed it while the manager runs.
    RunTime,
}

impl Origin {
    pub(super) fn file(file: &str, line: Option<usize>) -> Self {
        Self::File { file: file.to_owned(), line, column: None, profile: None }
    }

    fn rank(&self) -> (usize, usize) {
        match self {
            Self::File { line, .. } => (0, line.unwrap_or_default()),
            Self::Host { .. } => (1, 0),
            Self::Environment { .. } => (2, 0),
            Self::CommandLine => (3, 0),
            Self::RunTime => (4, 0),
            Self::Default => (5, 0),
        }
    }

    fn source(&self) -> &str {
        match self {
            Self::File { file, .. } => file,
            Self::Host { source } => source,
            Self::Environment { variable } => variable,
            Self::CommandLine | Self::RunTime | Self::Default => "",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File { file, line, column, profile } => {
                out.write_str(file)?;
                for number in [line, column].into_iter().flatten() {
                    write!(out, ":{number}")?;
                }
                profile.as_ref().map_or(Ok(()), |profile| write!(out, " (profile {profile})"))
            }
            Self::Host { source } => write!(out, "the host's {source}"),
            Self::Environment { variable } => write!(out, "environment variable {variable}"),
            Self::CommandLine => out.write_str("command line"),
            Self::RunTime => out.write_str("changed at run time"),
        }
    }
}

impl ConfigErrors {
    /// In the order in which a person goes through them.
    pub(super) fn sorted(mut errors: Vec<ConfigError>) -> Self {
        let mut files: Vec<String> = Vec::new();
        for error in &errors {
            if !files.iter().any(|file| file == error.origin.source()) {
                files.push(error.origin.source().to_owned());
            }
        }
        let nth = |error: &ConfigError| files.iter().position(|file| file == error.origin.source());
        errors.sort_by_cached_key(|error| {
            let (rank, line) = error.origin.rank();
            (rank, nth(error), line, error.key.clone())
        });
        errors.dedup();
        Self { errors }
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self { errors: vec![error] }
    }
}

impl std::error::Error for ConfigErrors {}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors.len() {
            1 => out.write_str("1 mistake in the configuration\n")?,
            count => writeln!(out, "{count} mistakes in the configuration")?,
        }
        for (index, error) in self.errors.iter().enumerate() {
            write!(out, "\n{}. {error}", index + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.origin)?;
        match self.key.as_str() {
            "" => out.write_str("\n")?,
            key => writeln!(out, ": `{key}`")?,
        }
        let Self { expected, found, .. } = self;
        match self.kind {
            Mistake::Unreadable | Mistake::Default => writeln!(out, "   {found}")?,
            Mistake::Syntax => writeln!(out, "   expected {expected}, but {found}")?,
            _ => writeln!(out, "   expected {expected}, found {found}")?,
        }
        if let Some(nearest) = &self.nearest {
            writeln!(out, "   help: did you mean `{nearest}`?")?;
        }
        self.hint.as_ref().map_or(Ok(()), |hint| writeln!(out, "   help: {hint}"))
    }
}
