//! Where values come from.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use serde_json::Value;

use super::format::Format;
use super::layer::{Figment, Source, host};
use super::lines::Lines;
use super::report::{ConfigError, Mistake, Origin};

/// The profile where nobody chooses one.
pub(super) const DEVELOPMENT: &str = "development";
const PROFILE: &str = "PLUGIN_PROFILE";

/// Where values come from: files, their section for the active profile, the environment and the command line, each winning
/// over those before.
///
/// The variable `PLUGIN__CONTENT_FILTER__TIMEOUT` is the key `plugins.content-filter.timeout`,
/// `PLUGIN__CONTENT_FILTER__CONFIG__MASK` is `plugins.content-filter.config.mask`, and `HOST__SERVER__ADDRESS` is
/// `server.address`, a key of the host's own. A value is read as YAML, unless its key is a text.
///
/// ```
/// use plugin_core::config::{Format, Sources};
/// let sources = Sources::new()
///     .optional_file("plugins.yaml")
///     .text("built in", Format::Toml, "ambiguity = 'deny'")
///     .set("plugins.memory.config.limit", "5");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sources {
    inputs: Vec<Input>,
    profile: Option<String>,
    environment: Option<BTreeMap<String, String>>,
    pub(super) set: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
enum Input {
    File { path: PathBuf, optional: bool },
    Text { name: String, format: Format, text: String },
    Figment(Box<Figment>),
}

/// One input, read.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) source: Source,
    pub(super) value: Value,
    /// Whether `${…}` is substituted.
    pub(super) substitutes: bool,
}

impl From<Figment> for Sources {
    fn from(figment: Figment) -> Self {
        Self::new().figment(figment)
    }
}

impl Sources {
    /// The process environment and nothing else. It is read when the configuration is loaded.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A file that must be there: YAML, TOML or JSON by its extension.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.push(Input::File { path: path.into(), optional: false });
        self
    }

    /// A file that may be absent.
    #[must_use]
    pub fn optional_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.push(Input::File { path: path.into(), optional: true });
        self
    }

    /// A text that stands for a file called `name`.
    #[must_use]
    pub fn text(mut self, name: impl Into<String>, format: Format, text: impl Into<String>) -> Self {
        self.inputs.push(Input::Text { name: name.into(), format, text: text.into() });
        self
    }

    /// A host's own figment; it ranks with the files, in the order of the calls. `${…}` is not substituted in it.
    #[must_use]
    pub fn figment(mut self, figment: Figment) -> Self {
        self.inputs.push(Input::Figment(Box::new(figment)));
        self
    }

    /// Chooses the profile; without it the variable `PLUGIN_PROFILE` does, else it is `development`.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Stands in for the process environment.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = Some(variables.into_iter().collect());
        self
    }

    /// Sets one key, as from the command line; it wins over all else. The value is read like that of a variable.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.set.push((key.into(), value.into()));
        self
    }

    /// The files that are read, such as to watch them.
    pub fn files(&self) -> impl Iterator<Item = &FilePath> {
        self.inputs.iter().filter_map(|input| match input {
            Input::File { path, .. } => Some(path.as_path()),
            Input::Text { .. } | Input::Figment(_) => None,
        })
    }

    /// The variables. One that is not Unicode cannot be named in a file, and is left out.
    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        let process = || {
            let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            };
            std::env::vars_os().filter_map(text).collect()
        };
        self.environment.clone().unwrap_or_else(process)
    }

    /// The chosen profile, and who chose it.
    pub(super) fn chosen(&self, variables: &BTreeMap<String, String>) -> (String, Origin) {
        let variable = variables.get(PROFILE).filter(|name| !name.is_empty());
        match (&self.profile, variable) {
            (Some(name), _) => (name.clone(), Origin::CommandLine),
            (None, Some(name)) => (name.clone(), Origin::Environment { variable: PROFILE.to_owned() }),
            (None, None) => (DEVELOPMENT.to_owned(), Origin::Default),
        }
    }

    /// Every input, or why it cannot be read. An optional file that is absent is left out.
    pub(super) fn read(&self, active: &str) -> Vec<Result<Document, Box<ConfigError>>> {
        self.inputs.iter().filter_map(|input| read(input, active).transpose()).collect()
    }
}

fn read(input: &Input, active: &str) -> Result<Option<Document>, Box<ConfigError>> {
    match input {
        Input::Text { name, format, text } => parse(name, *format, text).map(Some),
        Input::File { path, optional } => {
            let name = path.display().to_string();
            let format = Format::of(path).ok_or_else(|| {
                let hint = "name the file `.yaml`, `.yml`, `.toml` or `.json`";
                unreadable(
                    Origin::file(&name, None),
                    "the name of the file does not say its format".to_owned(),
                    hint,
                )
            })?;
            match std::fs::read_to_string(path) {
                Ok(text) => parse(&name, format, &text).map(Some),
                Err(error) if *optional && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => {
                    let hint = match error.kind() {
                        std::io::ErrorKind::NotFound => {
                            "create the file, or correct its path; `config default` prints one"
                        }
                        std::io::ErrorKind::InvalidData => "save the file as UTF-8",
                        _ => "see that it is a file that this process may read",
                    };
                    Err(unreadable(
                        Origin::file(&name, None),
                        format!("the file cannot be read: {error}"),
                        hint,
                    ))
                }
            }
        }
        Input::Figment(figment) => {
            let (value, host) = host(figment, active).map_err(|error| {
                let origin = Origin::Host { source: "figment".to_owned() };
                unreadable(origin, error, "correct the source that it names")
            })?;
            Ok(Some(Document { source: Source::Host(Box::new(host)), value, substitutes: false }))
        }
    }
}

fn parse(name: &str, format: Format, text: &str) -> Result<Document, Box<ConfigError>> {
    match format.parse(text) {
        Ok(value) => {
            let source = Source::File { name: name.to_owned(), lines: Lines::of(text, format) };
            Ok(Document { source, value, substitutes: true })
        }
        Err(error) => Err(Box::new(ConfigError {
            kind: Mistake::Syntax,
            key: String::new(),
            origin: Origin::File {
                file: name.to_owned(),
                line: error.line,
                column: error.column,
                profile: None,
            },
            expected: format!("valid {}", format.name()),
            found: error.message,
            nearest: None,
            hint: Some("correct it; nothing else in this file could be checked".to_owned()),
        })),
    }
}

fn unreadable(origin: Origin, found: String, hint: &str) -> Box<ConfigError> {
    let expected = "a file that can be read".to_owned();
    let (key, hint) = (String::new(), Some(hint.to_owned()));
    Box::new(ConfigError { kind: Mistake::Unreadable, key, origin, expected, found, nearest: None, hint })
}
