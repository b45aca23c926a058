//! Random sequences of calls, ends, changes of policy and time, held against a model that is simple rather than fast.

use std::time::Duration;

use proptest::prelude::*;

use super::{ms, number, paused};
use crate::guard::{Breaker, BreakerState, Guard, Permit, Policy, Rate, RateLimit, Verdict};
use crate::hook::Refused;

#[derive(Clone, Debug)]
enum Event {
    Pass(u64),
    Call,
    /// The call in flight at this place ends; modulo how many there are.
    End(usize, End),
    Change(Policy),
}

#[derive(Clone, Copy, Debug)]
enum End {
    Sound,
    Faulty,
    GoneAway,
}

fn event() -> impl Strategy<Value = Event> {
    let end = prop_oneof![
        3 => Just(End::Faulty),
        2 => Just(End::Sound),
        1 => Just(End::GoneAway),
    ];
    prop_oneof![
        3 => (0u64..60).prop_map(Event::Pass),
        6 => Just(Event::Call),
        6 => (any::<usize>(), end).prop_map(|(at, end)| Event::End(at, end)),
        1 => policy().prop_map(Event::Change),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let breaker = proptest::option::weighted(0.8, (1u32..4, 1u64..100, 1u64..100));
    let rate = proptest::option::weighted(0.5, (1u32..200, 1u32..4));
    let most = proptest::option::weighted(0.5, 1u32..4);
    (breaker, rate, most).prop_map(|(breaker, rate, most)| {
        let mut policy = Policy::new();
        policy.breaker = breaker
            .map(|(failures, window, cooldown)| Breaker::new(number(failures), ms(window), ms(cooldown)));
        policy.rate_limit = rate.map(|(count, burst)| {
            RateLimit::new(Rate::new(number(count), Duration::from_secs(1))).burst(number(burst))
        });
        policy.max_concurrent = most.map(number);
        policy
    })
}

/// All times in nanoseconds since the start.
struct Model {
    policy: Policy,
    now: u64,
    failed: Vec<u64>,
    state: State,
    probes: u64,
    inside: u32,
    /// What is left in the bucket of the rate limit, in nanoseconds of its filling.
    bucket: u64,
    filled: u64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    Closed,
    Open { until: u64 },
    HalfOpen { probe: Option<u64> },
}

/// What the model knows of a call in flight.
#[derive(Clone, Copy, Debug)]
struct Flight {
    counted: bool,
    probe: Option<u64>,
}

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}

impl Model {
    fn new(policy: Policy) -> Self {
        let mut model = Self {
            policy: Policy::new(),
            now: 0,
            failed: Vec::new(),
            state: State::Closed,
            probes: 0,
            inside: 0,
            bucket: 0,
            filled: 0,
        };
        model.change(policy);
        model
    }

    fn every(limit: RateLimit) -> u64 {
        nanos(limit.rate.per) / u64::from(limit.rate.count.get())
    }

    fn full(limit: RateLimit) -> u64 {
        Self::every(limit) * u64::from(limit.burst.unwrap().get())
    }

    fn clear(&self) -> bool {
        self.policy.rate_limit.is_none()
            && self.policy.max_concurrent.is_none()
            && self.state == State::Closed
    }

    fn call(&mut self) -> Result<Flight, Refused> {
        let was = self.state;
        let probe = match self.state {
            State::Closed => None,
            State::Open { until } if self.now < until => {
                return Err(Refused::Open(Duration::from_nanos(until - self.now)));
            }
            State::HalfOpen { probe: Some(_) } => return Err(Refused::Probing),
            State::Open { .. } | State::HalfOpen { probe: None } => {
                self.probes += 1;
                Some(self.probes)
            }
        };
        if probe.is_some() {
            self.state = State::HalfOpen { probe };
        }
        let refused = self.limits().err();
        if let Some(refused) = refused {
            if was != State::Closed {
                self.state = State::HalfOpen { probe: None };
            }
            return Err(refused);
        }
        let counted = self.policy.max_concurrent.is_some();
        self.inside += u32::from(counted);
        Ok(Flight { counted, probe })
    }

