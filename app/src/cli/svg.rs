//! The graph as a picture: a column for each level of the start, and a line from each plugin to those it waits for.

use std::collections::HashMap;
use std::fmt::{Result, Write};

use super::graph::Graph;

const BOX: f64 = 28.0;
const GAP: f64 = 14.0;
const BETWEEN: f64 = 70.0;
const MARGIN: f64 = 16.0;
/// The width of a letter of the font below.
const LETTER: f64 = 7.3;
/// How often the columns are sorted by their neighbours; more changes little.
const SWEEPS: usize = 4;

const STYLE: &str = "text { font: 12px ui-monospace, monospace; fill: #1f2328; } rect { fill: #f6f8fa; stroke: #59636e; } \
    path { fill: none; stroke: #59636e; } .uses { stroke-dasharray: 4 3; } marker path { fill: #59636e; stroke: none; }";

/// A plugin, or a place where a line passes through a column.
struct Place {
    name: Option<&'static str>,
    y: f64,
}

/// The columns from the first level to the last, and each edge as the places that it joins, from the plugin that waits.
struct Layout {
    columns: Vec<Vec<Place>>,
    lines: Vec<(Vec<usize>, usize, bool)>,
}

/// Writes the picture. The same graph is always the same text.
pub(super) fn write(graph: &Graph, out: &mut String) -> Result {
    let mut layout = Layout::of(graph);
    layout.sort();
    layout.stand();
    layout.draw(out)
}

impl Layout {
    fn of(graph: &Graph) -> Self {
        let mut columns: Vec<Vec<Place>> = graph
            .levels
            .iter()
            .map(|level| level.iter().map(|name| Place { name: Some(name), y: 0.0 }).collect())
            .collect();
        let mut of_name = HashMap::new();
        for (column, level) in graph.levels.iter().enumerate() {
            of_name.extend(level.iter().enumerate().map(|(row, name)| (*name, (column, row))));
        }
        let mut lines = Vec::new();
        for edge in &graph.edges {
            let (Some(&(from, start)), Some(&(to, end))) = (of_name.get(edge.from), of_name.get(edge.to))
            else {
                continue;
            };
            let mut rows = vec![start];
            for column in (to + 1..from).rev() {
                rows.push(columns[column].len());
                columns[column].push(Place { name: None, y: 0.0 });
            }
            rows.push(end);
            lines.push((rows, from, edge.required));
        }
        Self { columns, lines }
    }

    /// Puts each place near those it is joined with, so that few lines cross.
    fn sort(&mut self) {
        for sweep in 0..SWEEPS {
            let forth = sweep % 2 == 0;
            let count = self.columns.len();
            for step in 1..count {
                let (column, beside) =
                    if forth { (step, step - 1) } else { (count - 1 - step, count - step) };
                self.sort_column(column, beside);
            }
        }
    }

