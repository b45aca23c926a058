//! Findings in sentences: the plugin, the place, the rule and the remedy. The same words while compiling and at start.

use super::finding::{Cycle, Finding, Findings};
use super::set::{Absent, Entry, FieldDescriptor};
use super::text::{Text, distance, same};
use crate::capability::CapabilityId;
use crate::descriptor::PluginDescriptor;
use crate::id::Location;
use crate::inject::Need;

impl Finding {
    /// Writes the sentence, its places and its remedy.
    pub(super) const fn write(&self, text: &mut Text, entries: &[Entry]) {
        match self {
            Self::DuplicateName { first, second } => {
                text.push("two plugins are named ");
                text.push_name(first.name);
                at(text, first.location);
                at(text, second.location);
                help(text, "give one of them another name: #[plugin(name = \"…\")]");
            }
            Self::MissingPlugin { plugin, requirement } => {
                subject(text, plugin);
                text.push(" requires the plugin ");
                text.push_name(requirement.plugin.name);
                text.push(", which is not there");
                at(text, requirement.plugin.location);
                missing_plugin(text, entries, requirement.plugin.name);
            }
            Self::VersionUnmet { plugin, requirement, found } => {
                subject(text, plugin);
                text.push(" requires ");
                text.push_name(requirement.plugin.name);
                text.push(" in version ");
                text.push_name(requirement.version.text);
                text.push(", but its version is ");
                text.push_name(found.version.text);
                at(text, requirement.plugin.location);
                at(text, found.location);
                help(text, "take a version of ");
                text.push_name(found.name);
                text.push(" that fits, or widen the requirement");
            }
            Self::MissingCapability { plugin, dependency, capability } => {
                subject(text, plugin);
                text.push(" needs the capability ");
                text.push_name(capability.name);
                text.push(", which no selected plugin provides");
                at(text, dependency.location);
                missing_capability(text, entries, capability);
                text.push(", or take it as `Option<Provider<dyn ");
                text.push(capability.name);
                text.push(">>`");
            }
            Self::UnprovidedField { manager, field, capability } => {
                text.push("the manager ");
                text.push_name(manager);
                text.push(" needs the capability ");
                text.push_name(capability.name);
                text.push(" in its field ");
                text.push_name(field.name);
                text.push(", which no selected plugin provides");
                at(text, field.location);
                missing_capability(text, entries, capability);
            }
            Self::Cycle(cycle) => write_cycle(text, cycle),
            Self::PointNotRun { manager, plugin, hook } => {
                subject(text, plugin);
                text.push(" hooks ");
                text.push_name(hook.point.name);
                text.push(" with ");
                text.push_name(hook.name);
                text.push(", but the manager ");
                text.push_name(manager);
                text.push(" runs no such point");
                at(text, hook.location);
                help(text, "add a field `Chain<");
                text.push(hook.point.name);
                text.push(">` to ");
                text.push_name(manager);
                text.push(" and run it, or remove the hook");
            }
            Self::FalseHint { plugin, capability, location } => {
                text.push("the list says that ");
                text.push_name(plugin.name);
                text.push(" provides ");
                text.push_name(capability);
                text.push(", but it does not");
                at(text, *location);
                at(text, plugin.location);
                help(text, "remove ");
                text.push_name(capability);
                text.push(" from this line of `plugins!`, or let ");
                text.push_name(plugin.name);
                text.push(" provide it");
            }
        }
    }
}

const fn subject(text: &mut Text, plugin: &PluginDescriptor) {
    text.push("plugin ");
    text.push_name(plugin.name);
}

const fn at(text: &mut Text, location: Location) {
    text.push("\n  --> ");
    text.push_location(location);
}

const fn help(text: &mut Text, words: &str) {
    text.push("\n  help: ");
    text.push(words);
}

