//! The stop: what is in flight ends as it began, what hangs is cut and named, and what comes later is told.

use std::time::Duration;

use plugin_core::hook::Refused;
use plugin_core::manager::{Cut, Running};
use plugin_core::prelude::*;
use plugin_core::{CallError, PluginManager, PluginState};

use crate::support::{Diary, Fault, yaml};

/// A piece of work.
#[derive(HookPoint)]
#[hook_point(output = String, error = Fault)]
pub(crate) struct Piece(String);

macro_rules! worker {
    ($name:ident) => {
        mod $name {
            use super::*;

            pub(super) static DIARY: Diary = Diary::new();

            #[plugin]
            pub(super) mod worker {
                use super::*;

                #[derive(Default)]
                pub(crate) struct State;

                #[hook(before)]
                fn begin(_: &State, piece: &mut Piece) {
                    piece.0.push_str("begun ");
                }

                #[hook(after)]
                fn finish(_: &State, _: &Piece, output: &mut String) {
                    DIARY.note("finished");
                    output.push_str("finished");
                }

                #[shutdown]
                fn stop(_: &State) {
                    DIARY.note("shut down");
                }
            }

            pub(super) async fn host() -> Running<Host> {
                let config = yaml("plugins: { worker: { stop_timeout: 4s } }");
                Host::builder().registry(None).config(config).plugin::<worker::State>().start().await.unwrap()
            }
        }
    };
}

worker!(finishes);
worker!(outlasts);
worker!(refuses);

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    piece: Chain<Piece>,
}

/// A run whose core takes as long as said.
async fn work(chain: &Chain<Piece>, length: Duration) -> Result<String, Fault> {
    let core = async |piece: &mut Piece| {
        tokio::time::sleep(length).await;
        Ok(piece.0.clone())
    };
    chain.run(&mut Piece(String::new()), core).await
}

#[tokio::test(start_paused = true)]
async fn a_run_in_flight_ends_with_the_hooks_it_began_with_and_then_its_plugin_is_shut_down() {
    let host = finishes::host().await;
    let stop = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        host.stop().await
    };
    let (worked, report) = tokio::join!(work(&host.piece, Duration::from_secs(1)), stop);
    assert_eq!(worked.unwrap(), "begun finished");
    assert_eq!(finishes::DIARY.take(), ["finished", "shut down"]);
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.plugins[0].took, Duration::from_millis(999));
    assert_eq!(host.stop().await, report, "a second stop tells what the first did");
    assert_eq!(finishes::DIARY.take(), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_hangs_is_not_waited_for_past_the_deadline_and_is_told() {
    let host = outlasts::host().await;
    let stop = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let report = host.stop().await;
        assert_eq!(outlasts::DIARY.take(), ["shut down"]);
        report
    };
    let (worked, report) = tokio::join!(work(&host.piece, Duration::from_secs(60)), stop);
    assert_eq!(worked.unwrap(), "begun finished", "it goes on all the same");
    let cut: Vec<_> = report.cut().map(|one| (one.plugin, one.took, one.cut.clone())).collect();
    assert_eq!(cut, [("worker", Duration::from_secs(2), vec![Cut::Runs])]);
    let said = "1 plugins stopped\n  `worker`: runs or calls in flight were not waited for any longer";
    assert_eq!(report.to_string(), said);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_begins_after_the_stop_has_is_refused_and_passes_no_hook_by() {
    let host = refuses::host().await;
    let chain = host.piece.clone();
    let refused = Fault::Call(CallError::Refused {
        plugin: "worker",
        hook: "begin",
        why: Refused::Inactive(PluginState::Unloading),
    });
    let late = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let stop = host.stop();
        let late = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            work(&chain, Duration::ZERO).await
        };
        tokio::join!(stop, late).1
    };
    let (begun, late) = tokio::join!(work(&host.piece, Duration::from_secs(1)), late);
    assert_eq!(begun.unwrap(), "begun finished");
    assert_eq!(late.unwrap_err(), refused);
    assert_eq!(work(&chain, Duration::ZERO).await.unwrap_err(), refused, "also when it has ended");
}
