//! The same contender on one thread and on two at once, for what threads share makes each of them slower.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use crate::batch::{Batch, Lap, Steps, Turns, lap, lap_later};
use crate::point::Fault;

/// So many runs, begun by all threads together.
struct Job {
    runs: u64,
    start: Arc<Barrier>,
}

type Laps = Box<dyn FnMut(u64) -> Result<Lap, Fault> + Send>;

/// Batches of steps on as many threads as there are contenders.
///
/// # Errors
///
/// If a thread cannot be started.
pub fn steps(contenders: Vec<impl Steps + Send>) -> Result<Batch, Fault> {
    let laps = contenders.into_iter().map(|mut one| Box::new(move |runs| lap(&mut one, runs)) as Laps);
    on_threads(laps.collect())
}

/// Batches of turns on as many threads as there are contenders, each with a runtime of its own.
///
/// # Errors
///
/// If a thread or a runtime cannot be started.
pub fn turns(contenders: Vec<impl Turns>) -> Result<Batch, Fault> {
    let mut laps = Vec::new();
    for mut one in contenders {
        let runtime = crate::runtime()?;
        laps.push(Box::new(move |runs| runtime.block_on(lap_later(&mut one, runs))) as Laps);
    }
    on_threads(laps)
}

/// The time of a batch is the mean of its threads'; each does all the runs.
fn on_threads(laps: Vec<Laps>) -> Result<Batch, Fault> {
    let (report, reports) = channel();
    let jobs = laps.into_iter().map(|laps| worker(laps, report.clone())).collect::<Result<Vec<_>, _>>()?;
    Ok(Box::new(move |runs| {
        let start = Arc::new(Barrier::new(jobs.len()));
        for job in &jobs {
            job.send(Job { runs, start: start.clone() }).map_err(Fault::setup)?;
        }
        let (mut sum, mut elapsed) = (0, Duration::ZERO);
        for _ in &jobs {
            let lap = reports.recv().map_err(Fault::setup)??;
            sum = lap.sum;
            elapsed += lap.elapsed;
        }
        Ok(Lap { sum, elapsed: elapsed / u32::try_from(jobs.len()).unwrap_or(1) })
    }))
}

/// A thread that ends when its batch is dropped.
fn worker(mut laps: Laps, report: Sender<Result<Lap, Fault>>) -> Result<Sender<Job>, Fault> {
    let (jobs, queue): (_, Receiver<Job>) = channel();
    let run = move || {
        for job in queue {
            job.start.wait();
            if report.send(laps(job.runs)).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new().name("bench".to_owned()).spawn(run).map_err(Fault::setup)?;
    Ok(jobs)
}