    fn sort_column(&mut self, column: usize, beside: usize) {
        let mut sums = vec![(0.0, 0.0); self.columns[column].len()];
        for (rows, from, _) in &self.lines {
            // The line's place in a column stands as far behind its first as the column before the first.
            let row = |at: usize| from.checked_sub(at).and_then(|behind| rows.get(behind).copied());
            if let (Some(own), Some(other)) = (row(column), row(beside)) {
                sums[own].0 += index(other);
                sums[own].1 += 1.0;
            }
        }
        let wish = |row: usize| {
            let (sum, count) = sums[row];
            if count > 0.0 { sum / count } else { index(row) }
        };
        let mut order: Vec<usize> = (0..sums.len()).collect();
        order.sort_by(|one, other| wish(*one).total_cmp(&wish(*other)).then(one.cmp(other)));
        let mut place_of = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, old)| place_of[*old] = new);
        for (rows, from, _) in &mut self.lines {
            if let Some(row) = from.checked_sub(column).and_then(|behind| rows.get_mut(behind)) {
                *row = place_of[*row];
            }
        }
        let mut places: Vec<(usize, Place)> = self.columns[column].drain(..).enumerate().collect();
        places.sort_by_key(|(old, _)| place_of[*old]);
        self.columns[column].extend(places.into_iter().map(|(_, place)| place));
    }

    /// Gives each place its height; shorter columns stand in the middle.
    fn stand(&mut self) {
        let tallest = self.height();
        for column in &mut self.columns {
            let mut y = MARGIN + (tallest - tall(column.len())) / 2.0 + BOX / 2.0;
            for place in column {
                place.y = y;
                y += BOX + GAP;
            }
        }
    }

    fn height(&self) -> f64 {
        self.columns.iter().map(|column| tall(column.len())).fold(0.0, f64::max)
    }

    fn draw(&self, out: &mut String) -> Result {
        let mut left = MARGIN;
        let mut spans = Vec::new();
        for column in &self.columns {
            let longest = column.iter().filter_map(|place| place.name).map(|name| name.chars().count()).max();
            let width = index(longest.unwrap_or_default()) * LETTER + 20.0;
            spans.push((left, left + width));
            left += width + BETWEEN;
        }
        let width = (left - BETWEEN + MARGIN).max(2.0 * MARGIN);
        let height = self.height() + 2.0 * MARGIN;
        writeln!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img">"#
        )?;
        writeln!(out, "  <title>Which plugin waits for which</title>\n  <style>{STYLE}</style>")?;
        writeln!(
            out,
            r#"  <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>"#
        )?;
        for (rows, from, required) in &self.lines {
            self.line(rows, *from, *required, &spans, out)?;
        }
        for (column, (left, right)) in self.columns.iter().zip(&spans) {
            for Place { name, y } in column {
                // The names are lower-case letters, digits and `-`, so nothing is to be escaped.
                let Some(name) = name else { continue };
                let (top, width, middle) = (y - BOX / 2.0, right - left, f64::midpoint(*left, *right));
                writeln!(
                    out,
                    r#"  <rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{BOX}" rx="5"/><text x="{middle:.1}" y="{:.1}" text-anchor="middle">{name}</text>"#,
                    y + 4.0
                )?;
            }
        }
        writeln!(out, "</svg>")
    }

    /// From the left side of the plugin that waits to the right side of the other, through the places between.
    fn line(
        &self,
        rows: &[usize],
        from: usize,
        required: bool,
        spans: &[(f64, f64)],
        out: &mut String,
    ) -> Result {
        let class = if required { "needs" } else { "uses" };
        let mut x = spans[from].0;
        let mut y = self.columns[from][rows[0]].y;
        write!(out, r#"  <path class="{class}" marker-end="url(#arrow)" d="M{x:.1} {y:.1}"#)?;
        for (behind, row) in rows.iter().enumerate().skip(1) {
            let column = from - behind;
            let (left, right) = spans[column];
            let next = self.columns[column][*row].y;
            let middle = f64::midpoint(x, right);
            write!(out, "C{middle:.1} {y:.1} {middle:.1} {next:.1} {right:.1} {next:.1}")?;
            if behind + 1 < rows.len() {
                write!(out, "L{left:.1} {next:.1}")?;
            }
            (x, y) = (left, next);
        }
        writeln!(out, r#""/>"#)
    }
}

/// The height of so many boxes.
fn tall(count: usize) -> f64 {
    (index(count) * (BOX + GAP) - GAP).max(0.0)
}

/// A count as a length; nobody has so many plugins that it is not exact.
fn index(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::super::graph::Edge;
    use super::*;

    fn edge(from: &'static str, to: &'static str, required: bool) -> Edge {
        Edge { from, to, required }
    }

    fn graph() -> Graph {
        Graph {
            levels: vec![vec!["a", "b"], vec!["c"], vec!["d", "e"]],
            edges: vec![
                edge("c", "b", true),
                edge("d", "b", true),
                edge("d", "c", true),
                edge("e", "a", false),
                edge("e", "c", true),
            ],
        }
    }

    fn drawn(graph: &Graph) -> String {
        let mut out = String::new();
        write(graph, &mut out).unwrap();
        out
    }

    #[test]
    fn every_plugin_and_every_edge_is_drawn_once() {
        let svg = drawn(&graph());
        for name in ["a", "b", "c", "d", "e"] {
            assert_eq!(svg.matches(&format!(">{name}</text>")).count(), 1, "{svg}");
        }
        assert_eq!(svg.matches(r#"class="needs""#).count(), 4, "{svg}");
        assert_eq!(svg.matches(r#"class="uses""#).count(), 1, "{svg}");
        assert_eq!(svg, drawn(&graph()));
    }

    #[test]
    fn no_two_places_of_a_column_stand_on_each_other() {
        let mut layout = Layout::of(&graph());
        layout.sort();
        layout.stand();
        // The edges from `d` to `b` and from `e` to `a` pass the column of `c`.
        assert_eq!(layout.columns[1].len(), 3);
        for column in &layout.columns {
            assert!(column.windows(2).all(|pair| pair[1].y - pair[0].y >= BOX + GAP));
        }
        for (rows, from, _) in &layout.lines {
            for (behind, row) in rows.iter().enumerate() {
                let named = layout.columns[from - behind][*row].name.is_some();
                assert_eq!(named, behind == 0 || behind + 1 == rows.len());
            }
        }
    }

    #[test]
    fn neighbours_are_sorted_so_that_lines_do_not_cross() {
        let crossed = Graph {
            levels: vec![vec!["a", "b"], vec!["c", "d"]],
            edges: vec![edge("c", "b", true), edge("d", "a", true)],
        };
        let mut layout = Layout::of(&crossed);
        layout.sort();
        let names =
            |column: usize| layout.columns[column].iter().filter_map(|place| place.name).collect::<String>();
        assert!(matches!((names(0).as_str(), names(1).as_str()), ("ab", "dc") | ("ba", "cd")));
    }

    #[test]
    fn no_plugins_are_an_empty_picture() {
        let svg = drawn(&Graph { levels: vec![], edges: vec![] });
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    }
}
