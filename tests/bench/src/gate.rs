//! The gate: what chains cost in instructions, indirect branches and allocations may not grow unseen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::callgrind::Counted;
use crate::point::Fault;

/// How much more or less than its budget something may cost, in hundredths.
const TOLERANCE: f64 = 3.0;

/// What a scenario may cost per run.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    instructions: f64,
    indirect: f64,
    allocations: f64,
}

/// What each scenario may cost: `tests/bench/budget.toml`.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The architecture it was written on; another one counts other instructions.
    pub architecture: String,
    /// By group and contender.
    #[serde(default)]
    pub scenarios: BTreeMap<String, Cost>,
}

/// The scenarios that have a budget.
pub const PREFIXES: [&str; 15] = [
    "sync.before.add.0/plugboard",
    "sync.before.add.1/plugboard",
    "sync.before.add.8/plugboard",
    "sync.before.add.32/plugboard",
    "sync.after.add.8/plugboard",
    "sync.around.add.8/plugboard",
    "async.before.add.0/plugboard",
    "async.before.add.8/plugboard",
    "async.before.add.32/plugboard",
    "async.before.yield.8/plugboard",
    "async.plain.add.8/plugboard",
    "async.after.add.8/plugboard",
    "async.around.add.8/plugboard",
    "capability.sync/plugboard",
    "capability.async/plugboard",
];

/// What differs from the budget, a sentence each.
///
/// # Errors
///
/// If `budget` is not what [`text`] writes.
pub fn check(budget: &str, counted: &[Counted]) -> Result<Vec<String>, Fault> {
    let budget: Budget = toml::from_str(budget).map_err(Fault::setup)?;
    if budget.architecture != std::env::consts::ARCH {
        return Err(Fault::setup(format!(
            "the budget was written on {}, this is {}; instructions of one say nothing of the other",
            budget.architecture,
            std::env::consts::ARCH
        )));
    }
    let mut differences = Vec::new();
    for one in counted {
        let name = one.name();
        match budget.scenarios.get(&name) {
            None => {
                differences.push(format!("{name} has no budget: `cargo xtask bench --callgrind --bless`"));
            }
            Some(cost) => {
                let pairs = [
                    ("instructions", one.instructions, cost.instructions),
                    ("indirect branches", one.indirect, cost.indirect),
                    ("allocations", one.allocations, cost.allocations),
                ];
                differences.extend(
                    pairs.into_iter().filter_map(|(what, cost, budget)| differ(&name, what, cost, budget)),
                );
            }
        }
    }
    let gone = budget.scenarios.keys().filter(|name| !counted.iter().any(|one| one.name() == **name));
    // A contender may be left out where the framework lacks what it asks for; then its budget is of no use.
    differences.extend(gone.map(|name| format!("{name} has a budget, but no longer runs")));
    Ok(differences)
}

fn differ(name: &str, what: &str, cost: f64, budget: f64) -> Option<String> {
    let percent = (cost / budget - 1.0) * 100.0;
    // Half a unit, so that what is counted in tenths of one is not taken for growth.
    if (cost - budget).abs() <= (budget * TOLERANCE / 100.0).max(0.5) {
        None
    } else if cost > budget {
        Some(format!("{name}: {cost:.1} {what} per run, {percent:.1} % more than the budget of {budget:.1}"))
    } else {
        Some(format!(
            "{name}: {cost:.1} {what} per run, {:.1} % less than the budget of {budget:.1}: keep what was won with `--bless`",
            -percent
        ))
    }
}

/// The budget that `counted` just keeps.
#[must_use]
pub fn text(counted: &[Counted]) -> String {
    let mut text = String::from(
        "# What one run may cost: `cargo xtask bench --callgrind` fails where it is 3 % more, or less, and `--bless` writes this anew.\n\n",
    );
    let _ = writeln!(text, "architecture = {:?}", std::env::consts::ARCH);
    for one in counted {
        let _ = writeln!(
            text,
            "\n[scenarios.{:?}]\ninstructions = {:.1}\nindirect = {:.1}\nallocations = {:.1}",
            one.name(),
            one.instructions,
            one.indirect,
            one.allocations
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(instructions: f64, allocations: f64) -> Counted {
        Counted {
            group: "sync.before.add.8".to_owned(),
            contender: "plugboard".to_owned(),
            instructions,
            indirect: 10.0,
            allocations,
        }
    }

    #[test]
    fn what_is_blessed_passes_and_so_does_what_hardly_differs() {
        let budget = text(&[counted(1000.0, 0.0)]);
        assert_eq!(check(&budget, &[counted(1000.0, 0.0)]).unwrap(), [""; 0]);
        assert_eq!(check(&budget, &[counted(1029.0, 0.0)]).unwrap(), [""; 0]);
        assert_eq!(check(&budget, &[counted(971.0, 0.4)]).unwrap(), [""; 0]);
    }

    #[test]
    fn growth_and_shrinking_by_more_than_three_percent_are_told_apart() {
        let budget = text(&[counted(1000.0, 0.0)]);
        let grown = check(&budget, &[counted(1031.0, 1.0)]).unwrap();
        assert_eq!(grown.len(), 2, "{grown:?}");
        assert!(
            grown[0].contains("1031.0 instructions per run, 3.1 % more than the budget of 1000.0"),
            "{grown:?}"
        );
        assert!(grown[1].contains("1.0 allocations per run"), "{grown:?}");
        let shrunk = check(&budget, &[counted(900.0, 0.0)]).unwrap();
        assert!(shrunk[0].contains("10.0 % less") && shrunk[0].contains("--bless"), "{shrunk:?}");
    }

    #[test]
    fn a_scenario_without_budget_and_a_budget_without_scenario_are_told() {
        let budget = text(&[counted(1000.0, 0.0)]);
        let other = Counted { contender: "other".to_owned(), ..counted(1.0, 0.0) };
        let told = check(&budget, &[other]).unwrap();
        assert!(told[0].contains("has no budget") && told[1].contains("no longer runs"), "{told:?}");
    }

    #[test]
    fn the_budget_of_another_architecture_is_refused() {
        let budget = text(&[]).replace(std::env::consts::ARCH, "pdp11");
        assert!(check(&budget, &[]).unwrap_err().to_string().contains("pdp11"));
    }
}
