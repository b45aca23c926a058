//! Which plugin waits for which, as text, Mermaid, DOT, SVG or JSON.

use std::fmt::Write;

use clap::ValueEnum;
use plugin_core::Plan;
use serde::{Deserialize, Serialize};

/// How a graph is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// A picture.
    Svg,
}

impl Format {
    /// What a browser has to know of it.
    #[must_use]
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Text | Self::Mermaid | Self::Dot => "text/plain; charset=utf-8",
        }
    }
}

/// The graph of the plugins that are enabled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Graph {
    /// The plugins of each level of the start, which come up together.
    pub(crate) levels: Vec<Vec<&'static str>>,
    /// Who waits for whom.
    pub(crate) edges: Vec<Edge>,
}

/// One plugin waits for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Edge {
    /// Who waits.
    pub(crate) from: &'static str,
    /// For whom.
    pub(crate) to: &'static str,
    /// Whether it cannot do without.
    pub(crate) required: bool,
}

impl Graph {
    /// The graph of a plan.
    #[must_use]
    pub(crate) fn of(plan: &Plan) -> Self {
        let levels = plan.levels().map(|level| level.iter().map(|plugin| plugin.name).collect());
        let edges = plan.edges().map(|(from, to, required)| Edge { from: from.name, to: to.name, required });
        Self { levels: levels.collect(), edges: edges.collect() }
    }

    /// The graph as text.
    #[must_use]
    pub(crate) fn write(&self, format: Format) -> String {
        let mut out = String::new();
        // A `String` takes whatever is written.
        let _ = match format {
            Format::Text => self.text(&mut out),
            Format::Mermaid => self.mermaid(&mut out),
            Format::Dot => self.dot(&mut out),
            Format::Svg => super::svg::write(self, &mut out),
        };
        out
    }

    fn text(&self, out: &mut String) -> std::fmt::Result {
        for (at, level) in self.levels.iter().enumerate() {
            writeln!(out, "level {}: {}", at + 1, level.join(", "))?;
        }
        for edge in &self.edges {
            writeln!(out, "{} {} {}", edge.from, edge.verb(), edge.to)?;
        }
        Ok(())
    }

    fn mermaid(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "graph LR")?;
        for name in self.levels.iter().flatten() {
            writeln!(out, "  {name}[\"{name}\"]")?;
        }
        for Edge { from, to, required } in &self.edges {
            let arrow = if *required { "-->" } else { "-.->" };
            writeln!(out, "  {from} {arrow} {to}")?;
        }
        Ok(())
    }

    fn dot(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "digraph plugins {{\n  rankdir = LR;")?;
        for name in self.levels.iter().flatten() {
            writeln!(out, "  \"{name}\";")?;
        }
        for Edge { from, to, required } in &self.edges {
            let style = if *required { "" } else { " [style = dashed]" };
            writeln!(out, "  \"{from}\" -> \"{to}\"{style};")?;
        }
        writeln!(out, "}}")
    }
}

impl Edge {
    /// What the one that waits does with the other.
    pub(super) fn verb(&self) -> &'static str {
        if self.required { "needs" } else { "uses" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_is_written_in_three_ways() {
        let graph = Graph {
            levels: vec![vec!["metrics", "storage-sqlite"], vec!["memory"]],
            edges: vec![
                Edge { from: "memory", to: "storage-sqlite", required: true },
                Edge { from: "memory", to: "metrics", required: false },
            ],
        };
        let text = "level 1: metrics, storage-sqlite\nlevel 2: memory\nmemory needs storage-sqlite\nmemory uses metrics\n";
        assert_eq!(graph.write(Format::Text), text);
        assert!(
            graph.write(Format::Mermaid).contains("  memory --> storage-sqlite\n  memory -.-> metrics\n")
        );
        assert!(graph.write(Format::Dot).ends_with("  \"memory\" -> \"metrics\" [style = dashed];\n}\n"));
    }
}
