//! What runs under callgrind: each scenario with a fixed number of runs, then twice as many, so that the difference is the runs alone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::count::allocations;
use crate::point::Fault;
use crate::scenario;

/// Runs in the shorter of the two batches. A multiple of what an implementation may sample by.
pub const RUNS: u64 = 256;

/// Which marks callgrind is to dump after.
pub const MARK: &str = "plugboard_bench::subject::mark*";

/// How many marks stand in one scenario: after the warm-up, after the shorter batch, after the longer one.
pub const MARKS: usize = 3;

/// What a scenario allocated, and its place among the dumps.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// The scenario's group.
    pub group: String,
    /// The scenario's contender.
    pub contender: String,
    /// Allocations per run, once it runs steadily; 0 where nobody counts them.
    pub allocations: f64,
}

/// Where callgrind ends one dump and begins the next.
#[inline(never)]
pub fn mark() {
    std::hint::black_box(());
}

/// Runs the scenarios that `wanted` takes, in the order of the result.
///
/// # Errors
///
/// If one cannot be set up or fails.
pub fn run(wanted: &dyn Fn(&str, &str) -> bool) -> Result<Vec<Subject>, Fault> {
    let runtime = Arc::new(crate::runtime()?);
    // What other threads do belongs to no batch.
    let on_one_thread =
        |group: &str, contender: &str| !group.starts_with("threads.") && wanted(group, contender);
    let mut subjects = Vec::new();
    for mut scenario in scenario::list(&runtime, &on_one_thread)? {
        (scenario.batch)(RUNS)?;
        mark();
        let none = allocations();
        (scenario.batch)(RUNS)?;
        mark();
        let some = allocations();
        (scenario.batch)(2 * RUNS)?;
        mark();
        let more = (allocations() - some).saturating_sub(some - none);
        subjects.push(Subject {
            group: scenario.group,
            contender: scenario.contender.to_owned(),
            allocations: more as f64 / RUNS as f64,
        });
    }
    Ok(subjects)
}
