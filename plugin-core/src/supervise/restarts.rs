//! What follows when a run of a task has ended: a function of how it ended, of when, and of chance.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::Restart;
use super::policy::Limits;

/// How one run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    /// It returned.
    Well,
    /// It returned an error or panicked.
    Failed,
}

/// What follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// It is started again after a wait.
    Again(Duration),
    /// Nothing: it is not to be started again.
    Nothing,
    /// It would be started again, and has been too often: the supervisor gives up.
    Enough,
}

/// The restarts of one task.
///
/// Intensity is OTP's (`supervisor:add_restart/1`): a restart is counted when the run ends, together with those not more than
/// `period` before it, the border included; more than `restarts` of them are too many. The wait is "equal jitter" of M. Brooker,
/// "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): half of the exponential wait, and a random share of the other
/// half. "Full jitter" may wait for no time at all, which suits callers who compete, and lets a task that dies at once spin.
#[derive(Debug)]
pub(super) struct Restarts {
    limits: Limits,
    /// Never more than `limits.restarts`, oldest first.
    recent: VecDeque<Instant>,
    /// Failures in a row, each less than `period` after its start.
    streak: u32,
}

impl Restarts {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, recent: VecDeque::new(), streak: 0 }
    }

    /// What follows a run that began at `began` and `ended` at `now`; `chance` is from 0 up to 1.
    pub(super) fn next(
        &mut self,
        restart: Restart,
        ended: Ended,
        (began, now): (Instant, Instant),
        chance: f64,
    ) -> Next {
        let again = match restart {
            Restart::Always => true,
            Restart::OnFailure => ended == Ended::Failed,
            Restart::Never => false,
        };
        if !again {
            return Next::Nothing;
        }
        while self.recent.front().is_some_and(|at| now.duration_since(*at) > self.limits.period) {
            self.recent.pop_front();
        }
        if self.recent.len() >= self.limits.restarts as usize {
            return Next::Enough;
        }
        self.recent.push_back(now);
        if ended == Ended::Well || now.duration_since(began) >= self.limits.period {
            self.streak = 0;
        }
        let wait = self.wait(chance);
        self.streak = self.streak.saturating_add(1);
        Next::Again(wait)
    }

    /// From `backoff` up to its double at first, doubled with each failure in a row, and never over `max_backoff`.
    fn wait(&self, chance: f64) -> Duration {
        let Limits { backoff, max_backoff, .. } = self.limits;
        let doubled = 2u32.saturating_pow(self.streak.saturating_add(1));
        let half = backoff.saturating_mul(doubled).min(max_backoff) / 2;
        (half + half.mul_f64(chance)).clamp(backoff, max_backoff)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits {
        restarts: 5,
        period: Duration::from_secs(60),
        backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(30),
    };

    /// A run that fails after `lasted`, begun at `began`.
    fn fail(restarts: &mut Restarts, began: Instant, lasted: Duration, chance: f64) -> Next {
        restarts.next(Restart::OnFailure, Ended::Failed, (began, began + lasted), chance)
    }

    #[test]
    fn waits_double_between_backoff_and_max_backoff() {
        let waits = |chance: f64| -> Vec<u128> {
            let mut restarts = Restarts::new(Limits { restarts: 100, ..LIMITS });
            let wait = |_| match fail(&mut restarts, Instant::now(), Duration::ZERO, chance) {
                Next::Again(wait) => wait.as_millis(),
                other => panic!("{other:?}"),
            };
            (0..11).map(wait).collect()
        };
        assert_eq!(waits(0.0), [100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000, 15000]);
        assert_eq!(waits(0.5), [150, 300, 600, 1200, 2400, 4800, 9600, 19200, 22500, 22500, 22500]);
    }

    #[test]
    fn a_quiet_period_brings_back_the_shortest_wait_and_so_does_a_run_that_ended_well() {
        let mut restarts = Restarts::new(Limits { restarts: 100, ..LIMITS });
        let begun = Instant::now();
        for _ in 0..5 {
            fail(&mut restarts, begun, Duration::ZERO, 0.0);
        }
        let quiet = fail(&mut restarts, begun, LIMITS.period, 0.0);
        assert_eq!(quiet, Next::Again(LIMITS.backoff));
        assert_eq!(fail(&mut restarts, begun, LIMITS.period / 2, 0.0), Next::Again(LIMITS.backoff * 2));
        let well = restarts.next(Restart::Always, Ended::Well, (begun, begun), 0.0);
        assert_eq!(well, Next::Again(LIMITS.backoff));
    }

    #[test]
    fn a_restart_counts_until_just_after_the_period() {
        for (after, expected) in [(0, Next::Enough), (1, Next::Again(LIMITS.backoff))] {
            let mut restarts = Restarts::new(Limits { restarts: 1, ..LIMITS });
            let begun = Instant::now();
            fail(&mut restarts, begun, Duration::ZERO, 0.0);
            let next = fail(&mut restarts, begun, LIMITS.period + Duration::from_millis(after), 0.0);
            assert_eq!(next, expected);
        }
    }

    #[test]
    fn no_restart_allowed_is_the_first_one_too_many() {
        let mut restarts = Restarts::new(Limits { restarts: 0, ..LIMITS });
        assert_eq!(fail(&mut restarts, Instant::now(), Duration::ZERO, 0.0), Next::Enough);
    }

    /// OTP's algorithm in its own words: the list of restarts, newest first, is cut at the first that is too old.
    #[derive(Default)]
    struct Otp(Vec<Duration>);

    impl Otp {
        fn add_restart(&mut self, now: Duration, limits: Limits) -> bool {
            let threshold = now.checked_sub(limits.period);
            let recent = self.0.iter().take_while(|at| threshold.is_none_or(|least| **at >= least));
            self.0 = std::iter::once(now).chain(recent.copied()).collect();
            self.0.len() <= limits.restarts as usize
        }
    }

    proptest! {
        #[test]
        fn intensity_is_otps(
            restarts in 0u32..6,
            period in 0u64..20,
            ends in prop::collection::vec((0u64..15, any::<bool>()), 1..60),
            restart in prop::sample::select(vec![Restart::Always, Restart::OnFailure, Restart::Never]),
            chance in 0.0f64..1.0,
        ) {
            let limits = Limits { restarts, period: Duration::from_secs(period), ..LIMITS };
            let (mut ours, mut otp) = (Restarts::new(limits), Otp::default());
            let (start, mut now) = (Instant::now(), Duration::ZERO);
            for (lasted, failed) in ends {
                let began = now;
                now += Duration::from_secs(lasted);
                let ended = if failed { Ended::Failed } else { Ended::Well };
                let next = ours.next(restart, ended, (start + began, start + now), chance);
                let wanted = restart == Restart::Always || (restart == Restart::OnFailure && failed);
                if !wanted {
                    prop_assert_eq!(next, Next::Nothing);
                } else if otp.add_restart(now, limits) {
                    let Next::Again(wait) = next else { panic!("{next:?}") };
                    prop_assert!(wait >= limits.backoff && wait <= limits.max_backoff);
                } else {
                    prop_assert_eq!(next, Next::Enough);
                    break;
                }
            }
        }

        #[test]
        fn no_wait_overflows(backoff in any::<u64>(), max in any::<u64>(), streak in any::<u32>(), chance in 0.0f64..1.0) {
            let backoff = Duration::from_secs(backoff);
            let limits = Limits { backoff, max_backoff: Duration::from_secs(max).max(backoff), ..LIMITS };
            let wait = Restarts { limits, recent: VecDeque::new(), streak }.wait(chance);
            prop_assert!(wait >= limits.backoff && wait <= limits.max_backoff);
        }
    }
}
