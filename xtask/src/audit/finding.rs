//! What the audit reports, and how it is written: for people as rustc writes, for programs as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::source::{Files, Place};

/// So many further places are written out for people; programs get them all.
const SHOWN: usize = 6;

/// How bad it is. Only an error fails the audit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Level {
    Error,
    Warning,
}

/// One thing to report.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) level: Level,
    /// The permission's word, or what else it is about.
    pub(super) code: &'static str,
    pub(super) package: String,
    pub(super) message: String,
    pub(super) place: Place,
    /// What stands at the place.
    pub(super) label: String,
    pub(super) notes: Vec<String>,
    /// Where else it is so, with what stands there.
    pub(super) others: Vec<(Place, String)>,
    pub(super) help: String,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Finding {
    /// As rustc writes it, with a line break behind it.
    pub(super) fn text(&self, files: &Files, colours: bool) -> String {
        let paint = |code: &str, text: &str| {
            if colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
        };
        let level = if self.level == Level::Error { "1;31" } else { "1;33" };
        let (file, line) = (files.get(self.place.file), self.place.start.line);
        let source = file.text.lines().nth(line - 1).unwrap_or("").replace('\t', " ");
        let width = line.to_string().len();
        let gutter = |text: &str| paint("1;34", text);
        let title = paint(level, &format!("{}[{}]", self.level.word(), self.code));
        let mut out = format!("{title}{}\n", paint("1", &format!(": {}", self.message)));
        let _ = writeln!(out, "{}{} {}", " ".repeat(width), gutter("-->"), files.written(self.place));
        let _ = writeln!(out, "{} {}", " ".repeat(width), gutter("|"));
        let _ = writeln!(out, "{} {} {source}", gutter(&line.to_string()), gutter("|"));
        let (from, to) = (self.place.start.column, self.end_on_line(&source));
        let caret = format!("{} {}", "^".repeat(to.saturating_sub(from).max(1)), self.label);
        let _ = writeln!(
            out,
            "{} {} {}{}",
            " ".repeat(width),
            gutter("|"),
            " ".repeat(from),
            paint(level, caret.trim_end())
        );
        let others = self.others.iter().take(SHOWN);
        let mut notes: Vec<String> = self.notes.clone();
        notes.extend(others.map(|(place, what)| format!("also {what} at {}", files.written(*place))));
        if self.others.len() > SHOWN {
            let more = self.others.len() - SHOWN;
            let places = if more == 1 { "place" } else { "places" };
            notes.push(format!("and {more} {places} more, which `--json` lists"));
        }
        for note in &notes {
            let _ = writeln!(out, "{} {} {}: {note}", " ".repeat(width), gutter("="), paint("1", "note"));
        }
        let _ = writeln!(out, "{} {} {}: {}", " ".repeat(width), gutter("="), paint("1", "help"), self.help);
        out
    }

    /// For programs: lines and columns count from 1, the end is the first column behind.
    pub(super) fn json(&self, files: &Files) -> Value {
        let mut json = location(self.place, files);
        let others = self.others.iter().map(|(place, what)| {
            let mut other = location(*place, files);
            other["label"] = json!(what);
            other
        });
        let rest = json!({
            "level": self.level.word(),
            "code": self.code,
            "package": self.package,
            "message": self.message,
            "label": self.label,
            "notes": self.notes,
            "others": others.collect::<Vec<_>>(),
            "help": self.help,
        });
        if let (Value::Object(json), Value::Object(rest)) = (&mut json, rest) {
            json.extend(rest);
        }
        json
    }

    /// A span of several lines is marked up to the end of its first.
    fn end_on_line(&self, source: &str) -> usize {
        if self.place.end.line == self.place.start.line {
            self.place.end.column
        } else {
            source.chars().count()
        }
    }
}

fn location(place: Place, files: &Files) -> Value {
    json!({
        "file": files.get(place.file).name,
        "line": place.start.line,
        "column": place.start.column + 1,
        "end_line": place.end.line,
        "end_column": place.end.column + 1,
    })
}
