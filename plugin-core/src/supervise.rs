//! Background tasks: when they are started again, and how they are told to end.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::descriptor::{State, TaskDescriptor};

/// Tells a task that it should end. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    pub(crate) fn new(token: CancellationToken) -> Self {
        Self(token)
    }

    /// Waits until the task should end. Cancellation safe.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }

    /// Whether the task should end.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// When a task that has ended is started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// However it ended.
    Always,
    /// When it returned an error or panicked. The default.
    OnFailure,
    /// Not at all.
    Never,
}

/// Restarts allowed within [`PERIOD`]; one more and the supervisor gives up.
const INTENSITY: usize = 5;
const PERIOD: Duration = Duration::from_secs(60);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// Runs a task until it ends for good, and yields the failure that ended it where there was one.
pub(crate) async fn supervise(
    task: &'static TaskDescriptor,
    state: State,
    token: CancellationToken,
) -> Result<(), String> {
    let mut restarts: Vec<Instant> = Vec::new();
    loop {
        let run = AssertUnwindSafe((task.run)(state.clone(), Shutdown::new(token.clone()))).catch_unwind();
        let failure = match run.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(payload) => Some(format!("panicked: {}", crate::error::panic_message(&*payload))),
        };
        let again = match task.restart {
            Restart::Always => true,
            Restart::OnFailure => failure.is_some(),
            Restart::Never => false,
        };
        if token.is_cancelled() || !again {
            return failure.map_or(Ok(()), Err);
        }
        let now = Instant::now();
        restarts.retain(|at| now.duration_since(*at) < PERIOD);
        let cause = failure.unwrap_or_else(|| "it ended".to_owned());
        if restarts.len() >= INTENSITY {
            return Err(format!("{cause}; restarted {INTENSITY} times within {} s", PERIOD.as_secs()));
        }
        let backoff = FIRST_BACKOFF * 2u32.pow(restarts.len() as u32);
        restarts.push(now);
        tracing::warn!(task = task.name, cause, ?backoff, "a task ended and is started again");
        tokio::select! {
            () = tokio::time::sleep(backoff) => {}
            () = token.cancelled() => return Ok(()),
        }
    }
}
