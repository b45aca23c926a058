//! Calls into a plugin, measured while they run: time spent inside, time until the end, memory.

use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use super::alloc::{self, Scope};
use super::meter::{Meter, Reading};

/// How often a call is timed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timing {
    /// Now and then: for what is called often.
    Sampled,
    /// Every time: for what is rare, or runs for long.
    Always,
    /// As somebody has found already: for so many calls, or not at all.
    Known(u32),
}

impl Timing {
    /// Whether nothing is measured of a call that begins now. Asked once for a call.
    pub(crate) fn passes(self, meter: &Meter) -> bool {
        match self {
            Self::Sampled => meter.passes(),
            Self::Always => false,
            Self::Known(weight) => !alloc::COUNTED && weight == 0,
        }
    }

    fn weight(self, meter: &Meter) -> u32 {
        match self {
            Self::Sampled => meter.sample(),
            Self::Always => 1,
            Self::Known(weight) => weight,
        }
    }
}

pin_project_lite::pin_project! {
    /// A future of a plugin that is measured poll by poll, so that what never ends, or is dropped half-way, is seen as well.
    ///
    /// Panics must have been caught inside, and the caller tells the meter how it ended: `meter.finish(outcome, reading)`.
    pub(crate) struct Metered<F, M> {
        #[pin]
        future: F,
        meter: M,
        weight: u32,
        began: Option<Instant>,
        reading: Reading,
    }
}

impl<F: Future, M: Deref<Target = Meter>> Metered<F, M> {
    pub(crate) fn new(timing: Timing, meter: M, future: F) -> Self {
        let weight = timing.weight(&meter);
        Self { future, meter, weight, began: None, reading: Reading::default() }
    }
}

impl<F: Future, M: Deref<Target = Meter>> Future for Metered<F, M> {
    type Output = (F::Output, Reading);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let entered = (*this.weight > 0).then(Instant::now);
        *this.began = this.began.or(entered);
        let scope = Scope::enter();
        let polled = this.future.poll(context);
        let spent = scope.leave();
        this.reading.spent.add(spent);
        let left = entered.map(|_| Instant::now());
        let inside = left.zip(entered).map(|(left, entered)| left - entered).unwrap_or_default();
        let inside = inside.saturating_mul(*this.weight);
        this.meter.spend(if polled.is_ready() { Duration::ZERO } else { inside }, spent);
        let output = ready!(polled);
        this.reading.elapsed = left.zip(*this.began).map(|(left, began)| left - began);
        this.reading.polled = inside;
        Poll::Ready((output, *this.reading))
    }
}

/// Measures a plain `fn` of a plugin; the caller tells the meter how it ended, as for [`Metered`].
pub(crate) fn measured<T>(timing: Timing, meter: &Meter, run: impl FnOnce() -> T) -> (T, Reading) {
    let weight = timing.weight(meter);
    let began = (weight > 0).then(Instant::now);
    let scope = Scope::enter();
    let output = run();
    let spent = scope.leave();
    let elapsed = began.map(|at| at.elapsed());
    meter.spend(Duration::ZERO, spent);
    let polled = elapsed.unwrap_or_default().saturating_mul(weight);
    (output, Reading { elapsed, polled, spent })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::observe::Outcome;
    use crate::thread::Thread;

    #[tokio::test]
    async fn time_spent_waiting_is_latency_and_not_poll_time() {
        let meter = Meter::default();
        let wait = async {
            // Of the real clock, which is the one that is measured.
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(30))).await.unwrap();
            7
        };
        let (seven, reading) = Metered::new(Timing::Always, &meter, Box::pin(wait)).await;
        meter.finish(Outcome::Done, reading);
        let metrics = meter.metrics();
        assert_eq!((seven, metrics.calls, metrics.latency.count()), (7, 1, 1));
        assert!(metrics.latency.max_ns >= 30_000_000 && metrics.poll_ns < 25_000_000, "{metrics:?}");
    }

    #[test]
    fn what_is_dropped_half_way_has_its_poll_time_counted() {
        let meter = Meter::default();
        let busy = std::future::poll_fn(|_| {
            std::thread::sleep(Duration::from_millis(2));
            Poll::<()>::Pending
        });
        let mut call = Box::pin(Metered::new(Timing::Always, &meter, busy));
        assert!(call.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_pending());
        drop(call);
        let metrics = meter.metrics();
        assert!(metrics.poll_ns >= 2_000_000, "{metrics:?}");
        assert_eq!((metrics.calls, metrics.latency.count()), (0, 0), "nobody said how it ended");
    }

    #[test]
    fn a_call_that_is_not_timed_is_counted_all_the_same() {
        Thread::enrol();
        let meter = Meter::default();
        for _ in 0..65 {
            let ((), reading) = measured(Timing::Sampled, &meter, || ());
            meter.finish(Outcome::Done, reading);
        }
        let ((), reading) = measured(Timing::Sampled, &meter, || ());
        assert_eq!(reading.elapsed, None);
        meter.finish(Outcome::Done, reading);
        assert_eq!((meter.metrics().calls, meter.metrics().latency.count()), (66, 65));
    }
}
