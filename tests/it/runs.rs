//! A run as a whole: what dropping it releases, which chain it sees, and that it may cross threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plugin_core::prelude::*;
use plugin_core::{HookPoint, PluginError, PluginManager, PluginState, Running};
use tokio::sync::Semaphore;

use crate::support::poll_once;

/// An operation that stops where it is told.
#[derive(HookPoint, Default)]
#[hook_point(output = &'static str)]
pub(crate) struct Work {
    stop_in: &'static str,
    held: Arc<AtomicUsize>,
}

impl Work {
    fn stopping_in(place: &'static str) -> Self {
        Self { stop_in: place, ..Self::default() }
    }

    /// Holds something, and waits for ever where the run should stop.
    async fn pass(&self, place: &str) {
        let held = Held::new(&self.held);
        if place == self.stop_in {
            std::future::pending::<()>().await;
        }
        drop(held);
    }
}

struct Held(Arc<AtomicUsize>);

impl Held {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Lets two in at once, and holds something while what it wraps runs.
#[plugin(stage = Security)]
mod limit {
    use super::*;

    /// The permits.
    pub(super) struct Limit(Semaphore);

    #[init]
    fn init() -> Limit {
        Limit(Semaphore::new(2))
    }

    #[hook(around)]
    async fn limit(
        limit: &Limit,
        work: &mut Work,
        next: Next<'_, Work>,
    ) -> Result<&'static str, PluginError> {
        let _permit = limit.0.try_acquire().map_err(|_| PluginError::new("all permits are taken"))?;
        let _held = Held::new(&work.held);
        next.run(work).await
    }
}

/// Waits in each kind of hook if told.
#[plugin]
mod slow {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(super) struct Slow;

    #[hook(before)]
    async fn before(_: &Slow, work: &mut Work) {
        work.pass("before").await;
    }

    #[hook(around)]
    async fn around(_: &Slow, work: &mut Work, next: Next<'_, Work>) -> Result<&'static str, PluginError> {
        let _held = Held::new(&work.held);
        work.pass("around").await;
        next.run(work).await
    }

    #[hook(after)]
    async fn after(_: &Slow, work: &Work, _: &mut &'static str) {
        work.pass("after").await;
    }

    #[hook(rescue)]
    async fn rescue(_: &Slow, work: &Work, error: PluginError) -> Result<&'static str, PluginError> {
        work.pass("rescue").await;
        Err(error)
    }

    #[hook(observe)]
    async fn observe(_: &Slow, work: &Work, _: Result<&&'static str, &PluginError>) {
        work.pass("observe").await;
    }
}

/// Runs work.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Shop {
    work: Chain<Work>,
}

async fn shop() -> Running<Shop> {
    Shop::builder().registry(None).plugin::<limit::Limit>().plugin::<slow::Slow>().start().await.unwrap()
}

/// Waits in the core if told.
async fn core(work: &mut Work) -> Result<&'static str, PluginError> {
    work.pass("core").await;
    if work.stop_in == "rescue" { Err(PluginError::new("no")) } else { Ok("done") }
}

#[tokio::test]
async fn dropping_a_run_half_way_releases_what_it_holds_wherever_it_stood() {
    let shop = shop().await;
    // More rounds than permits: a permit that leaked would fail a later round.
    for place in ["before", "around", "core", "after", "rescue", "observe"].repeat(3) {
        let mut work = Work::stopping_in(place);
        let held = work.held.clone();
        let mut run = Box::pin(shop.work.run(&mut work, core));
        assert!(poll_once(&mut run).await.is_none(), "{place}: the run ended");
        assert!(held.load(Ordering::SeqCst) > 0, "{place}: nothing was held");
        drop(run);
        assert_eq!(held.load(Ordering::SeqCst), 0, "{place}: something is still held");
    }
    assert_eq!(shop.work.run(&mut Work::default(), core).await.unwrap(), "done");
}

#[tokio::test]
async fn dropping_a_run_before_it_is_polled_calls_nothing() {
    let shop = shop().await;
    let mut work = Work::stopping_in("before");
    let held = work.held.clone();
    drop(shop.work.run(&mut work, async |_| panic!("the core ran")));
    assert_eq!(Arc::strong_count(&held), 2, "only the work and this test know the counter");
}

#[tokio::test]
async fn a_run_that_is_dropped_lets_go_of_what_its_core_owns() {
    let shop = shop().await;
    let owned = Arc::new(());
    let mut work = Work::stopping_in("around");
    let own = owned.clone();
    let mut run = Box::pin(shop.work.run(&mut work, async move |_| {
        drop(own);
        Ok("")
    }));
    assert!(poll_once(&mut run).await.is_none(), "the run ended");
    drop(run);
    assert_eq!(Arc::strong_count(&owned), 1, "the core was inside the erased `Next` and is gone with it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_one_chain_go_on_at_once_on_many_threads() {
    let shop = Shop::builder().registry(None).plugin::<slow::Slow>().start().await.unwrap();
    let runs = (0..64).map(|_| {
        let chain = shop.work.clone();
        tokio::spawn(async move {
            let mut work = Work::default();
            let result = chain.run(&mut work, async |work| {
                tokio::task::yield_now().await;
                core(work).await
            });
            result.await.map_err(|error| error.to_string())
        })
    });
    for run in runs.collect::<Vec<_>>() {
        assert_eq!(run.await.unwrap().unwrap(), "done");
    }
}

/// Opens before the core and closes after it, or else something is broken.
#[plugin]
mod bracket {
    use super::*;

    /// How many are open.
    #[derive(Default)]
    pub(super) struct Bracket;

    #[hook(before)]
    fn open(_: &Bracket, _: &mut Work, call: &Call) {
        call.insert(Opened);
    }

    #[hook(after)]
    fn close(_: &Bracket, _: &Work, output: &mut &'static str, call: &Call) {
        if call.get::<Opened>().is_some() {
            *output = "closed";
        }
    }

    struct Opened;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_begun_sees_one_chain_while_its_plugins_are_stopped() {
    let shop = Shop::builder().registry(None).plugin::<bracket::Bracket>().start().await.unwrap();
    let chain = shop.work.clone();
    let core = async |_: &mut Work| {
        shop.stop().await;
        assert_eq!(shop.state("bracket"), Some(PluginState::Unloaded));
        Ok("open")
    };
    assert_eq!(chain.run(&mut Work::default(), core).await.unwrap(), "closed");
    let later = chain.run(&mut Work::default(), async |_| Ok("no hooks")).await.unwrap_err();
    let says = "plugin `bracket`: its `open` was not called: the plugin is unloading";
    assert_eq!(later.to_string(), says, "a run that begins later does not pass by what is gone");
}
