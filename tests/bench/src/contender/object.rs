//! Hooks as trait objects in a `Vec`, as most plugin systems keep them: `async_trait` makes each call one allocation.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::batch::{Steps, Turns};
use crate::body::{Body, State};
use crate::point::{Fault, Step, Turn, core};

/// How long one hook may take where there is a timeout per hook.
pub(super) const TIMEOUT: Duration = Duration::from_millis(200);

/// A hook.
#[async_trait]
pub(super) trait Hook: Send + Sync {
    fn now(&self, step: &mut Step) -> Result<(), Fault>;
    async fn later(&self, turn: &mut Turn) -> Result<(), Fault>;
    async fn after(&self, turn: &Turn, output: &mut u64) -> Result<(), Fault>;
    async fn around(&self, turn: &mut Turn, next: Next<'_>) -> Result<u64, Fault>;
}

struct Object<B, const K: u64> {
    state: State,
    body: PhantomData<fn() -> B>,
}

#[async_trait]
impl<B: Body, const K: u64> Hook for Object<B, K> {
    fn now(&self, step: &mut Step) -> Result<(), Fault> {
        B::now::<K>(&self.state, &mut step.value)
    }

    async fn later(&self, turn: &mut Turn) -> Result<(), Fault> {
        B::later::<K>(&self.state, &mut turn.value).await
    }

    async fn after(&self, _: &Turn, output: &mut u64) -> Result<(), Fault> {
        B::later::<K>(&self.state, output).await
    }

    async fn around(&self, turn: &mut Turn, next: Next<'_>) -> Result<u64, Fault> {
        B::later::<K>(&self.state, &mut turn.value).await?;
        next.run(turn).await
    }
}

/// So many hooks.
pub(super) fn hooks<B: Body>(hooks: usize) -> Vec<Arc<dyn Hook>> {
    fn of<B: Body, const K: u64>() -> Arc<dyn Hook> {
        Arc::new(Object::<B, K> { state: State::default(), body: PhantomData })
    }
    let kinds =
        [of::<B, 1>, of::<B, 2>, of::<B, 3>, of::<B, 4>, of::<B, 5>, of::<B, 6>, of::<B, 7>, of::<B, 8>];
    (0..hooks).map(|at| kinds[at % kinds.len()]()).collect()
}

/// Objects that are called one after the other, before the core.
pub struct Before(Vec<Arc<dyn Hook>>);

/// The same, each call within a timeout of tokio.
pub struct Timed(Vec<Arc<dyn Hook>>);

/// Objects that are called after the core, last to first.
pub struct After(Vec<Arc<dyn Hook>>);

/// Objects that wrap each other, each handed the rest as a `Next` whose future is boxed.
pub struct Around(Vec<Arc<dyn Hook>>);

impl Before {
    /// So many hooks.
    #[must_use]
    pub fn new<B: Body>(count: usize) -> Self {
        Self(hooks::<B>(count))
    }
}

impl Timed {
    /// So many hooks.
    #[must_use]
    pub fn new<B: Body>(count: usize) -> Self {
        Self(hooks::<B>(count))
    }
}

impl After {
    /// So many hooks.
    #[must_use]
    pub fn new<B: Body>(count: usize) -> Self {
        Self(hooks::<B>(count))
    }
}

impl Around {
    /// So many hooks.
    #[must_use]
    pub fn new<B: Body>(count: usize) -> Self {
        Self(hooks::<B>(count))
    }
}

impl Steps for Before {
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
        for hook in &self.0 {
            hook.now(step)?;
        }
        core(step.value)
    }
}

impl Turns for Before {
    async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
        for hook in &self.0 {
            hook.later(turn).await?;
        }
        core(turn.value)
    }
}

impl Turns for Timed {
    async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
        for hook in &self.0 {
            tokio::time::timeout(TIMEOUT, hook.later(turn)).await.map_err(|_| Fault::Late)??;
        }
        core(turn.value)
    }
}

impl Turns for After {
    async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
        let mut output = core(turn.value)?;
        for hook in self.0.iter().rev() {
            hook.after(turn, &mut output).await?;
        }
        Ok(output)
    }
}

/// The rest of a run.
pub(super) struct Next<'a>(&'a [Arc<dyn Hook>]);

impl<'a> Next<'a> {
    async fn run(self, turn: &'a mut Turn) -> Result<u64, Fault> {
        match self.0.split_first() {
            Some((hook, rest)) => hook.around(turn, Next(rest)).await,
            // Boxed like the rest: a core whose type the hooks do not know.
            None => Box::pin(async move { core(turn.value) }).await,
        }
    }
}

impl Turns for Around {
    async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
        Next(&self.0).run(turn).await
    }
}
