//! What is known of a plugin before it runs, for programs: what `plugins list --json` prints.

use plugin_core::config::{self, ConfigKey};
use plugin_core::descriptor::{Attribute, Stage};
use plugin_core::graph::{Absent, Entry};
use plugin_core::hook::HookKind;
use plugin_core::inject::Need;
use plugin_core::supervise::Restart;
use plugin_core::{ApiVersion, PluginDescriptor};
use serde::Serialize;
use serde_json::Value;

/// One line of the list of plugins.
#[derive(Serialize)]
pub(super) struct Listed {
    /// Its name; the feature's where it is not in this build.
    name: &'static str,
    /// The Cargo feature that selects it.
    feature: &'static str,
    /// `enabled`, `disabled` or `absent`.
    state: &'static str,
    /// All else; nothing where it is not in this build.
    #[serde(flatten)]
    description: Option<Description>,
}

/// A plugin's descriptor in words that survive its types.
#[derive(Serialize)]
struct Description {
    version: &'static str,
    /// The version of the plugin API that it states.
    api: Option<ApiVersion>,
    description: &'static str,
    package: &'static str,
    file: &'static str,
    line: u32,
    stage: Stage,
    enabled_by_default: bool,
    required: bool,
    tags: &'static [&'static str],
    requires: Vec<Requirement>,
    conflicts: Vec<&'static str>,
    permissions: Vec<String>,
    needs: Vec<Wish>,
    hooks: Vec<Hook>,
    capabilities: Vec<Offer>,
    subscriptions: Vec<Subscription>,
    tasks: Vec<Task>,
    commands: Vec<Command>,
    config: Vec<ConfigKey>,
}

#[derive(Serialize)]
struct Requirement {
    plugin: &'static str,
    version: &'static str,
}

/// A capability that `#[init]` asks for.
#[derive(Serialize)]
struct Wish {
    capability: &'static str,
    /// `one`, `optional` or `all`.
    count: &'static str,
}

#[derive(Serialize)]
struct Hook {
    point: &'static str,
    kind: HookKind,
    name: &'static str,
    priority: i32,
    before: Vec<&'static str>,
    after: Vec<&'static str>,
}

#[derive(Serialize)]
struct Offer {
    name: &'static str,
    version: &'static str,
    attributes: &'static [Attribute],
}

#[derive(Serialize)]
struct Subscription {
    event: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
struct Task {
    name: &'static str,
    restart: Restart,
}

#[derive(Serialize)]
struct Command {
    name: &'static str,
    description: &'static str,
    arguments: Option<Value>,
}

impl Listed {
    /// What is known of `entry`, which the configuration enables or not.
    pub(super) fn of(entry: &Entry, enabled: bool) -> Self {
        let (state, description) = match entry.plugin {
            Ok(plugin) if enabled => ("enabled", Some(Description::of(plugin))),
            Ok(plugin) | Err(Absent::Disabled(plugin)) => ("disabled", Some(Description::of(plugin))),
            Err(Absent::Feature) => ("absent", None),
        };
        Self { name: entry.name(), feature: entry.feature, state, description }
    }
}

impl Description {
    fn of(plugin: &'static PluginDescriptor) -> Self {
        let names = |anchors: &'static [plugin_core::descriptor::Anchor]| {
            anchors.iter().map(|anchor| anchor.name).collect::<Vec<_>>()
        };
        let requires = plugin.requires.iter();
        let hooks = plugin.hooks.iter().map(|hook| Hook {
            point: hook.point.name,
            kind: hook.kind,
            name: hook.name,
            priority: hook.priority,
            before: names(hook.before),
            after: names(hook.after),
        });
        let capabilities = plugin.capabilities.iter().map(|one| Offer {
            name: one.capability.name,
            version: one.capability.version,
            attributes: one.attributes,
        });
        let commands = plugin.commands.iter().map(|one| Command {
            name: one.name,
            description: one.description.trim(),
            arguments: one.arguments.map(|schema| schema()),
        });
        let subscriptions = plugin.subscriptions.iter();
        Self {
            version: plugin.version.text,
            api: plugin.api,
            description: plugin.description.trim(),
            package: plugin.package,
            file: plugin.location.file,
            line: plugin.location.line,
            stage: plugin.stage,
            enabled_by_default: plugin.enabled,
            required: plugin.required,
            tags: plugin.tags,
            requires: requires
                .map(|one| Requirement { plugin: one.plugin.name, version: one.version.text })
                .collect(),
            conflicts: names(plugin.conflicts),
            permissions: plugin.permissions.iter().map(ToString::to_string).collect(),
            needs: plugin.dependencies.iter().filter_map(|one| Wish::of(&one.need)).collect(),
            hooks: hooks.collect(),
            capabilities: capabilities.collect(),
            subscriptions: subscriptions
                .map(|one| Subscription { event: one.event, name: one.name })
                .collect(),
            tasks: plugin.tasks.iter().map(|one| Task { name: one.name, restart: one.restart }).collect(),
            commands: commands.collect(),
            config: config::keys(plugin),
        }
    }
}

impl Wish {
    fn of(need: &Need) -> Option<Self> {
        let count = match need {
            Need::Nothing => return None,
            Need::One(_) => "one",
            Need::Optional(_) => "optional",
            Need::All(_) => "all",
        };
        need.capability().map(|capability| Self { capability: capability.name, count })
    }
}
