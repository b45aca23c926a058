//! Why a plugin is enabled, what it needs and who needs it, what it does, and what it may touch.

use std::fmt::Write;

use plugin_core::config::Settings;
use plugin_core::graph::{Absent, Entry};
use plugin_core::inject::Need;
use plugin_core::{Plan, PluginDescriptor};

use super::plan::switch;

/// What `explain PLUGIN` prints.
pub(super) fn explain(entry: &Entry, plan: &Plan, settings: &Settings) -> String {
    let (Ok(plugin) | Err(Absent::Disabled(plugin))) = entry.plugin else {
        let (name, feature) = (entry.name(), entry.feature);
        return format!("{name}\n  not in this build; its feature is `{feature}`\n");
    };
    let set = settings.plugin(plugin.name);
    let mut out = format!(
        "{} {}\n  {}\n",
        plugin.name,
        plugin.version,
        plugin.description.trim().replace('\n', "\n  ")
    );
    let state = if set.enabled { "enabled" } else { "disabled" };
    let mut facts = vec![format!("{state} {}", switch(settings, plugin.name))];
    if set.required {
        facts.push("nothing starts when it cannot".to_owned());
    }
    facts.push(format!("stage {:?} ({})", plugin.stage, plugin.stage as u8));
    facts.push(format!("package {} at {}", plugin.package, plugin.location));
    if !entry.feature.is_empty() {
        facts.push(format!("feature `{}`", entry.feature));
    }
    section(&mut out, "is", facts);
    section(&mut out, "needs", needs(plugin, plan));
    section(&mut out, "is needed by", needed_by(plugin, plan));
    section(&mut out, "conflicts with", plugin.conflicts.iter().map(|other| other.name.to_owned()).collect());
    section(&mut out, "does", deeds(plugin, plan));
    let permissions = plugin.permissions.iter().map(ToString::to_string).collect::<Vec<_>>();
    let none = || vec!["nothing outside the process; `cargo xtask audit` holds it to that".to_owned()];
    section(&mut out, "may touch", if permissions.is_empty() { none() } else { permissions });
    out
}

fn section(out: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    // A `String` takes whatever is written.
    let _ = writeln!(out, "  {title}");
    for line in lines {
        let _ = writeln!(out, "    {line}");
    }
}

/// What it asks for, and who serves it where it is enabled.
fn needs(plugin: &PluginDescriptor, plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for one in plugin.requires {
        lines.push(format!("the plugin {} {}", one.plugin.name, one.version).trim_end().to_owned());
    }
    let own = |other: &&PluginDescriptor| other.name == plugin.name;
    let providers = plan.edges().filter(|(from, ..)| own(from)).map(|(_, to, _)| to).collect::<Vec<_>>();
    for dependency in plugin.dependencies {
        let Some(capability) = dependency.need.capability() else { continue };
        let offers = |other: &&&PluginDescriptor| {
            other.capabilities.iter().any(|one| one.capability.id == capability.id)
        };
        let names = providers.iter().filter(offers).map(|other| other.name).collect::<Vec<_>>();
        let how = match dependency.need {
            Need::One(_) => "",
            Need::Optional(_) => ", where there is one",
            _ => ", all that there are",
        };
        let from = if names.is_empty() { String::new() } else { format!(": from {}", names.join(", ")) };
        lines.push(format!("the capability {}{how}{from}", capability.name));
    }
    lines
}

/// Who could not do without it, or would do less.
fn needed_by(plugin: &PluginDescriptor, plan: &Plan) -> Vec<String> {
    let edges = plan.edges().filter(|(_, to, _)| to.name == plugin.name);
    let line = |(from, _, required): (&PluginDescriptor, &PluginDescriptor, bool)| {
        let names = from.dependencies.iter().filter_map(|one| one.need.capability());
        let names = names.filter(|asked| plugin.capabilities.iter().any(|one| one.capability.id == asked.id));
        let names = names.map(|capability| capability.name).collect::<Vec<_>>();
        let what = if names.is_empty() { "by name".to_owned() } else { format!("for {}", names.join(", ")) };
        format!("{}, {what}{}", from.name, if required { "" } else { "; it can do without" })
    };
    edges.map(line).collect()
}

/// Its hooks with their places among those of the same point and kind, and all else that others notice of it.
fn deeds(plugin: &PluginDescriptor, plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for hook in plugin.hooks {
        let orders = plan
            .points()
            .iter()
            .filter(|point| point.point.id == hook.point.id)
            .flat_map(|point| &point.kinds);
        let place = orders.filter(|order| order.kind == hook.kind).find_map(|order| {
            let at = order
                .places
                .iter()
                .position(|place| place.plugin.id == plugin.id && place.hook.name == hook.name)?;
            let count = order.places.len();
            let place = if order.kind.reversed() { count - at } else { at + 1 };
            Some(format!(", place {place} of {count}"))
        });
        let verb = if hook.changes { "changes" } else { "watches" };
        lines.push(format!(
            "{verb} {} ({} · {}{})",
            hook.point.name,
            hook.kind,
            hook.name,
            place.unwrap_or_default()
        ));
    }
    lines.extend(
        plugin.capabilities.iter().map(|one| format!("offers the capability {}", one.capability.name)),
    );
    lines.extend(plugin.subscriptions.iter().map(|one| format!("listens to {} ({})", one.event, one.name)));
    lines.extend(plugin.tasks.iter().map(|one| format!("works in the background ({})", one.name)));
    for command in plugin.commands {
        let says = command.description.trim().lines().next().unwrap_or_default();
        lines.push(format!("has the command {}: {says}", command.name));
    }
    lines
}
