//! What one would write without any framework: calls that are spelt out, or a loop over function pointers.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;

use crate::batch::{Steps, Turns};
use crate::body::{Body, KINDS, State};
use crate::point::{Fault, Step, Turn, core};

/// A loop over function pointers that stops at the first error; then the core.
pub struct Before {
    hooks: Vec<(BeforeHook, Arc<State>)>,
}

/// The core; then a loop over function pointers, last to first, that stops at the first error.
pub struct After {
    hooks: Vec<(AfterHook, Arc<State>)>,
}

type BeforeHook = fn(&State, &mut Step) -> Result<(), Fault>;
type AfterHook = fn(&State, &Step, &mut u64) -> Result<(), Fault>;

impl Before {
    /// So many hooks.
    #[must_use]
    pub fn new<B: Body>(hooks: usize) -> Self {
        Self {
            hooks: cycle(
                [
                    one::<B, 1>,
                    one::<B, 2>,
                    one::<B, 3>,
                    one::<B, 4>,
                    one::<B, 5>,
                    one::<B, 6>,
                    one::<B, 7>,
                    one::<B, 8>,
                ],
                hooks,
            ),
        }
    }
}

impl After {
    /// So many hooks.
    #[must_use]
    pub fn new<B: Body>(hooks: usize) -> Self {
        Self {
            hooks: cycle(
                [
                    last::<B, 1>,
                    last::<B, 2>,
                    last::<B, 3>,
                    last::<B, 4>,
                    last::<B, 5>,
                    last::<B, 6>,
                    last::<B, 7>,
                    last::<B, 8>,
                ],
                hooks,
            ),
        }
    }
}

fn cycle<F: Copy>(kinds: [F; KINDS], hooks: usize) -> Vec<(F, Arc<State>)> {
    (0..hooks).map(|at| (kinds[at % KINDS], Arc::default())).collect()
}

fn one<B: Body, const K: u64>(state: &State, step: &mut Step) -> Result<(), Fault> {
    B::now::<K>(state, &mut step.value)
}

fn last<B: Body, const K: u64>(state: &State, _: &Step, output: &mut u64) -> Result<(), Fault> {
    B::now::<K>(state, output)
}

impl Steps for Before {
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
        for (hook, state) in &self.hooks {
            hook(state, step)?;
        }
        core(step.value)
    }
}

impl Steps for After {
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
        let mut output = core(step.value)?;
        for (hook, state) in self.hooks.iter().rev() {
            hook(state, step, &mut output)?;
        }
        Ok(output)
    }
}

/// Hooks that the compiler knows: one call after the other in one function, of `N` hooks with the body `B`.
pub struct Static<B, const N: usize> {
    states: [State; KINDS],
    body: PhantomData<fn() -> B>,
}

/// The same, after the core and last to first.
pub struct StaticAfter<B, const N: usize>(Static<B, N>);

/// The same, each hook wrapping those after it.
pub struct StaticAround<B, const N: usize>(Static<B, N>);

impl<B, const N: usize> Default for Static<B, N> {
    fn default() -> Self {
        Self { states: Default::default(), body: PhantomData }
    }
}

impl<B, const N: usize> Default for StaticAfter<B, N> {
    fn default() -> Self {
        Self(Static::default())
    }
}

impl<B, const N: usize> Default for StaticAround<B, N> {
    fn default() -> Self {
        Self(Static::default())
    }
}

macro_rules! fixed { ($($hooks:literal: $($k:literal)*;)*) => { $(
    impl<B: Body> Steps for Static<B, $hooks> {
        fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
            $( call::<B, $k>(&self.states[$k - 1], step)?; )*
            core(step.value)
        }
    }

    impl<B: Body> Turns for Static<B, $hooks> {
        async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
            $( B::later::<$k>(&self.states[$k - 1], &mut turn.value).await?; )*
            core(turn.value)
        }
    }
)* }; }

fixed! {
    0: ;
    1: 1;
    4: 1 2 3 4;
    8: 1 2 3 4 5 6 7 8;
    32: 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8;
}

/// A call that stays one: what is inlined away is no measure of calls.
#[inline(never)]
fn call<B: Body, const K: u64>(state: &State, step: &mut Step) -> Result<(), Fault> {
    B::now::<K>(state, &mut step.value)
}

impl<B: Body> Turns for StaticAfter<B, 8> {
    async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
        let states = &self.0.states;
        let mut output = core(turn.value)?;
        B::later::<8>(&states[7], &mut output).await?;
        B::later::<7>(&states[6], &mut output).await?;
        B::later::<6>(&states[5], &mut output).await?;
        B::later::<5>(&states[4], &mut output).await?;
        B::later::<4>(&states[3], &mut output).await?;
        B::later::<3>(&states[2], &mut output).await?;
        B::later::<2>(&states[1], &mut output).await?;
        B::later::<1>(&states[0], &mut output).await?;
        Ok(output)
    }
}

macro_rules! nested {
    ($body:ident $states:ident $turn:ident;) => {
        core($turn.value)
    };
    ($body:ident $states:ident $turn:ident; $k:literal $($rest:literal)*) => {
        wrap::<$body, $k>(&$states[$k - 1], $turn, async |turn: &mut Turn| nested!($body $states turn; $($rest)*)).await
    };
}

async fn wrap<B: Body, const K: u64>(
    state: &State,
    turn: &mut Turn,
    next: impl AsyncFnOnce(&mut Turn) -> Result<u64, Fault>,
) -> Result<u64, Fault> {
    B::later::<K>(state, &mut turn.value).await?;
    next(turn).await
}

impl<B: Body> Turns for StaticAround<B, 8> {
    fn run<'a>(&'a mut self, turn: &'a mut Turn) -> impl Future<Output = Result<u64, Fault>> + Send + 'a {
        let states = &self.0.states;
        async move { nested!(B states turn; 1 2 3 4 5 6 7 8) }
    }
}

macro_rules! nested_now {
    ($body:ident $states:ident $step:ident;) => {
        core($step.value)
    };
    ($body:ident $states:ident $step:ident; $k:literal $($rest:literal)*) => {
        wrap_now::<$body, $k>(&$states[$k - 1], $step, |step: &mut Step| nested_now!($body $states step; $($rest)*))
    };
}

/// A call that stays one.
#[inline(never)]
fn wrap_now<B: Body, const K: u64>(
    state: &State,
    step: &mut Step,
    next: impl FnOnce(&mut Step) -> Result<u64, Fault>,
) -> Result<u64, Fault> {
    B::now::<K>(state, &mut step.value)?;
    next(step)
}

impl<B: Body> Steps for StaticAround<B, 8> {
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
        let states = &self.0.states;
        nested_now!(B states step; 1 2 3 4 5 6 7 8)
    }
}

/// A plain virtual call.
pub struct Virtual(Arc<dyn Plain>);

/// What the capability `Count` is, without being a capability.
#[async_trait]
trait Plain: Send + std::marker::Sync {
    fn count(&self, value: u64) -> Result<u64, Fault>;
    async fn count_later(&self, value: u64) -> Result<u64, Fault>;
}

struct One;

#[async_trait]
impl Plain for One {
    fn count(&self, value: u64) -> Result<u64, Fault> {
        Ok(value.wrapping_add(1))
    }

    async fn count_later(&self, value: u64) -> Result<u64, Fault> {
        Ok(value.wrapping_add(1))
    }
}

impl Default for Virtual {
    fn default() -> Self {
        Self(Arc::new(One))
    }
}

impl Steps for Virtual {
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
        self.0.count(step.value)
    }
}

impl Turns for Virtual {
    async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
        self.0.count_later(turn.value).await
    }
}
