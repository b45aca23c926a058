//! Runs one task until it ends for good, and starts it again where it should.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::log::{Run, TaskLog};
use super::policy::{Limits, Supervision};
use super::restarts::{Ended, Next, Restarts};
use super::{Restart, Shutdown, TaskState};
use crate::descriptor::{State, TaskDescriptor};
use crate::guard::Guard;
use crate::jitter;
use crate::observe::{Fault, Rare, TargetKind};

/// Supervises one task of one instance.
pub(crate) struct Supervisor {
    plugin: &'static str,
    task: &'static TaskDescriptor,
    limits: Limits,
    target: Rare,
    log: Arc<TaskLog>,
}

impl Supervisor {
    /// `settings` stand over what the task's attribute says.
    pub(crate) fn new(task: &'static TaskDescriptor, settings: Supervision, guard: &Guard) -> Self {
        Self {
            plugin: guard.plugin(),
            task,
            limits: settings.over(task.supervision),
            target: Rare::new(guard, TargetKind::Task, task.name),
            log: guard.account().task(task.name, task.restart),
        }
    }

    /// Runs the task until it ends for good or `token` is cancelled. An error is the reason for which the plugin must fail: it
    /// was restarted too often. A task that is never restarted fails alone.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the run that goes on.
    pub(crate) async fn run(&self, state: State, token: &CancellationToken) -> Result<(), String> {
        let run = || self.once(state.clone(), token.clone());
        attend(self, token, jitter::fraction, run).await
    }

    async fn once(&self, state: State, token: CancellationToken) -> Result<(), String> {
        let run = self.task.run;
        // Inside an async block, so that a panic of what makes the future is caught as well.
        let run = async move { run(state, Shutdown::new(token)).await };
        self.target.call(None, run).await.map_err(|fault| match fault {
            Fault::Failed(error) => error.to_string(),
            Fault::Panicked(message) => format!("panicked: {message}"),
            Fault::TimedOut => "it ran for ever".to_owned(),
        })
    }
}

/// The loop around the runs of one task.
async fn attend<F>(
    supervisor: &Supervisor,
    token: &CancellationToken,
    mut chance: impl FnMut() -> f64,
    mut run: impl FnMut() -> F,
) -> Result<(), String>
where
    F: Future<Output = Result<(), String>>,
{
    let Supervisor { plugin, task, limits, log, .. } = supervisor;
    let mut restarts = Restarts::new(*limits);
    let mut restarted = false;
    loop {
        let entry = log.begin(restarted);
        let began = Instant::now();
        let failure = run().await.err();
        let ended = if failure.is_some() { Ended::Failed } else { Ended::Well };
        let note = |entry: &Run<'_>, state| {
            entry.end(failure.as_ref().map(|text| text as &dyn std::fmt::Display), state);
        };
        if token.is_cancelled() {
            note(&entry, TaskState::Stopped);
            if let Some(cause) = failure {
                tracing::warn!(plugin, task = task.name, cause, "a task failed when it was asked to end");
            }
            return Ok(());
        }
        let wait = match restarts.next(task.restart, ended, (began, Instant::now()), chance()) {
            Next::Again(wait) => wait,
            Next::Nothing => {
                let Some(cause) = &failure else {
                    note(&entry, TaskState::Ended);
                    return Ok(());
                };
                note(&entry, TaskState::Failed);
                tracing::error!(plugin, task = task.name, cause, "a task failed and is never restarted");
                return Ok(());
            }
            Next::Enough => {
                note(&entry, TaskState::Failed);
                let cause = failure.unwrap_or_else(|| "it ended".to_owned());
                return Err(too_often(&cause, *limits));
            }
        };
        note(&entry, TaskState::Waiting);
        let cause = failure.as_deref().unwrap_or("it ended");
        match task.restart {
            Restart::Always if failure.is_none() => {
                tracing::debug!(plugin, task = task.name, ?wait, "a task ended and is started again");
            }
            _ => tracing::warn!(plugin, task = task.name, cause, ?wait, "a task failed and is started again"),
        }
        restarted = true;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = token.cancelled() => return Ok(()),
        }
    }
}

