//! What a chain would be at best that is known while compiling: hand-written calls, each behind a gate and within the isolation that a
//! chain gives it, and one count for each run.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use crate::batch::{Steps, Turns};
use crate::body::{Body, KINDS, State};
use crate::point::{Fault, Step, Turn, core};

/// Eight hooks with the body `B`.
pub struct Known<B> {
    hooks: [Hook; KINDS],
    runs: AtomicU64,
    body: PhantomData<fn() -> B>,
}

#[derive(Default)]
struct Hook {
    state: Arc<State>,
    /// Zero while it takes calls.
    word: AtomicU32,
}

impl<B> Default for Known<B> {
    fn default() -> Self {
        Self { hooks: Default::default(), runs: AtomicU64::new(0), body: PhantomData }
    }
}

impl Hook {
    #[inline]
    fn state(&self) -> Result<&State, Fault> {
        if self.word.load(Ordering::Relaxed) == 0 { Ok(&self.state) } else { Err(shut()) }
    }
}

#[cold]
fn shut() -> Fault {
    Fault::setup("the hook takes no calls")
}

#[cold]
fn panicked() -> Fault {
    Fault::setup("the hook panicked")
}

#[inline]
fn isolated<T>(call: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err(panicked()))
}

/// A call that stays one, as that of `static`.
#[inline(never)]
fn call<B: Body, const K: u64>(state: &State, step: &mut Step) -> Result<(), Fault> {
    B::now::<K>(state, &mut step.value)
}

/// A future whose panics are errors.
struct Isolated<'f, F>(Pin<&'f mut F>);

impl<F: Future<Output = Result<(), Fault>>> Future for Isolated<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context)))
            .unwrap_or_else(|_| Poll::Ready(Err(panicked())))
    }
}

macro_rules! eight { ($($k:literal)*) => {
    impl<B: Body> Steps for Known<B> {
        fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
            self.runs.fetch_add(1, Ordering::Relaxed);
            $(
                let state = self.hooks[$k - 1].state()?;
                isolated(|| call::<B, $k>(state, step))?;
            )*
            core(step.value)
        }
    }

    impl<B: Body> Turns for Known<B> {
        async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
            self.runs.fetch_add(1, Ordering::Relaxed);
            $(
                let state = self.hooks[$k - 1].state()?;
                Isolated(pin!(B::later::<$k>(state, &mut turn.value))).await?;
            )*
            core(turn.value)
        }
    }
}; }

eight!(1 2 3 4 5 6 7 8);
