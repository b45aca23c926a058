//! Chains of thousands of hooks, on a stack of the usual 2 MiB.

use std::sync::atomic::{AtomicUsize, Ordering};

use plugin_core::descriptor::HookDescriptor;
use plugin_core::hook::HookKind;
use plugin_core::prelude::*;
use plugin_core::{HookPoint, Plugin, PluginDescriptor, PluginError, PluginManager, Running};

use crate::support::poll_once;

const STACK: usize = 2 * 1024 * 1024;
/// Around hooks nest on the stack. Without optimization a frame of generated code takes several times its room.
const NESTED: usize = if cfg!(debug_assertions) { 500 } else { 1000 };

/// Counts the hooks that it meets.
#[derive(HookPoint)]
#[hook_point(output = u64)]
pub(crate) struct Deep(u64);

/// The same, without a future.
#[derive(HookPoint)]
#[hook_point(output = u64, sync)]
pub(crate) struct Shallow(u64);

/// One hook of each kind that nests, to be copied.
#[plugin]
mod digger {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(super) struct Digger;

    #[hook(before)]
    async fn before(_: &Digger, deep: &mut Deep) {
        deep.0 += 1;
    }

    #[hook(around)]
    async fn around(_: &Digger, deep: &mut Deep, next: Next<'_, Deep>) -> Result<u64, PluginError> {
        let held = Held::new();
        deep.0 += 1;
        let output = next.run(deep).await;
        drop(held);
        output
    }

    #[hook(after)]
    async fn after(_: &Digger, _: &Deep, output: &mut u64) {
        *output += 1;
    }

    #[hook(before)]
    fn before_now(_: &Digger, shallow: &mut Shallow) {
        shallow.0 += 1;
    }

    #[hook(around)]
    fn around_now(_: &Digger, shallow: &mut Shallow, next: Next<'_, Shallow>) -> Result<u64, PluginError> {
        shallow.0 += 1;
        next.run_sync(shallow)
    }
}

/// Runs both.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Pit {
    deep: Chain<Deep>,
    shallow: Chain<Shallow>,
}

static HELD: AtomicUsize = AtomicUsize::new(0);

/// Counts what is alive inside around hooks.
struct Held;

impl Held {
    fn new() -> Self {
        HELD.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

/// `digger` with each hook of `kind` as often as asked.
fn dug(counts: &[(HookKind, usize)]) -> &'static PluginDescriptor {
    let plain = digger::Digger::DESCRIPTOR;
    let copies = counts.iter().flat_map(|(kind, count)| {
        let of_kind = plain.hooks.iter().filter(move |hook| hook.kind == *kind);
        of_kind.flat_map(|hook| (0..*count).map(move |_| HookDescriptor { ..*hook }))
    });
    let hooks: Vec<HookDescriptor> = copies.collect();
    let bare = PluginDescriptor::stub("digger");
    Box::leak(Box::new(PluginDescriptor { hooks: hooks.leak(), init: plain.init, ..bare }))
}

async fn pit(counts: &[(HookKind, usize)]) -> Running<Pit> {
    Pit::builder().registry(None).plugins([dug(counts)]).start().await.unwrap()
}

/// Runs `test` on a thread of the usual stack.
fn on_a_small_stack<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let run =
        || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(test());
    std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
}

#[test]
fn ten_thousand_before_and_after_hooks_run() {
    on_a_small_stack(async || {
        let pit = pit(&[(HookKind::Before, 10_000), (HookKind::After, 10_000)]).await;
        let output = pit.deep.run(&mut Deep(0), async |deep| Ok(deep.0)).await.unwrap();
        assert_eq!(output, 20_000);
        assert_eq!(pit.shallow.run_sync(&mut Shallow(0), |shallow| Ok(shallow.0)).unwrap(), 10_000);
    });
}

#[test]
fn hundreds_of_around_hooks_nest_and_let_go_of_all_when_the_run_is_dropped() {
    on_a_small_stack(async || {
        let pit = pit(&[(HookKind::Around, NESTED)]).await;
        let core = async |deep: &mut Deep| {
            tokio::task::yield_now().await;
            Ok(deep.0)
        };
        assert_eq!(pit.deep.run(&mut Deep(0), core).await.unwrap(), NESTED as u64);
        assert_eq!(pit.shallow.run_sync(&mut Shallow(0), |shallow| Ok(shallow.0)).unwrap(), NESTED as u64);

        let mut deep = Deep(0);
        let mut stuck = Box::pin(pit.deep.run(&mut deep, async |_| std::future::pending().await));
        assert!(poll_once(&mut stuck).await.is_none(), "the core is pending");
        assert_eq!(HELD.load(Ordering::SeqCst), NESTED);
        drop(stuck);
        assert_eq!(HELD.load(Ordering::SeqCst), 0, "dropping the run drops what each hook holds");
        assert_eq!(deep.0, NESTED as u64, "each around hook had run up to its `next`");
    });
}
