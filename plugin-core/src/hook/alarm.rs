//! The timer of a walk: one for all its hooks that wait, which is moved only where it would ring too late.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::Call;
use super::pool::Pooled;
use super::trial::Tag;

pin_project_lite::pin_project! {
    /// A timer, and what it is set for. It may ring for a hook that is done: whoever waits then sets it again.
    pub(super) struct Alarm {
        #[pin]
        sleep: Sleep,
        // Whom it wakes.
        waker: Waker,
        // Of the hook that waits now.
        wait: Option<Wait>,
    }
}

/// How long a hook may wait.
#[derive(Clone, Copy)]
struct Wait {
    end: Instant,
    /// What it was given.
    limit: Duration,
}

impl Wait {
    /// What is left to a call of this hook that begins to wait now, if there is an end to it.
    #[inline]
    fn of(tag: &Tag, call: &Call) -> Option<Self> {
        let (limit, deadline) = (tag.guard.timeout(), call.deadline());
        if limit.is_none() && deadline.is_none() {
            return None;
        }
        let now = Instant::now();
        let own = limit.map(|limit| Self { end: now + limit, limit });
        let Some(deadline) = deadline.map(Instant::from_std) else { return own };
        let whole = Self { end: deadline, limit: deadline.saturating_duration_since(now) };
        own.filter(|own| own.end <= whole.end).or(Some(whole))
    }
}

impl Alarm {
    /// A call begins to wait; the time it had, if that is over. Reads the clock where there is an end to the wait.
    pub(super) fn set(
        slot: &mut Option<Pooled<Self>>,
        tag: &Tag,
        call: &Call,
        context: &mut Context<'_>,
    ) -> Poll<Duration> {
        let wait = Wait::of(tag, call);
        match (slot.as_mut(), wait) {
            (None, None) => Poll::Pending,
            (None, Some(Wait { end, .. })) => {
                // Without a runtime there is no clock to wait for.
                if tokio::runtime::Handle::try_current().is_err() {
                    return Poll::Pending;
                }
                let make =
                    || Self { sleep: tokio::time::sleep_until(end), waker: context.waker().clone(), wait };
                slot.insert(Pooled::new(make)).get().poll(context)
            }
            (Some(alarm), wait) => {
                let mut alarm = alarm.get();
                *alarm.as_mut().project().wait = wait;
                let Some(Wait { end, .. }) = wait else { return Poll::Pending };
                // It rings early enough, and wakes the right one.
                let set = alarm.sleep.deadline() <= end
                    && !alarm.sleep.is_elapsed()
                    && alarm.waker.will_wake(context.waker());
                if set { Poll::Pending } else { alarm.poll(context) }
            }
        }
    }

    /// Whether the time of the call that waits is over; then the time it had.
    pub(super) fn rings(slot: &mut Option<Pooled<Self>>, context: &mut Context<'_>) -> Poll<Duration> {
        match slot {
            Some(alarm) if alarm.wait.is_some() => alarm.get().poll(context),
            _ => Poll::Pending,
        }
    }

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Duration> {
        let mut this = self.project();
        let Some(Wait { end, limit }) = *this.wait else { return Poll::Pending };
        if this.sleep.deadline() > end {
            this.sleep.as_mut().reset(end);
        }
        if !this.waker.will_wake(context.waker()) {
            this.waker.clone_from(context.waker());
        }
        while this.sleep.as_mut().poll(context).is_ready() {
            if this.sleep.deadline() >= end {
                return Poll::Ready(limit);
            }
            // It rang for a hook before.
            this.sleep.as_mut().reset(end);
        }
        Poll::Pending
    }
}