const fn write_cycle(text: &mut Text, cycle: &Cycle) {
    text.push("these plugins require each other in a circle, so none can start first: ");
    let mut step = 0;
    while step < cycle.steps.len() {
        if let Some(plugin) = cycle.steps[step] {
            text.push_name(plugin.name);
            text.push(" → ");
        }
        step += 1;
    }
    if cycle.len > cycle.steps.len() {
        text.push("… → ");
    }
    if let Some(first) = cycle.steps[0] {
        text.push_name(first.name);
    }
    let mut step = 0;
    while step < cycle.steps.len() {
        let last = step + 1 == cycle.steps.len() || cycle.steps[step + 1].is_none();
        let next = cycle.steps[if last { 0 } else { step + 1 }];
        if let (Some(plugin), Some(next)) = (cycle.steps[step], next) {
            at(text, edge(plugin, next));
        }
        step += 1;
    }
    help(text, "remove one of these requirements, or make it optional: `Option<Provider<dyn …>>`");
}

/// Where a plugin asks for the other; its own place where that is not known, as after a cut.
const fn edge(plugin: &PluginDescriptor, other: &PluginDescriptor) -> Location {
    let mut one = 0;
    while one < plugin.requires.len() {
        if plugin.requires[one].plugin.id.same(other.id) {
            return plugin.requires[one].plugin.location;
        }
        one += 1;
    }
    let mut one = 0;
    while one < plugin.dependencies.len() {
        if let Need::One(capability) = plugin.dependencies[one].need
            && offers(other, capability)
        {
            return plugin.dependencies[one].location;
        }
        one += 1;
    }
    plugin.location
}

const fn offers(plugin: &PluginDescriptor, capability: CapabilityId) -> bool {
    let mut one = 0;
    while one < plugin.capabilities.len() {
        if plugin.capabilities[one].capability.id.same(capability.id) {
            return true;
        }
        one += 1;
    }
    false
}

const fn missing_plugin(text: &mut Text, entries: &[Entry], name: &str) {
    let mut nearest = None;
    let mut least = 3;
    let mut one = 0;
    while one < entries.len() {
        let entry = &entries[one];
        if same(entry.name(), name) {
            if let Err(absent) = &entry.plugin {
                remedy(text, entry, absent);
                return;
            }
        } else {
            let far = distance(entry.name(), name);
            if far < least {
                least = far;
                nearest = Some(entry.name());
            }
        }
        one += 1;
    }
    match nearest {
        Some(nearest) => {
            help(text, "did you mean ");
            text.push_name(nearest);
            text.push("?");
        }
        None => {
            help(text, "add a line for ");
            text.push_name(name);
            text.push(" to `plugins!` and enable its feature");
        }
    }
}

const fn remedy(text: &mut Text, entry: &Entry, absent: &Absent) {
    match absent {
        Absent::Feature => {
            help(text, "enable the feature ");
            text.push_name(entry.feature);
        }
        Absent::Disabled(name) => {
            help(text, "enable it in the config: `plugins.");
            text.push(name);
            text.push(".enabled: true`");
        }
    }
}

const fn missing_capability(text: &mut Text, entries: &[Entry], capability: &CapabilityId) {
    let mut found = false;
    let mut one = 0;
    while one < entries.len() {
        let entry = &entries[one];
        if let Err(absent) = &entry.plugin
            && lists(entry.provides, capability.name)
        {
            if found {
                text.push(", or ");
                match absent {
                    Absent::Feature => text.push_name(entry.feature),
                    Absent::Disabled(name) => text.push_name(name),
                }
            } else {
                remedy(text, entry, absent);
            }
            found = true;
        }
        one += 1;
    }
    if !found {
        help(text, "enable a plugin that provides it");
    }
}

const fn lists(names: &[&str], name: &str) -> bool {
    let mut one = 0;
    while one < names.len() {
        if same(names[one], name) {
            return true;
        }
        one += 1;
    }
    false
}

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
        /// The plugins in their circle.
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
                for plugin in plugins {
                    write!(out, "\n  --> {}", plugin.location)?;
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
            Self::Ambiguous(ambiguity) => ambiguity.fmt(out),
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

fn places(out: &mut std::fmt::Formatter<'_>, hooks: &[(&'static str, Location)]) -> std::fmt::Result {
    hooks.iter().try_for_each(|(_, location)| write!(out, "\n  --> {location}"))
}

fn circle<'a>(
    out: &mut std::fmt::Formatter<'_>,
    mut plugins: impl Iterator<Item = &'a str>,
) -> std::fmt::Result {
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
