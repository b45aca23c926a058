//! A batch: so many runs of one contender one after the other, timed from inside.

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::point::{Fault, Step, Turn};

/// Does so many runs.
pub type Batch = Box<dyn FnMut(u64) -> Result<Lap, Fault>>;

/// What a batch came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lap {
    /// The sum of all outputs. Contenders that are compared must agree on it.
    pub sum: u64,
    /// How long the runs took, without what starts and ends the batch.
    pub elapsed: Duration,
}

/// Runs one step after the other.
pub trait Steps: 'static {
    /// One run.
    ///
    /// # Errors
    ///
    /// What a hook failed with.
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault>;
}

/// Runs one turn after the other.
pub trait Turns: Send + 'static {
    /// One run.
    ///
    /// # Errors
    ///
    /// What a hook failed with.
    fn run<'a>(&'a mut self, turn: &'a mut Turn) -> impl Future<Output = Result<u64, Fault>> + Send + 'a;
}

/// Batches of steps.
pub fn steps(mut contender: impl Steps) -> Batch {
    Box::new(move |runs| lap(&mut contender, runs))
}

/// So many steps.
///
/// # Errors
///
/// What a hook failed with.
pub fn lap(contender: &mut impl Steps, runs: u64) -> Result<Lap, Fault> {
    let mut sum = 0_u64;
    let begun = Instant::now();
    for at in 0..runs {
        let mut step = Step { value: black_box(at) };
        sum = sum.wrapping_add(black_box(contender.run(&mut step)?));
    }
    Ok(Lap { sum, elapsed: begun.elapsed() })
}

/// Batches of turns, each batch one task of `runtime`: what wakes it goes through the scheduler, as in a server.
pub fn turns(runtime: &Arc<Runtime>, contender: impl Turns) -> Batch {
    let runtime = runtime.clone();
    let mut idle = Some(contender);
    Box::new(move |runs| {
        let mut contender =
            idle.take().ok_or_else(|| Fault::setup("an earlier batch of this contender did not end"))?;
        let task = runtime.spawn(async move {
            let lap = lap_later(&mut contender, runs).await;
            (contender, lap)
        });
        let (contender, lap) = runtime.block_on(task).map_err(Fault::setup)?;
        idle = Some(contender);
        lap
    })
}

/// So many turns.
///
/// # Errors
///
/// What a hook failed with.
pub async fn lap_later(contender: &mut impl Turns, runs: u64) -> Result<Lap, Fault> {
    let mut sum = 0_u64;
    let begun = Instant::now();
    for at in 0..runs {
        let mut turn = Turn { value: black_box(at) };
        sum = sum.wrapping_add(black_box(contender.run(&mut turn).await?));
    }
    Ok(Lap { sum, elapsed: begun.elapsed() })
}
