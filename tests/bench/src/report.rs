//! What was measured as a page of Markdown: goals first, then every table.

use std::fmt::Write as _;

use serde_json::json;

use crate::goal::{GOALS, Goal, Verdict};
use crate::machine::Machine;
use crate::results::Results;
use crate::rounds::{Mode, baseline_of, median};
use crate::scenario::{CONTENDERS, GROUPS};

/// The whole page.
#[must_use]
pub fn page(results: &Results, machine: &Machine) -> String {
    let mut page = String::from(
        "# Benchmarks\n\nWhat chains, starts, servers and builds cost beside what one would write without the framework, and how that stands to the goals. ",
    );
    let _ = writeln!(page, "Written by `cargo xtask bench` on {machine}.\n");
    page.push_str(HOW);
    page.push_str("\n## Goals\n\n");
    page.push_str(&goals(results));
    section(&mut page, "Chains", &chains(results));
    section(&mut page, "Long chains", &depths(results));
    section(&mut page, "Start", &starts(results));
    section(&mut page, "Web", &web(results));
    section(&mut page, "Builds", &size(results));
    page
}

const HOW: &str = "\
All scenarios of a table run in one process, batch by batch and in random order, for many rounds. A ratio is the median of the ratios
within each round; a time is the median over the rounds. *Fast* and *slow* are the two speeds that shared machines switch between, told
apart by a loop of indirect calls before and after each batch. Instructions (Ir), indirect branches (ib) and allocations are counts,
those of callgrind as the difference of two numbers of runs; callgrind makes a call of the system of every look at the clock, so what
reads the clock is understated. Contenders do the same work on the same input with the same error type, and their outputs are compared
before they are timed. All of it is built for release, this package as one codegen unit, as the `dist` profile builds the app. A ratio to half a nanosecond of inlined code says nothing; ratios to bodies of 100 ns (*work*) do.
";

fn section(page: &mut String, title: &str, text: &str) {
    if !text.is_empty() {
        let _ = write!(page, "\n## {title}\n\n{text}");
    }
}

/// The goals, each met, missed by how much, or not measured.
#[must_use]
pub fn goals(results: &Results) -> String {
    let mut text = String::from(
        "| goal | what | bound | measured | verdict | computed from |\n|---|---|---|---|---|---|\n",
    );
    for goal in &GOALS {
        let (bound, unit) = goal.bound.parts();
        let sign = if matches!(goal.bound, crate::goal::Bound::AtMost(..)) { "≤" } else { "≥" };
        let (measured, verdict) = told(goal, results);
        let _ = writeln!(
            text,
            "| {} | {} | {sign} {} {unit} | {measured} | {verdict} | {} |",
            goal.id,
            goal.what,
            number(bound),
            goal.how
        );
    }
    text
}

/// The verdicts and all medians, for programs.
#[must_use]
pub fn json(results: &Results, machine: &Machine) -> serde_json::Value {
    let goals = GOALS.iter().map(|goal| {
        let (bound, unit) = goal.bound.parts();
        let (value, met) = match goal.verdict(results) {
            Verdict::Met(value) => (Some(value), Some(true)),
            Verdict::Missed(value, _) => (Some(value), Some(false)),
            Verdict::Unknown => (None, None),
        };
        json!({"goal": goal.id, "what": goal.what, "bound": bound, "unit": unit, "value": value, "met": met})
    });
    let times = results.times.iter().map(|one| {
        let base = baseline_of(&results.times, &one.group);
        json!({
            "group": one.group, "contender": one.contender, "nanos": one.median(None), "least": one.least(),
            "fast": one.median(Some(Mode::Fast)), "slow": one.median(Some(Mode::Slow)),
            "ratio": base.and_then(|base| one.ratio(base, None)),
        })
    });
    json!({
        "machine": machine.to_string(), "goals": goals.collect::<Vec<_>>(), "times": times.collect::<Vec<_>>(),
        "counts": results.counts, "starts": results.starts, "depths": results.depths, "web": results.web,
        "size": results.size,
    })
}

