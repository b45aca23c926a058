//! Chains as a host has them: started by a manager, and run through the public interface.

use std::future::Future;
use std::sync::Arc;

use plugin_core::{Chain, Provider, Running};

use crate::batch::{Steps, Turns};
use crate::plugins::{Count, Host};
use crate::point::{Fault, Step, Turn, core};

/// `Chain::run_sync`.
pub struct Sync {
    chain: Chain<Step>,
    _host: Arc<Running<Host>>,
}

/// `Chain::run`.
#[derive(Clone)]
pub struct Async {
    chain: Chain<Turn>,
    _host: Arc<Running<Host>>,
}

/// A method of a provider.
pub struct Provided {
    provider: Provider<dyn Count>,
    _host: Arc<Running<Host>>,
}

impl Sync {
    /// The steps of `host`.
    #[must_use]
    pub fn new(host: &Arc<Running<Host>>) -> Self {
        Self { chain: host.steps.clone(), _host: host.clone() }
    }
}

impl Async {
    /// The turns of `host`.
    #[must_use]
    pub fn new(host: &Arc<Running<Host>>) -> Self {
        Self { chain: host.turns.clone(), _host: host.clone() }
    }
}

impl Provided {
    /// The first provider of `host`.
    ///
    /// # Errors
    ///
    /// If it has none.
    pub fn new(host: &Arc<Running<Host>>) -> Result<Self, Fault> {
        let first = host.counts.iter().next();
        let provider = first.ok_or_else(|| Fault::setup("no plugin of the host counts"))?;
        Ok(Self { provider, _host: host.clone() })
    }
}

impl Steps for Sync {
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
        self.chain.run_sync(step, |step| core(step.value))
    }
}

impl Turns for Async {
    fn run<'a>(&'a mut self, turn: &'a mut Turn) -> impl Future<Output = Result<u64, Fault>> + Send + 'a {
        self.chain.run(turn, async |turn: &mut Turn| core(turn.value))
    }
}

impl Steps for Provided {
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
        self.provider.count(step.value)
    }
}

impl Turns for Provided {
    async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
        self.provider.count_later(turn.value).await
    }
}
