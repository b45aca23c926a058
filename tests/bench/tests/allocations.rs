//! What a run allocates, once it runs steadily: one table, with what is true today and what is promised.

use std::collections::BTreeMap;

use plugboard_bench::count::Counting;
use plugboard_bench::subject;

#[global_allocator]
static COUNTING: Counting = Counting;

/// Group, allocations of a run today, the goal. A capability's `async` method allocates what `async_trait` does.
const TABLE: [(&str, f64, f64); 26] = [
    ("sync.before.add.0", 0.0, 0.0),
    ("sync.before.add.1", 0.0, 0.0),
    ("sync.before.add.4", 0.0, 0.0),
    ("sync.before.add.8", 0.0, 0.0),
    ("sync.before.add.32", 0.0, 0.0),
    ("sync.before.work.1", 0.0, 0.0),
    ("sync.before.work.8", 0.0, 0.0),
    ("sync.before.work.32", 0.0, 0.0),
    ("sync.after.add.8", 0.0, 0.0),
    ("sync.around.add.8", 0.0, 0.0),
    ("async.before.add.0", 0.0, 0.0),
    ("async.before.add.1", 0.0, 0.0),
    ("async.before.add.4", 0.0, 0.0),
    ("async.before.add.8", 0.0, 0.0),
    ("async.before.add.32", 0.0, 0.0),
    ("async.before.work.1", 0.0, 0.0),
    ("async.before.work.8", 0.0, 0.0),
    ("async.before.work.32", 0.0, 0.0),
    ("async.before.yield.1", 0.0, 0.0),
    ("async.before.yield.8", 0.0, 0.0),
    ("async.before.yield.32", 0.0, 0.0),
    ("async.after.add.8", 0.0, 0.0),
    ("async.around.add.8", 0.0, 0.0),
    ("async.plain.add.8", 0.0, 0.0),
    ("capability.sync", 0.0, 0.0),
    ("capability.async", 1.0, 1.0),
];

#[test]
fn a_run_allocates_what_the_table_says() {
    let subjects = subject::run(&|_, contender| contender == "plugboard").unwrap();
    let found: BTreeMap<_, _> = subjects.iter().map(|one| (one.group.as_str(), one.allocations)).collect();
    let table: BTreeMap<_, _> = TABLE.into_iter().map(|(group, today, _)| (group, today)).collect();
    assert_eq!(found, table);
}

#[test]
fn no_run_is_better_than_its_goal() {
    for (group, today, goal) in TABLE {
        assert!(today >= goal, "{group}: lower the goal, so that it cannot grow back");
    }
}

#[test]
fn the_allocator_counts() {
    let subjects =
        subject::run(&|group, contender| (group, contender) == ("async.before.add.8", "object")).unwrap();
    let allocations: Vec<_> = subjects.iter().map(|one| one.allocations).collect();
    assert_eq!(allocations, [8.0], "`async_trait` boxes the future of each of eight hooks");
}
