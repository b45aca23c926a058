//! Instructions and indirect branches per run, as callgrind counts them for [`subject`](crate::subject).

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::point::Fault;
use crate::subject::{MARK, MARKS, RUNS, Subject};

/// What one run of a scenario costs, without the clock: hardly anything of it varies.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Counted {
    /// The scenario's group.
    pub group: String,
    /// The scenario's contender.
    pub contender: String,
    /// Instructions.
    pub instructions: f64,
    /// Indirect branches.
    pub indirect: f64,
    /// Allocations.
    pub allocations: f64,
}

impl Counted {
    /// Group and contender.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.group, self.contender)
    }
}

/// What callgrind counted between two marks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Totals {
    instructions: u64,
    indirect: u64,
}

/// Runs `subject`, beside this program, under callgrind for the scenarios whose names begin with one of `prefixes`.
///
/// Costs about fifty times what the runs cost alone.
///
/// # Errors
///
/// If there is no valgrind, or what it wrote is not what was asked for.
pub fn count(folder: &Path, prefixes: &[String]) -> Result<Vec<Counted>, Fault> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).map_err(Fault::setup)?;
    let dumps = folder.join("dump");
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--branch-sim=yes", "--quiet", &format!("--dump-after={MARK}")])
        .arg(format!("--callgrind-out-file={}", dumps.display()))
        .arg(beside("subject")?)
        .args(prefixes);
    let output = valgrind.output().map_err(|error| {
        Fault::setup(format!("valgrind cannot be run: {error}; on Debian: apt-get install valgrind"))
    })?;
    if !output.status.success() {
        return Err(Fault::setup(format!(
            "the subject failed under callgrind: {}",
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    let subjects: Vec<Subject> = serde_json::from_slice(&output.stdout).map_err(Fault::setup)?;
    let mut counted = Vec::new();
    for (at, subject) in subjects.into_iter().enumerate() {
        // Callgrind numbers its dumps from 1, and the first of a scenario ends with its warm-up.
        let dump = |nth: usize| read(&dumps.with_extension((at * MARKS + nth).to_string()));
        let (once, twice) = (dump(2)?, dump(3)?);
        let per_run = |once: u64, twice: u64| (twice.saturating_sub(once)) as f64 / RUNS as f64;
        counted.push(Counted {
            group: subject.group,
            contender: subject.contender,
            instructions: per_run(once.instructions, twice.instructions),
            indirect: per_run(once.indirect, twice.indirect),
            allocations: subject.allocations,
        });
    }
    Ok(counted)
}

/// The path of another binary of this package.
///
/// # Errors
///
/// If it has not been built.
pub fn beside(name: &str) -> Result<PathBuf, Fault> {
    let this = std::env::current_exe().map_err(Fault::setup)?;
    let path = this.with_file_name(name).with_extension(std::env::consts::EXE_EXTENSION);
    if path.is_file() {
        Ok(path)
    } else {
        Err(Fault::setup(format!("{} is not there; run this through `cargo xtask bench`", path.display())))
    }
}

fn read(dump: &Path) -> Result<Totals, Fault> {
    let text = std::fs::read_to_string(dump)
        .map_err(|error| Fault::setup(format!("callgrind wrote no {}: {error}", dump.display())))?;
    totals(&text).ok_or_else(|| Fault::setup(format!("{} has no totals of Ir and Bi", dump.display())))
}

fn totals(dump: &str) -> Option<Totals> {
    let line = |key: &str| dump.lines().find_map(|line| line.strip_prefix(key));
    let events: Vec<&str> = line("events:")?.split_whitespace().collect();
    let totals: Vec<&str> = line("totals:")?.split_whitespace().collect();
    let of = |event: &str| totals.get(events.iter().position(|one| *one == event)?)?.parse().ok();
    // An event that never happened stands at the end and is left out.
    Some(Totals { instructions: of("Ir")?, indirect: of("Bi").unwrap_or(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_found_by_the_names_of_their_events() {
        let dump = "version: 1\nevents: Ir Bc Bcm Bi Bim\nfn=(1) main\n16 3\n\ntotals: 5120 700 12 256 1\n";
        assert_eq!(totals(dump), Some(Totals { instructions: 5120, indirect: 256 }));
        assert_eq!(
            totals("events: Ir Bc Bcm Bi Bim\ntotals: 7 1\n"),
            Some(Totals { instructions: 7, indirect: 0 })
        );
        assert_eq!(totals("events: Ir\n"), None);
    }
}
