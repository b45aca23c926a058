//! Runs are counted whatever their threads: of more than can have a line of their own, some share one.

use std::sync::Barrier;

use plugin_core::prelude::*;
use plugin_core::{HookPoint, PluginError, PluginManager};

#[derive(HookPoint)]
#[hook_point(output = u64, sync)]
struct Line(u64);

#[plugin]
mod one {
    use super::*;

    #[derive(Default)]
    pub(super) struct One;

    #[hook(before)]
    fn adds(_: &One, line: &mut Line) -> Result<(), PluginError> {
        line.0 += 1;
        Ok(())
    }
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Shop {
    lines: Chain<Line>,
}

/// More than have a line of their own on any machine: 256 at the most.
const THREADS: u64 = if cfg!(miri) { 3 } else { 300 };
const RUNS: u64 = if cfg!(miri) { 5 } else { 100 };

#[tokio::test]
async fn what_threads_run_at_once_is_all_counted() {
    let shop = Shop::builder().registry(None).plugin::<one::One>().start().await.unwrap();
    let ready = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                // All live at once.
                assert_eq!(shop.lines.run_sync(&mut Line(0), |line| Ok(line.0)).unwrap(), 1);
                ready.wait();
                for _ in 1..RUNS {
                    assert_eq!(shop.lines.run_sync(&mut Line(0), |line| Ok(line.0)).unwrap(), 1);
                }
            });
        }
    });
    let activity = shop.status().await.plugins.remove(0).activity.unwrap();
    let hook = activity.targets.iter().find(|one| one.target.name == "adds").unwrap();
    assert_eq!(hook.metrics.calls, THREADS * RUNS);
}
