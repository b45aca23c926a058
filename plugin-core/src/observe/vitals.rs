//! What health checks have found: a streak of answers that must be long enough to change anything.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::{Health, Timestamp};

/// What a plugin last said of its health.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct HealthStatus {
    /// How it is.
    #[serde(flatten)]
    pub answer: Health,
    /// Since when it has been so; the reason may have changed meanwhile.
    pub since: Timestamp,
    /// When it was last asked.
    pub checked: Timestamp,
    /// Unhealthy answers in a row, 0 after any other.
    pub failures: u32,
    /// Whether its monitor holds it for fit, after as many answers in a row as its thresholds ask for. A plugin that nobody
    /// monitors is fit.
    pub fit: bool,
}

/// What an answer has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    /// It is held for unfit; with what it last said.
    Unfit(String),
    /// It is held for fit again.
    Fit,
}

/// The thresholds of a monitor. Neither is less than one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Thresholds {
    /// Unhealthy answers in a row after which a fit plugin is unfit.
    pub(crate) failures: u32,
    /// Other answers in a row after which an unfit plugin is fit.
    pub(crate) successes: u32,
}

/// Fit or unfit, and how many answers in a row speak against it: a plain function of the answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Verdict {
    fit: bool,
    against: u32,
}

impl Verdict {
    const FIT: Self = Self { fit: true, against: 0 };

    /// Whether the verdict has turned with this answer.
    fn hear(&mut self, good: bool, thresholds: Thresholds) -> bool {
        if good == self.fit {
            self.against = 0;
            return false;
        }
        self.against += 1;
        let turned = self.against >= if self.fit { thresholds.failures } else { thresholds.successes };
        if turned {
            *self = Self { fit: !self.fit, against: 0 };
        }
        turned
    }
}

/// The health of one plugin, over all its instances.
#[derive(Debug, Default)]
pub(crate) struct Vitals(Mutex<Option<(HealthStatus, Verdict)>>);

impl Vitals {
    /// Notes an answer that a monitor got.
    pub(crate) fn hear(&self, answer: Health, thresholds: Thresholds) -> Option<Turn> {
        let reason = match &answer {
            Health::Healthy | Health::Degraded(_) => None,
            Health::Unhealthy(reason) => Some(reason.clone()),
        };
        self.note(answer, |verdict| {
            let turned = verdict.hear(reason.is_none(), thresholds);
            turned.then(|| reason.map_or(Turn::Fit, Turn::Unfit))
        })
    }

    /// Notes an answer that somebody else asked for; it changes no verdict.
    pub(crate) fn see(&self, answer: Health) {
        self.note(answer, |_| ());
    }

    /// Forgets what an earlier instance said: a new one is fit until it says otherwise.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn status(&self) -> Option<HealthStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(status, _)| status.clone())
    }

    fn note<T>(&self, answer: Health, judge: impl FnOnce(&mut Verdict) -> T) -> T {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let checked = Timestamp::now();
        let (last, mut verdict) = match kept.take() {
            Some((status, verdict)) => (Some(status), verdict),
            None => (None, Verdict::FIT),
        };
        let same =
            |last: &HealthStatus| std::mem::discriminant(&last.answer) == std::mem::discriminant(&answer);
        let since = last.as_ref().filter(|last| same(last)).map_or(checked, |last| last.since);
        let failures = match answer {
            Health::Unhealthy(_) => last.map_or(0, |last| last.failures).saturating_add(1),
            Health::Healthy | Health::Degraded(_) => 0,
        };
        let judged = judge(&mut verdict);
        let status = HealthStatus { answer, since, checked, failures, fit: verdict.fit };
        *kept = Some((status, verdict));
        judged
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_that_somebody_else_asked_for_changes_no_verdict() {
        let (vitals, thresholds) = (Vitals::default(), Thresholds { failures: 2, successes: 1 });
        vitals.see(Health::unhealthy("a"));
        vitals.see(Health::unhealthy("b"));
        let status = vitals.status().unwrap();
        assert_eq!((status.fit, status.failures, status.answer), (true, 2, Health::unhealthy("b")));
        assert_eq!(vitals.hear(Health::unhealthy("c"), thresholds), None);
        assert_eq!(vitals.hear(Health::unhealthy("d"), thresholds), Some(Turn::Unfit("d".to_owned())));
    }

    #[test]
    fn as_json_it_is_one_flat_object() {
        let vitals = Vitals::default();
        vitals.see(Health::degraded("slow"));
        let json = serde_json::to_value(vitals.status().unwrap()).unwrap();
        assert_eq!((&json["status"], &json["reason"]), (&"degraded".into(), &"slow".into()));
        assert_eq!(
            (&json["fit"], &json["failures"], &json["since"]),
            (&true.into(), &0.into(), &json["checked"])
        );
    }

    /// The verdict by its definition: over all answers so far, the last `n` of one sort decide.
    fn fit_by_definition(answers: &[bool], thresholds: Thresholds) -> bool {
        let mut fit = true;
        let mut from = 0;
        for end in 1..=answers.len() {
            let needed = if fit { thresholds.failures } else { thresholds.successes } as usize;
            let recent = &answers[from..end];
            if recent.len() >= needed && recent[recent.len() - needed..].iter().all(|good| *good != fit) {
                fit = !fit;
                from = end;
            }
        }
        fit
    }

    proptest! {
        #[test]
        fn a_verdict_turns_after_its_threshold_in_a_row_and_not_before(
            answers in prop::collection::vec(any::<bool>(), 0..60),
            failures in 1u32..5,
            successes in 1u32..5,
        ) {
            let (vitals, thresholds) = (Vitals::default(), Thresholds { failures, successes });
            let mut fit = true;
            for (at, good) in answers.iter().enumerate() {
                let answer = if *good { Health::Healthy } else { Health::unhealthy("ill") };
                let change = vitals.hear(answer, thresholds);
                let now = fit_by_definition(&answers[..=at], thresholds);
                let expected = match (fit, now) {
                    (true, false) => Some(Turn::Unfit("ill".to_owned())),
                    (false, true) => Some(Turn::Fit),
                    _ => None,
                };
                prop_assert_eq!(change, expected);
                fit = now;
                let status = vitals.status().unwrap();
                let ill = answers[..=at].iter().rev().take_while(|good| !**good).count();
                prop_assert_eq!((status.fit, status.failures as usize), (fit, ill));
            }
        }
    }
}
