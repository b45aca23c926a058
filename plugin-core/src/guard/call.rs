//! One call into a plugin outside of a chain: a capability's method, an event, a command, a health check.

use super::{Guard, Isolated, Verdict, isolate};
use crate::error::panic_message;
use crate::hook::{CallError, ErrorClass};
use crate::observe::{Meter, Outcome};

/// Calls what an `async fn` of a plugin yields.
pub(crate) async fn call<T, E: From<CallError>>(
    guard: &Guard,
    meter: &Meter,
    what: &'static str,
    classify: fn(&E) -> ErrorClass,
    future: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let plugin = guard.plugin();
    let permit = match guard.is_clear() {
        true => None,
        false => match guard.admit(None) {
            Ok(permit) => Some(permit),
            Err(why) => {
                meter.record(Outcome::Shed);
                return Err(CallError::Refused { plugin, hook: what, why }.into());
            }
        },
    };
    let caught = Isolated::new(future).await;
    let (outcome, result) = judged(plugin, what, classify, caught);
    guard.settle(permit, outcome.verdict());
    meter.record(outcome);
    result
}

/// Calls a plain `fn` of a plugin.
pub(crate) fn call_sync<T, E: From<CallError>>(
    guard: &Guard,
    meter: &Meter,
    what: &'static str,
    classify: fn(&E) -> ErrorClass,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let plugin = guard.plugin();
    let permit = match guard.is_clear() {
        true => None,
        false => match guard.admit(None) {
            Ok(permit) => Some(permit),
            Err(why) => {
                meter.record(Outcome::Shed);
                return Err(CallError::Refused { plugin, hook: what, why }.into());
            }
        },
    };
    let (mut run, mut result) = (Some(run), None);
    let caught = isolate(&mut || result = run.take().map(|run| run()));
    let caught = match (caught, result) {
        (Ok(()), Some(result)) => Ok(result),
        (Ok(()), None) => Err(Box::new("it was not called") as _),
        (Err(payload), _) => Err(payload),
    };
    let (outcome, result) = judged(plugin, what, classify, caught);
    guard.settle(permit, outcome.verdict());
    meter.record(outcome);
    result
}

fn judged<T, E: From<CallError>>(
    plugin: &'static str,
    hook: &'static str,
    classify: fn(&E) -> ErrorClass,
    caught: Result<Result<T, E>, Box<dyn std::any::Any + Send>>,
) -> (Outcome, Result<T, E>) {
    match caught {
        Ok(Ok(value)) => (Outcome::Done, Ok(value)),
        Ok(Err(error)) => match classify(&error) {
            ErrorClass::Refusal => (Outcome::Refused, Err(error)),
            ErrorClass::Fault | ErrorClass::Transient => (Outcome::Failed, Err(error)),
        },
        Err(payload) => {
            let message = panic_message(&*payload);
            (Outcome::Panicked, Err(CallError::Panicked { plugin, hook, message }.into()))
        }
    }
}

impl Outcome {
    fn verdict(self) -> Verdict {
        match self {
            Self::Failed | Self::Panicked | Self::TimedOut => Verdict::Faulty,
            Self::Done | Self::Responded | Self::Refused | Self::Shed | Self::Skipped => Verdict::Sound,
        }
    }
}