fn told(goal: &Goal, results: &Results) -> (String, String) {
    let (bound, unit) = goal.bound.parts();
    match goal.verdict(results) {
        Verdict::Unknown => ("–".to_owned(), "not measured".to_owned()),
        Verdict::Met(value) => (format!("{} {unit}", number(value)), "met".to_owned()),
        Verdict::Missed(value, factor) if factor.is_finite() && factor >= 1.1 => {
            (format!("{} {unit}", number(value)), format!("**missed**, {factor:.1} times"))
        }
        Verdict::Missed(value, _) => {
            let missing = number((value - bound).abs());
            (format!("{} {unit}", number(value)), format!("**missed** by {missing} {unit}"))
        }
    }
}

fn chains(results: &Results) -> String {
    let mut text = String::new();
    let mut groups: Vec<&str> = results.times.iter().map(|one| one.group.as_str()).collect();
    groups.extend(results.counts.iter().map(|one| one.group.as_str()));
    let mut seen = Vec::new();
    groups.retain(|group| {
        !seen.contains(group) && {
            seen.push(group);
            true
        }
    });
    if groups.is_empty() {
        return text;
    }
    text.push_str(
        "Times are nanoseconds per run. The last number of a group's name is that of its hooks.\n\n",
    );
    text.push_str(
        "| group | contender | ns | fast | slow | least | × | × fast | × slow | Ir | ib | allocations |\n",
    );
    text.push_str("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for group in groups {
        let mut names: Vec<&str> = CONTENDERS.iter().map(|(name, _)| *name).collect();
        names.retain(|name| results.time(group, name).is_some() || results.count(group, name).is_some());
        for name in names {
            text.push_str(&chain(results, group, name));
        }
    }
    text.push_str("\nGroups:\n\n");
    for (group, meaning) in GROUPS {
        let _ = writeln!(text, "- `{group}`: {meaning}");
    }
    text.push_str("\nContenders:\n\n");
    for (contender, meaning) in CONTENDERS {
        let _ = writeln!(text, "- `{contender}`: {meaning}");
    }
    text
}

fn chain(results: &Results, group: &str, name: &str) -> String {
    let time = results.time(group, name);
    let base = baseline_of(&results.times, group);
    let nanos = |mode| cell(time.and_then(|time| time.median(mode)));
    let ratio = |mode| cell(time.zip(base).and_then(|(time, base)| time.ratio(base, mode)));
    let count = results.count(group, name);
    let cells = [
        nanos(None),
        nanos(Some(Mode::Fast)),
        nanos(Some(Mode::Slow)),
        cell(time.and_then(crate::rounds::Timed::least)),
        ratio(None),
        ratio(Some(Mode::Fast)),
        ratio(Some(Mode::Slow)),
        cell(count.map(|one| one.instructions)),
        cell(count.map(|one| one.indirect)),
        cell(count.map(|one| one.allocations)),
    ];
    format!("| {group} | {name} | {} |\n", cells.join(" | "))
}

fn depths(results: &Results) -> String {
    if results.depths.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "`async fn` hooks, on a thread with 2 MiB of stack.\n\n| kind | hooks | ns per hook |\n|---|--:|--:|\n",
    );
    for one in &results.depths {
        let _ = writeln!(text, "| {} | {} | {} |", one.kind, one.hooks, number(one.nanos));
    }
    text
}

