//! Three plugins with a hook of every kind on one point: `alpha` async, `beta` sync, `gamma` mixed; and two that replace the core.

use plugin_core::prelude::*;
use plugin_core::{HookPoint, PluginManager, Running};

use crate::support::{Act, Fault, Notes, Script};

/// An operation whose hooks follow a script.
#[derive(HookPoint, Default, Debug)]
#[hook_point(output = Vec<String>, error = Fault)]
pub(crate) struct Job {
    pub(crate) script: Script,
    pub(crate) trail: Vec<String>,
}

impl Job {
    pub(crate) fn with(mut self, hook: &'static str, act: Act) -> Self {
        self.script.set(hook, act);
        self
    }

    fn before(&mut self, hook: &str, call: &Call) -> Result<Flow<Vec<String>>, Fault> {
        call.note(hook);
        let answer = self.script.play(hook)?;
        self.trail.push(hook.to_owned());
        Ok(if answer { Flow::Respond(vec![format!("{hook} answered")]) } else { Flow::Continue })
    }

    fn after(&self, hook: &str, output: &mut Vec<String>, call: &Call) -> Result<(), Fault> {
        call.note(hook);
        self.script.play(hook)?;
        output.push(hook.to_owned());
        Ok(())
    }

    async fn around(&mut self, hook: &str, next: Next<'_, Self>, call: &Call) -> Result<Vec<String>, Fault> {
        call.note(format!("{hook} opens"));
        if self.script.play(hook)? {
            return Ok(vec![format!("{hook} answered")]);
        }
        let result = next.run(self).await;
        call.note(format!("{hook} closes"));
        result
    }

    fn rescue(&self, hook: &str, error: Fault, call: &Call) -> Result<Vec<String>, Fault> {
        call.note(format!("{hook} of {error}"));
        if self.script.play(hook)? { Ok(vec![format!("{hook} answered")]) } else { Err(error) }
    }

    fn observe(&self, hook: &str, result: Result<&Vec<String>, &Fault>, call: &Call) -> Result<(), Fault> {
        call.note(format!("{hook} {}", if result.is_ok() { "ok" } else { "err" }));
        self.script.play(hook).map(drop)
    }
}

/// All of it async.
#[plugin]
pub(crate) mod alpha {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(crate) struct Alpha;

    #[hook(before)]
    async fn before(_: &Alpha, job: &mut Job, call: &Call) -> Result<Flow<Vec<String>>, Fault> {
        tokio::task::yield_now().await;
        job.before("alpha.before", call)
    }

    #[hook(around)]
    async fn around(
        _: &Alpha,
        job: &mut Job,
        next: Next<'_, Job>,
        call: &Call,
    ) -> Result<Vec<String>, Fault> {
        job.around("alpha.around", next, call).await
    }

    #[hook(after)]
    async fn after(_: &Alpha, job: &Job, output: &mut Vec<String>, call: &Call) -> Result<(), Fault> {
        tokio::task::yield_now().await;
        job.after("alpha.after", output, call)
    }

    #[hook(rescue)]
    async fn rescue(_: &Alpha, job: &Job, error: Fault, call: &Call) -> Result<Vec<String>, Fault> {
        tokio::task::yield_now().await;
        job.rescue("alpha.rescue", error, call)
    }

    #[hook(observe)]
    async fn observe(
        _: &Alpha,
        job: &Job,
        result: Result<&Vec<String>, &Fault>,
        call: &Call,
    ) -> Result<(), Fault> {
        tokio::task::yield_now().await;
        job.observe("alpha.observe", result, call)
    }
}

/// All of it sync, as far as a point that may await allows.
#[plugin]
pub(crate) mod beta {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(crate) struct Beta;

    #[hook(before)]
    fn before(_: &Beta, job: &mut Job, call: &Call) -> Result<Flow<Vec<String>>, Fault> {
        job.before("beta.before", call)
    }

    #[hook(after)]
    fn after(_: &Beta, job: &Job, output: &mut Vec<String>, call: &Call) -> Result<(), Fault> {
        job.after("beta.after", output, call)
    }

    #[hook(rescue)]
    fn rescue(_: &Beta, job: &Job, error: Fault, call: &Call) -> Result<Vec<String>, Fault> {
        job.rescue("beta.rescue", error, call)
    }

    #[hook(observe)]
    fn observe(_: &Beta, job: &Job, result: Result<&Vec<String>, &Fault>, call: &Call) -> Result<(), Fault> {
        job.observe("beta.observe", result, call)
    }
}

/// Some of it async, some sync.
#[plugin]
pub(crate) mod gamma {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(crate) struct Gamma;

    #[hook(before)]
    async fn before(_: &Gamma, job: &mut Job, call: &Call) -> Result<Flow<Vec<String>>, Fault> {
        job.before("gamma.before", call)
    }

    #[hook(around)]
    async fn around(
        _: &Gamma,
        job: &mut Job,
        next: Next<'_, Job>,
        call: &Call,
    ) -> Result<Vec<String>, Fault> {
        job.around("gamma.around", next, call).await
    }

    #[hook(after)]
    fn after(_: &Gamma, job: &Job, output: &mut Vec<String>, call: &Call) -> Result<(), Fault> {
        job.after("gamma.after", output, call)
    }

    #[hook(observe)]
    fn observe(_: &Gamma, job: &Job, result: Result<&Vec<String>, &Fault>, call: &Call) -> Result<(), Fault> {
        job.observe("gamma.observe", result, call)
    }
}

/// Stands in for the core, later.
#[plugin]
pub(crate) mod stand_in {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(crate) struct StandIn;

    #[hook(replace)]
    async fn replace(_: &StandIn, job: &mut Job, call: &Call) -> Result<Vec<String>, Fault> {
        call.note("stand-in");
        job.script.play("stand-in")?;
        Ok(vec!["stand-in".to_owned()])
    }
}

/// Stands in for the core, at once.
#[plugin]
pub(crate) mod understudy {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(crate) struct Understudy;

    #[hook(replace)]
    fn replace(_: &Understudy, _: &mut Job, call: &Call) -> Result<Vec<String>, Fault> {
        call.note("understudy");
        Ok(vec!["understudy".to_owned()])
    }
}

/// Runs jobs.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
pub(crate) struct Stage {
    pub(crate) jobs: Chain<Job>,
}

impl Stage {
    /// With `alpha`, `beta` and `gamma`.
    pub(crate) async fn cast() -> Running<Self> {
        let builder = Self::builder().registry(None).plugin::<gamma::Gamma>();
        builder.plugin::<alpha::Alpha>().plugin::<beta::Beta>().start().await.unwrap()
    }

    /// With a plugin that replaces the core as well.
    pub(crate) async fn replaced() -> Running<Self> {
        let builder = Self::builder().registry(None).plugin::<stand_in::StandIn>();
        builder.plugin::<alpha::Alpha>().plugin::<beta::Beta>().start().await.unwrap()
    }

    /// Runs `job` with a core that does as the script says; yields the result and what was noted.
    pub(crate) async fn play(&self, mut job: Job) -> (Result<Vec<String>, Fault>, Vec<String>) {
        let call = Call::new();
        let core = async |job: &mut Job| {
            call.note("core");
            job.script.play("core").map(|_| vec!["core".to_owned()])
        };
        let result = self.jobs.run_with(&call, &mut job, core).await;
        (result, call.notes())
    }
}
