//! What depends on the enabled set or the registry, in sentences like those of the findings.

use std::fmt::Write;

use super::code::marked;
use super::finding::Findings;
use super::report::edge;
use super::set::{Entry, FieldDescriptor};
use super::text::Text;
use crate::capability::CapabilityId;
use crate::descriptor::PluginDescriptor;
use crate::id::Location;

/// A rule that the enabled set breaks, or the registry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// Several providers where exactly one is asked for, and the config selects none.
    SeveralProviders {
        /// The plugin or the manager's field that asks.
        by: String,
        /// Where it asks.
        location: Location,
        /// What it asks for.
        capability: CapabilityId,
        /// Who offers it.
        providers: Vec<&'static PluginDescriptor>,
    },
    /// The config selects a provider that does not offer the capability.
    WrongSelection {
        /// The capability's name as the config has it.
        capability: String,
        /// The plugin's name as the config has it.
        plugin: String,
        /// Who does offer it.
        providers: Vec<&'static str>,
        /// The nearest capability, where the name is unknown.
        nearest: Option<&'static str>,
    },
    /// Several `replace` hooks on one point.
    SeveralReplaces {
        /// The point's name.
        point: &'static str,
        /// The plugins and where their hooks stand.
        hooks: Vec<(&'static str, Location)>,
    },
    /// Several subscribers that answer one request.
    SeveralAnswerers {
        /// The request's topic.
        topic: &'static str,
        /// The plugins, their functions and where these stand.
        subscribers: Vec<(&'static str, &'static str, Location)>,
    },
    /// Two enabled plugins of which one excludes the other.
    Conflict {
        /// Who excludes.
        plugin: &'static PluginDescriptor,
        /// Whom.
        other: &'static PluginDescriptor,
        /// Where it says so.
        location: Location,
    },
    /// Plugins that wait for each other at start, optional edges counted.
    StartCircle {
        /// The plugins in their circle, each waiting for the next.
        plugins: Vec<&'static PluginDescriptor>,
    },
    /// Hooks that each want to run before the next.
    OrderCircle {
        /// The point's name.
        point: &'static str,
        /// The kind's name.
        kind: &'static str,
        /// The plugins in their circle and where their edges stand.
        hooks: Vec<(&'static str, Location)>,
    },
    /// Two hooks that both change a point and whose order nothing but their names decides; a problem only where the builder denies it.
    Ambiguous(super::Ambiguity),
    /// A plugin is linked and registered, but `plugins!` does not list it.
    NotListed {
        /// The plugin.
        plugin: &'static PluginDescriptor,
    },
    /// A plugin is listed and selected, but it did not register at link time.
    NotRegistered {
        /// The plugin.
        plugin: &'static PluginDescriptor,
    },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut words = String::new();
        self.write(&mut words)?;
        out.write_str(&marked(&words, self.code()))
    }
}

