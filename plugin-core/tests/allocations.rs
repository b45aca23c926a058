//! A run takes no memory once the runs before it have: whatever its hooks are, ready or waiting, around each other or not.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use plugin_core::prelude::*;
use plugin_core::{HookPoint, PluginError, PluginManager, Running};

struct Counting;

thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it is the system's allocator, which keeps the contract; the counter takes no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.set(TAKEN.get() + 1);
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[derive(HookPoint)]
#[hook_point(output = u64)]
struct Job(u64);

#[derive(HookPoint)]
#[hook_point(output = u64, sync)]
struct Line(u64);

async fn wait() {
    let mut waited = false;
    std::future::poll_fn(|_| match std::mem::replace(&mut waited, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

macro_rules! hooked {
    ($name:ident, $state:ident) => {
        #[plugin]
        mod $name {
            use super::*;

            #[derive(Default)]
            pub(super) struct $state;

            #[hook(before)]
            async fn ready(_: &$state, job: &mut Job) {
                job.0 += 1;
            }
            #[hook(before)]
            async fn waiting(_: &$state, job: &mut Job) {
                wait().await;
                job.0 += 1;
            }
            #[hook(before)]
            async fn large(_: &$state, job: &mut Job) {
                let held = [job.0; 200];
                wait().await;
                job.0 += held.iter().filter(|each| **each == job.0).count() as u64;
            }
            #[hook(around)]
            async fn around(_: &$state, job: &mut Job, next: Next<'_, Job>) -> Result<u64, PluginError> {
                wait().await;
                let output = next.run(job).await;
                wait().await;
                output
            }
            #[hook(after)]
            async fn after(_: &$state, _: &Job, output: &mut u64) {
                wait().await;
                *output += 1;
            }
            #[hook(observe)]
            async fn observe(_: &$state, _: &Job, _: Result<&u64, &PluginError>) {
                wait().await;
            }
            #[hook(before)]
            fn now(_: &$state, line: &mut Line) {
                line.0 += 1;
            }
            #[hook(around)]
            fn around_now(_: &$state, line: &mut Line, next: Next<'_, Line>) -> Result<u64, PluginError> {
                next.run_sync(line)
            }
        }
    };
}

hooked!(one, One);
hooked!(two, Two);

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Shop {
    jobs: Chain<Job>,
    lines: Chain<Line>,
}

/// How often memory was taken.
fn taken(run: impl FnOnce()) -> usize {
    let before = TAKEN.get();
    run();
    TAKEN.get() - before
}

fn run(shop: &Running<Shop>) {
    let mut job = Job(0);
    let core = async |job: &mut Job| {
        wait().await;
        Ok(job.0)
    };
    let mut run = pin!(shop.jobs.run(&mut job, core));
    let mut context = Context::from_waker(Waker::noop());
    let output = std::iter::repeat_with(|| run.as_mut().poll(&mut context)).find_map(|polled| match polled {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    });
    // Both `ready` and `waiting` add one and `large` adds 200, twice; both `after` hooks add one.
    assert_eq!(output.unwrap().unwrap(), 2 * 202 + 2);
    assert_eq!(shop.lines.run_sync(&mut Line(0), |line| Ok(line.0)).unwrap(), 2);
}

#[tokio::test]
async fn a_run_in_steady_state_takes_no_memory() {
    let builder = Shop::builder().registry(None).plugin::<one::One>().plugin::<two::Two>();
    let shop = builder.start().await.unwrap();
    // The first take what later ones use again, and where they count.
    run(&shop);
    run(&shop);
    for round in 2..32 {
        assert_eq!(taken(|| run(&shop)), 0, "round {round}");
    }
}