    fn limits(&mut self) -> Result<(), Refused> {
        if let Some(most) = self.policy.max_concurrent
            && self.inside >= most.get()
        {
            return Err(Refused::Busy(most.get()));
        }
        if let Some(limit) = self.policy.rate_limit {
            self.bucket = (self.bucket + self.now - self.filled).min(Self::full(limit));
            self.filled = self.now;
            let price = Self::every(limit);
            if self.bucket < price {
                return Err(Refused::RateLimited(Duration::from_nanos(price - self.bucket)));
            }
            self.bucket -= price;
        }
        Ok(())
    }

    fn end(&mut self, flight: Flight, end: End) {
        self.inside -= u32::from(flight.counted);
        if let Some(probe) = flight.probe {
            if self.state == (State::HalfOpen { probe: Some(probe) }) {
                self.state = match end {
                    End::Sound => State::Closed,
                    End::Faulty => self.open(),
                    End::GoneAway => State::HalfOpen { probe: None },
                };
            }
            return;
        }
        let Some(breaker) = self.policy.breaker else { return };
        if matches!(end, End::Faulty) && self.state == State::Closed {
            self.failed.push(self.now);
            let recent = self.failed.iter().filter(|at| self.now - **at < nanos(breaker.window)).count();
            if recent >= breaker.failures.get() as usize {
                self.state = self.open();
            }
        }
    }

    fn open(&mut self) -> State {
        self.failed.clear();
        State::Open { until: self.now + self.policy.breaker.map_or(0, |breaker| nanos(breaker.cooldown)) }
    }

    fn change(&mut self, policy: Policy) {
        if policy.rate_limit != self.policy.rate_limit
            && let Some(limit) = policy.rate_limit
        {
            (self.bucket, self.filled) = (Self::full(limit), self.now);
        }
        self.policy = policy;
        match (policy.breaker, &mut self.state) {
            (None, state) => {
                *state = State::Closed;
                self.failed.clear();
            }
            (Some(breaker), State::Open { until }) => {
                *until = (*until).min(self.now + nanos(breaker.cooldown));
            }
            (Some(breaker), State::Closed) => {
                // A change alone opens nothing.
                let surplus = self.failed.len().saturating_sub(breaker.failures.get() as usize - 1);
                self.failed.drain(..surplus);
            }
            (Some(_), State::HalfOpen { .. }) => {}
        }
    }

    /// A failure that is older than the window is forgotten, even if a later policy has a longer one.
    fn seen(&mut self) -> Option<BreakerState> {
        if let Some(breaker) = self.policy.breaker {
            self.failed.retain(|at| self.now - at < nanos(breaker.window));
        }
        self.policy.breaker.map(|_| match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn breaker_and_limits_do_what_their_model_does(
        policy in policy(),
        events in proptest::collection::vec(event(), 1..120),
    ) {
        paused(async {
            let guard = Guard::new("sample", policy);
            let mut model = Model::new(policy);
            let mut flights: Vec<(Option<Permit<'_>>, Flight)> = Vec::new();
            for event in events {
                match event {
                    Event::Pass(millis) => {
                        tokio::time::advance(ms(millis)).await;
                        model.now += nanos(ms(millis));
                    }
                    Event::Call => {
                        prop_assert_eq!(guard.is_clear(), model.clear());
                        let asked = if guard.is_clear() { Ok(None) } else { guard.admit(None).map(Some) };
                        match (asked, model.call()) {
                            (Ok(permit), Ok(flight)) => flights.push((permit, flight)),
                            (Err(refused), Err(expected)) => prop_assert_eq!(refused, expected),
                            (asked, expected) => prop_assert!(false, "{:?} and not {:?}", asked, expected),
                        }
                    }
                    Event::End(at, end) if !flights.is_empty() => {
                        let (permit, flight) = flights.swap_remove(at % flights.len());
                        match end {
                            End::Sound => guard.settle(permit, Verdict::Sound),
                            End::Faulty => guard.settle(permit, Verdict::Faulty),
                            End::GoneAway => drop(permit),
                        }
                        model.end(flight, end);
                    }
                    Event::End(..) => {}
                    Event::Change(policy) => {
                        guard.set_policy(policy);
                        model.change(policy);
                    }
                }
                let status = guard.status();
                prop_assert_eq!(status.breaker.map(|breaker| breaker.state), model.seen());
                prop_assert_eq!(status.in_flight, model.policy.max_concurrent.map(|_| model.inside));
            }
            drop(flights);
            guard.set_policy(Policy::new().max_concurrent(number(1)));
            prop_assert_eq!(guard.status().in_flight, Some(0), "every permit is given back");
            Ok(())
        })?;
    }
}
