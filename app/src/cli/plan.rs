//! What would start with a configuration, and in which order, without starting it.

use std::fmt::Write;

use plugin_core::Plan;
use plugin_core::config::Settings;
use plugin_core::graph::{Absent, Entry};
use serde::Serialize;

use super::graph::Graph;

/// A plan beside what it leaves out.
#[derive(Serialize)]
pub(super) struct Preview {
    profile: String,
    #[serde(flatten)]
    graph: Graph,
    disabled: Vec<Disabled>,
    absent: Vec<Missing>,
    points: Vec<Point>,
    ambiguities: Vec<String>,
    notes: Vec<String>,
    /// The hooks as `explain` tells them, with the reasons.
    #[serde(skip)]
    orders: String,
}

/// A plugin of this build that does not start.
#[derive(Serialize)]
struct Disabled {
    plugin: &'static str,
    /// Who says so.
    origin: String,
}

/// A plugin that is not in this build.
#[derive(Serialize)]
struct Missing {
    plugin: &'static str,
    feature: &'static str,
}

#[derive(Serialize)]
struct Point {
    point: &'static str,
    kinds: Vec<Kind>,
}

#[derive(Serialize)]
struct Kind {
    kind: &'static str,
    /// First to last; `after` hooks run last to first.
    hooks: Vec<Hook>,
}

#[derive(Serialize)]
struct Hook {
    plugin: &'static str,
    name: &'static str,
    /// Why it stands behind the one before it.
    because: Option<String>,
}

impl Preview {
    /// What `plan` starts of `entries` under `settings`.
    pub(super) fn of(plan: &Plan, settings: &Settings, entries: &[Entry]) -> Self {
        let mut disabled = Vec::new();
        let mut absent = Vec::new();
        for entry in entries {
            match entry.plugin {
                Ok(plugin) if settings.plugin(plugin.name).enabled => {}
                Ok(plugin) | Err(Absent::Disabled(plugin)) => {
                    disabled.push(Disabled { plugin: plugin.name, origin: switch(settings, plugin.name) });
                }
                Err(Absent::Feature) => absent.push(Missing { plugin: entry.name(), feature: entry.feature }),
            }
        }
        let points = plan.points().iter().map(|point| Point {
            point: point.point.name,
            kinds: point
                .kinds
                .iter()
                .map(|order| Kind {
                    kind: order.kind.name(),
                    hooks: order
                        .places
                        .iter()
                        .map(|place| Hook {
                            plugin: place.plugin.name,
                            name: place.hook.name,
                            because: place.because.as_ref().map(ToString::to_string),
                        })
                        .collect(),
                })
                .collect(),
        });
        Self {
            profile: settings.profile().to_owned(),
            graph: Graph::of(plan),
            disabled,
            absent,
            points: points.collect(),
            ambiguities: plan.ambiguities().iter().map(ToString::to_string).collect(),
            notes: plan.notes().to_vec(),
            orders: plan.points().iter().map(|point| format!("{point}\n")).collect(),
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let count: usize = self.graph.levels.iter().map(Vec::len).sum();
        // A `String` takes whatever is written.
        let _ = writeln!(out, "profile {}: {count} plugins would start", self.profile);
        for (at, level) in self.graph.levels.iter().enumerate() {
            let _ = writeln!(
                out,
                "\nlevel {}{}",
                at + 1,
                if at == 0 { "" } else { ", when those before are up" }
            );
            for name in level {
                let waits = self.graph.edges.iter().filter(|edge| edge.from == *name);
                let waits = waits.map(|edge| format!("{} {}", edge.verb(), edge.to)).collect::<Vec<_>>();
                let _ = match &waits[..] {
                    [] => writeln!(out, "  {name}"),
                    waits => writeln!(out, "  {name} ({})", waits.join(", ")),
                };
            }
        }
        if !self.disabled.is_empty() || !self.absent.is_empty() {
            let _ = writeln!(out, "\nwould not start");
        }
        for Disabled { plugin, origin } in &self.disabled {
            let _ = writeln!(out, "  {plugin}: disabled {origin}");
        }
        for Missing { plugin, feature } in &self.absent {
            let _ = writeln!(out, "  {plugin}: not in this build; its feature is `{feature}`");
        }
        if !self.orders.is_empty() {
            let _ = write!(out, "\n{}", self.orders);
        }
        for note in self.notes.iter().chain(&self.ambiguities) {
            let _ = writeln!(out, "\nnote: {note}");
        }
        out
    }
}

/// Who says whether the plugin is enabled: `by default`, `by plugins.yaml:3`.
pub(super) fn switch(settings: &Settings, plugin: &str) -> String {
    let shown = settings.show();
    let shown = shown.get(&format!("plugins.{plugin}.enabled"));
    shown.map_or_else(|| "by default".to_owned(), |shown| format!("by {}", shown.origin))
}
