//! Findings in sentences: the plugin, the place, the rule and the remedy. The same words while compiling and at start.

use super::code::{mark, see};
use super::finding::{Cycle, Finding};
use super::set::{Absent, Entry};
use super::text::{Text, distance, same};
use crate::capability::CapabilityId;
use crate::descriptor::PluginDescriptor;
use crate::id::Location;

impl Finding {
    /// Writes the sentence, its places and its remedy.
    pub(super) const fn write(&self, text: &mut Text, entries: &[Entry]) {
        let code = self.code();
        match self {
            Self::DuplicateName { first, second } => {
                text.push("two plugins are named ");
                text.push_name(first.name);
                mark(text, code);
                at(text, first.location);
                at(text, second.location);
                help(text, "give one of them another name: #[plugin(name = \"…\")]");
            }
            Self::MissingPlugin { plugin, requirement } => {
                subject(text, plugin);
                text.push(" requires the plugin ");
                text.push_name(requirement.plugin.name);
                text.push(", which is not there");
                mark(text, code);
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
                mark(text, code);
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
                mark(text, code);
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
                mark(text, code);
                at(text, field.location);
                missing_capability(text, entries, capability);
            }
            Self::Cycle(cycle) => write_cycle(text, cycle, code),
            Self::PointNotRun { manager, plugin, hook } => {
                subject(text, plugin);
                text.push(" hooks ");
                text.push_name(hook.point.name);
                text.push(" with ");
                text.push_name(hook.name);
                text.push(", but the manager ");
                text.push_name(manager);
                text.push(" runs no such point");
                mark(text, code);
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
                mark(text, code);
                at(text, *location);
                at(text, plugin.location);
                help(text, "remove ");
                text.push_name(capability);
                text.push(" from this line of `plugins!`, or let ");
                text.push_name(plugin.name);
                text.push(" provide it");
            }
        }
        see(text, code);
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

const fn write_cycle(text: &mut Text, cycle: &Cycle, code: &str) {
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
    mark(text, code);
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
pub(super) const fn edge(plugin: &PluginDescriptor, other: &PluginDescriptor) -> Location {
    let mut one = 0;
    while one < plugin.requires.len() {
        if plugin.requires[one].plugin.id.same(other.id) {
            return plugin.requires[one].plugin.location;
        }
        one += 1;
    }
    let mut one = 0;
    while one < plugin.dependencies.len() {
        if let Some(capability) = plugin.dependencies[one].need.capability()
            && offers(other, capability)
        {
            return plugin.dependencies[one].location;
        }
        one += 1;
    }
    plugin.location
}

const fn offers(plugin: &PluginDescriptor, capability: &CapabilityId) -> bool {
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
        Absent::Disabled(plugin) => {
            help(text, "enable it in the config: ");
            push_switch(text, plugin);
        }
    }
}

const fn missing_capability(text: &mut Text, entries: &[Entry], capability: &CapabilityId) {
    let mut found = false;
    let mut one = 0;
    while one < entries.len() {
        let entry = &entries[one];
        if let Err(absent) = &entry.plugin
            && would_provide(entry, absent, capability)
        {
            if found {
                text.push(", or ");
                match absent {
                    Absent::Feature => text.push_name(entry.feature),
                    Absent::Disabled(plugin) => push_switch(text, plugin),
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

const fn push_switch(text: &mut Text, plugin: &PluginDescriptor) {
    text.push("`plugins.");
    text.push(plugin.name);
    text.push(".enabled: true`");
}

/// Of a plugin that is not in this build only its line in the list can tell.
const fn would_provide(entry: &Entry, absent: &Absent, capability: &CapabilityId) -> bool {
    match absent {
        Absent::Feature => lists(entry.provides, capability.name),
        Absent::Disabled(plugin) => offers(plugin, capability),
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