fn too_often(cause: &str, limits: Limits) -> String {
    let period = crate::config::Period(limits.period);
    match limits.restarts {
        0 => format!("{cause}; no restart is allowed"),
        1 => format!("{cause}; restarted once within {period}"),
        many => format!("{cause}; restarted {many} times within {period}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::config::Period;
    use crate::guard::Policy;
    use crate::id::Location;

    /// One run: how long it lasts, in seconds, and whether it fails.
    type Script = Vec<(u64, bool)>;

    /// What was seen: when each run began, in milliseconds, what came out, and what the log says.
    #[derive(PartialEq, Debug)]
    struct Seen {
        begun: Vec<u128>,
        result: Result<(), String>,
        state: TaskState,
        restarts: u64,
    }

    fn task(restart: Restart) -> &'static TaskDescriptor {
        Box::leak(Box::new(TaskDescriptor {
            name: "sample",
            location: Location { file: "by-hand", line: 1 },
            restart,
            supervision: Supervision::NONE,
            run: |_, _| Box::pin(std::future::ready(Ok(()))),
        }))
    }

    fn settings(restarts: u32, period: u64) -> Supervision {
        Supervision {
            max_restarts: Some(restarts),
            window: Some(Period(Duration::from_secs(period))),
            backoff: Some(Period(Duration::from_secs(1))),
            max_backoff: Some(Period(Duration::from_secs(8))),
        }
    }

    /// The loop over a script, with every wait at its shortest. After the script the task hangs. It is told to end half a second
    /// past `stop`, so that nothing else happens at that moment.
    async fn observed(restart: Restart, settings: Supervision, script: Script, stop: u64) -> Seen {
        let supervisor = Supervisor::new(task(restart), settings, &Guard::new("sample", Policy::default()));
        let (start, begun) = (Instant::now(), Mutex::new(Vec::new()));
        let mut script = script.into_iter();
        let run = || {
            begun.lock().unwrap().push(start.elapsed().as_millis());
            let next = script.next();
            async move {
                let Some((lasts, fails)) = next else { return std::future::pending().await };
                tokio::time::sleep(Duration::from_secs(lasts)).await;
                if fails { Err("no luck".to_owned()) } else { Ok(()) }
            }
        };
        let token = CancellationToken::new();
        let all = attend(&supervisor, &token, || 0.0, run);
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(stop * 1000 + 500)).await;
            token.cancel();
            // What does not listen is dropped after a while.
            tokio::time::sleep(Duration::from_secs(1000)).await;
        };
        let result = tokio::select! {
            biased;
            result = all => result,
            () = stopping => Ok(()),
        };
        let status = supervisor.log.status();
        Seen { begun: begun.into_inner().unwrap(), result, state: status.state, restarts: status.restarts }
    }

    /// The same by the rules, over plain numbers of milliseconds.
    fn expected(restart: Restart, restarts: usize, period: u64, script: &Script, stop: u64) -> Seen {
        let (period, stop) = (u128::from(period) * 1000, u128::from(stop) * 1000 + 500);
        let (mut begun, mut ends, mut now, mut streak) = (Vec::new(), Vec::<u128>::new(), 0u128, 0u32);
        let seen = |begun: &Vec<u128>, state, result| Seen {
            restarts: begun.len() as u64 - 1,
            begun: begun.clone(),
            result,
            state,
        };
        for (lasts, fails) in script {
            begun.push(now);
            now += u128::from(*lasts) * 1000;
            if now >= stop {
                return seen(&begun, TaskState::Stopped, Ok(()));
            }
            match (restart, fails) {
                (Restart::Never, true) => return seen(&begun, TaskState::Failed, Ok(())),
                (Restart::Never | Restart::OnFailure, false) => {
                    return seen(&begun, TaskState::Ended, Ok(()));
                }
                _ => {}
            }
            ends.push(now);
            if ends.iter().filter(|end| **end + period >= now).count() > restarts {
                let cause = if *fails { "no luck" } else { "it ended" };
                return seen(&begun, TaskState::Failed, Err(cause.to_owned()));
            }
            streak = if !fails || u128::from(*lasts) * 1000 >= period { 0 } else { streak };
            now += (1000 << streak.min(2)).clamp(1000, 4000);
            streak += 1;
            if now >= stop {
                return seen(&begun, TaskState::Stopped, Ok(()));
            }
        }
        begun.push(now);
        seen(&begun, TaskState::Stopped, Ok(()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_task_runs_waits_and_ends_by_the_rules(
            restart in prop::sample::select(vec![Restart::Always, Restart::OnFailure, Restart::Never]),
            restarts in 0u32..5,
            period in 1u64..30,
            script in prop::collection::vec((0u64..20, any::<bool>()), 1..30),
            stop in 1u64..200,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let mut seen = runtime.block_on(observed(restart, settings(restarts, period), script.clone(), stop));
            // The cause comes first; which limit it was is told behind it.
            seen.result = seen.result.map_err(|cause| cause.split(';').next().unwrap_or_default().to_owned());
            prop_assert_eq!(seen, expected(restart, restarts as usize, period, &script, stop));
        }
    }

    #[test]
    fn who_gives_up_says_how_often_it_was_tried() {
        let told = |restarts| too_often("no luck", settings(restarts, 60).over(Supervision::NONE));
        assert_eq!(told(0), "no luck; no restart is allowed");
        assert_eq!(told(1), "no luck; restarted once within 1m");
        assert_eq!(told(5), "no luck; restarted 5 times within 1m");
    }
}