fn starts(results: &Results) -> String {
    if results.starts.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "Milliseconds. Each plugin hooks one of eight points, requires another plugin, needs a capability that one in eight offers, and\n\
         says which plugin's hook runs before its own. *collect*: the registry. *configure*: the configuration, read, merged and checked.\n\
         *plan*: all rules of the graph and every order. *whole*: all of it, every `#[init]`, every chain and the manager.\n\n\
         | plugins | collect | configure | plan | whole |\n|--:|--:|--:|--:|--:|\n",
    );
    for one in &results.starts {
        let cells = [one.collect, one.configure, one.plan, one.whole].map(number).join(" | ");
        let _ = writeln!(text, "| {} | {cells} |", one.plugins);
    }
    text
}

fn web(results: &Results) -> String {
    let Some(bare) = results.web(None) else { return String::new() };
    let mut text = String::from(
        "A chat request as JSON over one kept connection or many, answered by axum with and without a chain in front of the same core.\n\
         Each plugin has an `async fn` hook before the core and a plain one after it. Servers run at once, each is loaded in turn, in\n\
         rounds; differences are medians of those within a round.\n\n\
         | server | requests/s | by bare | p50 µs | p99 µs | added p50 µs | added p99 µs |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for one in &results.web {
        let name = one.plugins.map_or_else(|| "bare axum".to_owned(), |plugins| format!("{plugins} plugins"));
        let paired = |of: fn(&crate::results::Web) -> &[f64], both: fn(f64, f64) -> f64| {
            cell(median(of(one).iter().zip(of(bare)).map(|(one, bare)| both(*one, *bare)).collect()))
        };
        let cells = [
            cell(median(one.rate.clone())),
            paired(|web| &web.rate, |one, bare| one / bare),
            cell(median(one.p50.clone())),
            cell(median(one.p99.clone())),
            paired(|web| &web.p50, |one, bare| one - bare),
            paired(|web| &web.p99, |one, bare| one - bare),
        ];
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text
}

fn size(results: &Results) -> String {
    let Some(size) = results.size else { return String::new() };
    format!(
        "| what | cost |\n|---|--:|\n\
         | the first empty plugin, in a release build in which all else but the app is built | {} s |\n\
         | each of {} empty plugins, in the same | {} s |\n\
         | each of them in the release binary, stripped | {} KiB |\n\
         | const check of a list of 200 plugins, in rustc | {} s |\n\
         | const check of a list of 1,000 plugins, in rustc | {} s |\n",
        number(size.first),
        size.plugins,
        number(size.each),
        number(size.kib),
        number(size.check_200),
        number(size.check_1000)
    )
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), number)
}

/// Three digits that matter, and no more.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        0.0 => "0".to_owned(),
        size if size < 0.01 => format!("{value:.4}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Start;

    #[test]
    fn a_page_tells_what_is_met_missed_and_not_measured() {
        let start = |plugins, whole| Start { plugins, collect: 0.1, configure: 1.0, plan: 0.2, whole };
        let results = Results { starts: vec![start(1_000, 1.5), start(10_000, 60.0)], ..Results::default() };
        let machine = Machine {
            cpu: "Some CPU".to_owned(),
            cores: 2,
            rustc: "rustc 1.95.0".to_owned(),
            date: "2026-11-21".to_owned(),
        };
        let page = page(&results, &machine);
        assert!(page.contains("on Some CPU, 2 cores, rustc 1.95.0, 2026-11-21."), "{page}");
        assert!(page.contains("chains built | ≤ 1.00 ms | 0.60 ms | met |"), "{page}");
        assert!(page.contains("… of 10,000 | ≤ 15.0 ms | 59.1 ms | **missed**, 3.9 times |"), "{page}");
        assert!(page.contains("| – | not measured |"), "{page}");
        assert!(page.contains("## Start") && !page.contains("## Web"), "{page}");
    }

    #[test]
    fn numbers_have_the_digits_that_matter() {
        for (value, expected) in [
            (1234.5, "1234"),
            (12.34, "12.3"),
            (1.234, "1.23"),
            (0.0, "0"),
            (0.00123, "0.0012"),
            (-3.456, "-3.46"),
        ] {
            assert_eq!(number(value), expected);
        }
    }
}