impl Problem {
    /// The sentence, its places and its remedy.
    fn write(&self, out: &mut String) -> std::fmt::Result {
        match self {
            Self::SeveralProviders { by, location, capability, providers } => {
                write!(
                    out,
                    "{by} needs one provider of the capability `{}`, and {} are enabled",
                    capability.name,
                    providers.len()
                )?;
                write!(out, "\n  --> {location}")?;
                for provider in providers {
                    write!(out, "\n  provided by `{}`\n  --> {}", provider.name, provider.location)?;
                }
                let first = providers.first().map_or("…", |provider| provider.name);
                write!(
                    out,
                    "\n  help: select one in the config: `capabilities.{}: {first}`, or disable the others",
                    capability.name
                )
            }
            Self::WrongSelection { capability, plugin, providers, nearest } => match nearest {
                Some(nearest) => write!(
                    out,
                    "the config selects `{plugin}` for the capability `{capability}`, which no plugin knows\n  help: did you mean `{nearest}`?"
                ),
                None if providers.is_empty() => write!(
                    out,
                    "the config selects `{plugin}` for the capability `{capability}`, which no enabled plugin provides\n  help: remove `capabilities.{capability}`, or enable a plugin that provides it"
                ),
                None => write!(
                    out,
                    "the config selects `{plugin}` for the capability `{capability}`, which it does not provide\n  help: select one of {}",
                    names(providers)
                ),
            },
            Self::SeveralAnswerers { topic, subscribers } => {
                write!(out, "{} subscribers answer the request `{topic}`, and one may", subscribers.len())?;
                for (plugin, subscriber, location) in subscribers {
                    write!(out, "\n  answered by `{subscriber}` of `{plugin}`\n  --> {location}")?;
                }
                out.write_str(
                    "\n  help: enable one of these plugins, or remove the functions that are too many",
                )
            }
            Self::SeveralReplaces { point, hooks } => {
                write!(
                    out,
                    "{} hooks replace the core of `{point}`: {}",
                    hooks.len(),
                    names(&names_of(hooks))
                )?;
                places(out, hooks)?;
                out.write_str("\n  help: at most one may; disable the others")
            }
            Self::Conflict { plugin, other, location } => write!(
                out,
                "plugin `{}` conflicts with `{}`, and both are enabled\n  --> {location}\n  --> {}\n  help: disable one of them: `plugins.{}.enabled: false`",
                plugin.name, other.name, other.location, other.name
            ),
            Self::StartCircle { plugins } => {
                out.write_str("these plugins wait for each other at start: ")?;
                circle(out, plugins.iter().map(|plugin| plugin.name))?;
                for (at, plugin) in plugins.iter().enumerate() {
                    write!(out, "\n  --> {}", edge(plugin, plugins[(at + 1) % plugins.len()]))?;
                }
                out.write_str(
                    "\n  help: disable one of them, or remove one of the parameters of their `#[init]`",
                )
            }
            Self::OrderCircle { point, kind, hooks } => {
                write!(out, "the `{kind}` hooks of `{point}` want to run in a circle: ")?;
                circle(out, hooks.iter().map(|(plugin, _)| *plugin))?;
                places(out, hooks)?;
                out.write_str("\n  help: remove one of these `before(…)` or `after(…)`")
            }
            Self::Ambiguous(ambiguity) => write!(out, "{ambiguity}"),
            Self::NotListed { plugin } => write!(
                out,
                "plugin `{}` is linked into this program, but `plugins!` does not list it\n  --> {}\n  help: add the line `\"{}\" => {}` to `plugins!`",
                plugin.name,
                plugin.location,
                plugin.name,
                plugin.package.replace('-', "_")
            ),
            Self::NotRegistered { plugin } => write!(
                out,
                "plugin `{}` is listed in `plugins!`, but it did not register at link time\n  --> {}\n  help: build all plugins with the same `plugin-core`, of one version and with one choice of the feature `inventory`",
                plugin.name, plugin.location
            ),
        }
    }
}

fn names(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn names_of(hooks: &[(&'static str, Location)]) -> Vec<&'static str> {
    hooks.iter().map(|(plugin, _)| *plugin).collect()
}

fn places(out: &mut String, hooks: &[(&'static str, Location)]) -> std::fmt::Result {
    hooks.iter().try_for_each(|(_, location)| write!(out, "\n  --> {location}"))
}

fn circle<'a>(out: &mut String, mut plugins: impl Iterator<Item = &'a str>) -> std::fmt::Result {
    let Some(first) = plugins.next() else { return Ok(()) };
    write!(out, "`{first}` → ")?;
    plugins.try_for_each(|plugin| write!(out, "`{plugin}` → "))?;
    write!(out, "`{first}`")
}

/// Everything that is wrong with a composition.
#[derive(Clone, Debug)]
pub struct CompositionError {
    /// What the rules of the list found.
    pub findings: Findings,
    /// What depends on the enabled set and the registry.
    pub problems: Vec<Problem>,
    pub(crate) entries: Vec<Entry>,
}

impl CompositionError {
    pub(crate) fn of_problems(problems: Vec<Problem>) -> Self {
        Self { findings: Findings::default(), problems, entries: Vec::new() }
    }
}

impl std::fmt::Display for CompositionError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut reports = Vec::new();
        for finding in self.findings.iter() {
            let mut text = Text::new();
            finding.write(&mut text, &self.entries);
            reports.push(text.as_str().to_owned());
        }
        let untold = self.findings.len().saturating_sub(reports.len());
        if untold > 0 {
            reports.push(format!("and {untold} more"));
        }
        reports.extend(self.problems.iter().map(Problem::to_string));
        out.write_str(&reports.join("\n\n"))
    }
}

impl std::error::Error for CompositionError {}

/// A field as a subject of a sentence.
pub(super) fn field_subject(manager: &str, field: &FieldDescriptor) -> String {
    format!("the manager `{manager}` in its field `{}`", field.name)
}
