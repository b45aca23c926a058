//! What is known of one task: whether it runs, how often it has, and why it stopped.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::Restart;
use crate::observe::{LastError, Timestamp};

/// Where a task stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskState {
    /// It has not begun: its plugin has not been active yet.
    Idle,
    /// It runs.
    Running,
    /// It has ended and will be started again.
    Waiting,
    /// It has ended well and for good.
    Ended,
    /// It has failed for good: it is never restarted, or was restarted too often.
    Failed,
    /// It was ended with its plugin, by a pause, a reload or a stop.
    Stopped,
}

/// One task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct TaskStatus {
    /// The function.
    pub name: &'static str,
    /// When it is started again.
    pub restart: Restart,
    /// Where it stands.
    pub state: TaskState,
    /// Runs since the manager started, the present one included.
    pub runs: u64,
    /// How many of them its supervisor began because the one before had ended.
    pub restarts: u64,
    /// When the present run began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_since: Option<Timestamp>,
    /// When the last run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Why a run failed, the last time one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<LastError>,
}

/// Keeps the status of one task over restarts and reloads.
#[derive(Debug)]
pub(crate) struct TaskLog(Mutex<TaskStatus>);

impl TaskLog {
    pub(crate) fn new(name: &'static str, restart: Restart) -> Self {
        Self(Mutex::new(TaskStatus {
            name,
            restart,
            state: TaskState::Idle,
            runs: 0,
            restarts: 0,
            running_since: None,
            ended: None,
            last_failure: None,
        }))
    }

    pub(crate) fn name(&self) -> &'static str {
        self.lock().name
    }

    pub(crate) fn status(&self) -> TaskStatus {
        self.lock().clone()
    }

    /// A run begins. What is returned stands for it; dropped while it runs, it says that it was stopped.
    pub(super) fn begin(&self, restarted: bool) -> Run<'_> {
        let mut status = self.lock();
        status.runs += 1;
        status.restarts += u64::from(restarted);
        status.state = TaskState::Running;
        status.running_since = Some(Timestamp::now());
        Run { log: self, number: status.runs }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, TaskStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that goes on, or the wait after it.
#[derive(Debug)]
pub(super) struct Run<'l> {
    log: &'l TaskLog,
    number: u64,
}

impl Run<'_> {
    /// It has ended, with `failure` where there was one, and is now in `state`.
    pub(super) fn end(&self, failure: Option<&dyn fmt::Display>, state: TaskState) {
        if let Some(failure) = failure {
            self.log.lock().last_failure = Some(LastError::now(failure));
        }
        self.set(state);
    }

    /// In a reload the next instance's run has begun before this one ends, and then it is that one's state that counts.
    fn set(&self, state: TaskState) {
        let mut status = self.log.lock();
        if status.runs == self.number {
            status.state = state;
            if status.running_since.take().is_some() {
                status.ended = Some(Timestamp::now());
            }
        }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let state = self.log.lock().state;
        if matches!(state, TaskState::Running | TaskState::Waiting) {
            self.set(TaskState::Stopped);
        }
    }
}
