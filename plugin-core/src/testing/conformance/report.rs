//! What the suite has found, all of it in one text.

use std::fmt;

use crate::descriptor::PluginDescriptor;

/// What is asked of every plugin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Rule {
    /// It has a description, a version and a licence.
    Described,
    /// Each of its functions and capabilities has a name of its own.
    Named,
    /// Its defaults fit its schema, and what is shown of its config reads as the same.
    Configured,
    /// A key that nobody reads is refused, with the nearest.
    RefusesUnknownKeys,
    /// It becomes active on its defaults.
    Starts,
    /// It says how it is, in time and without a panic.
    AnswersForItsHealth,
    /// It is paused and resumed, with what requires it.
    SurvivesAPause,
    /// Another instance takes its place.
    SurvivesAReload,
    /// What it writes as `#[snapshot]` is the same after a pause and after a reload.
    KeepsItsState,
    /// It ends in its `stop_timeout`, also while calls are in flight.
    StopsInTime,
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Described => "is described",
            Self::Named => "names each thing once",
            Self::Configured => "has a config that holds",
            Self::RefusesUnknownKeys => "refuses unknown keys",
            Self::Starts => "starts on its defaults",
            Self::AnswersForItsHealth => "answers for its health",
            Self::SurvivesAPause => "survives a pause",
            Self::SurvivesAReload => "survives a reload",
            Self::KeepsItsState => "keeps its state",
            Self::StopsInTime => "stops in time",
        })
    }
}

/// A rule that a plugin breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The plugin; empty where it is all of them together.
    pub plugin: &'static str,
    /// What is asked.
    pub rule: Rule,
    /// What is there instead.
    pub found: String,
    /// What to do.
    pub help: String,
}

/// The suite's findings. Displays as one text; no findings are a line.
#[derive(Clone, Debug, Default)]
#[must_use = "a report that nobody looks at finds nothing: `assert_clean` it"]
pub struct Report {
    /// The plugins that were looked at.
    pub plugins: Vec<&'static str>,
    /// By plugin and rule.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn of(plugins: &[&'static PluginDescriptor]) -> Self {
        Self { plugins: plugins.iter().map(|plugin| plugin.name).collect(), findings: Vec::new() }
    }

    pub(super) fn add(
        &mut self,
        plugin: &'static str,
        rule: Rule,
        found: impl fmt::Display,
        help: impl fmt::Display,
    ) {
        let finding = Finding { plugin, rule, found: found.to_string(), help: help.to_string() };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    pub(super) fn sort(&mut self) {
        // What is of one plugin and rule stays as it was found.
        self.findings.sort_by_key(|one| (one.plugin, one.rule));
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Does nothing if nothing was found.
    ///
    /// # Panics
    ///
    /// With all that was found.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.is_clean(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugins = counted(self.plugins.len(), "plugin");
        if self.is_clean() {
            return write!(out, "{plugins}, nothing found");
        }
        write!(out, "{plugins}, {}", counted(self.findings.len(), "finding"))?;
        let mut of = None;
        for Finding { plugin, rule, found, help } in &self.findings {
            if of != Some(plugin) {
                of = Some(plugin);
                match *plugin {
                    "" => write!(out, "\n\nall together")?,
                    name => write!(out, "\n\nplugin `{name}`")?,
                }
            }
            let found = found.replace('\n', "\n      ");
            write!(out, "\n  {rule}: no, {found}\n    help: {help}")?;
        }
        Ok(())
    }
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
