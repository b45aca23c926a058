//! The suite that every plugin passes: what is promised of any of them, whatever it does.

mod alive;
mod report;
mod written;

use alive::Alive;
pub use report::{Finding, Report, Rule};

use super::{Host, TestHost};
use crate::descriptor::PluginDescriptor;
use crate::manager::Running;

/// The suite over the plugins of one host, with all of them enabled.
///
/// It looks at what each plugin says of itself and at its config; starts a host, asks for health, pauses, resumes and reloads
/// each, and compares what `#[snapshot]` writes; then stops, once at rest and once while calls are in flight. Faults that were
/// planned for the host strike in it too.
///
/// ```
/// # use plugin_core::prelude::*;
/// # use plugin_core::testing::TestHost;
/// /// Does nothing, and does it well.
/// #[plugin]
/// mod idler {
///     pub struct Idler;
///
///     #[init]
///     fn init() -> Idler {
///         Idler
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// TestHost::new().with::<idler::Idler>().conformance().check().await.assert_clean();
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked until `check`"]
pub struct Conformance {
    host: TestHost,
}

impl Conformance {
    pub(super) fn of(host: TestHost) -> Self {
        Self { host: host.all_enabled() }
    }

    /// Runs the suite.
    pub async fn check(self) -> Report {
        self.check_with(async |_| ()).await
    }

    /// Runs the suite with calls of yours: `work` is run once before anything is paused, so that there is a state to keep, and
    /// once while the host stops, so that there are calls in flight. Then it may fail, and is dropped when the host has stopped.
    pub async fn check_with(self, work: impl AsyncFn(&Running<Host>)) -> Report {
        let plugins: Vec<&'static PluginDescriptor> =
            self.host.entries().iter().filter_map(|entry| entry.plugin.ok()).collect();
        let mut report = Report::of(&plugins);
        plugins.iter().for_each(|plugin| written::described(plugin, &mut report));
        if written::configured(&self.host, &plugins, &mut report) {
            let alive = Alive { host: &self.host, plugins: &plugins, work: &work };
            alive.check(&mut report).await;
        }
        report.sort();
        report
    }
}
