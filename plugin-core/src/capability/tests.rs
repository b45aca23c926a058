//! Offers that come, go and change while calls are in flight.

use std::future::poll_fn;
use std::num::NonZeroU32;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;

use super::{Capability, Provider, Target};
use crate::guard::{Guard, Policy, Rate, RateLimit};
use crate::hook::{CallError, Refused};
use crate::id::IdMap;
use crate::inject::ProviderTable;
use crate::lifecycle::{Leases, PluginState};
use crate::observe::{Metrics, TargetKind};

#[derive(Clone, PartialEq, Eq, Debug)]
enum Fault {
    Own,
    Call(CallError),
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// Gives tickets.
#[plugin_macros::capability(crate = crate)]
trait Tickets {
    /// The number of the instance, once the gate is open.
    async fn take(&self) -> Result<u64, Fault>;
    /// The same at once.
    fn peek(&self) -> Result<u64, Fault>;
}

#[derive(Default)]
struct Office {
    number: u64,
    closed: AtomicBool,
    gate: Notify,
    served: AtomicU64,
}

impl Office {
    fn new(number: u64) -> Arc<Self> {
        Arc::new(Self { number, ..Self::default() })
    }

    fn closed(number: u64) -> Arc<Self> {
        Arc::new(Self { number, closed: AtomicBool::new(true), ..Self::default() })
    }
}

#[plugin_macros::capability(crate = crate)]
impl Tickets for Office {
    async fn take(&self) -> Result<u64, Fault> {
        if self.closed.load(Ordering::Relaxed) {
            self.gate.notified().await;
        }
        self.served.fetch_add(1, Ordering::Relaxed);
        Ok(self.number)
    }

    fn peek(&self) -> Result<u64, Fault> {
        if self.number == 0 { Err(Fault::Own) } else { Ok(self.number) }
    }
}

/// A table and the guard of the plugin `office`, which offers [`Tickets`].
struct Desk {
    table: ProviderTable,
    guard: Arc<Guard>,
}

impl Desk {
    fn new() -> Self {
        Self { table: ProviderTable::new(IdMap::default()), guard: Guard::new("office", Policy::default()) }
    }

    fn offer(&self, office: &Arc<Office>) -> Leases {
        let (id, leases) = (<dyn Tickets>::ID.id, Leases::default());
        let target = Target::new::<dyn Tickets>(office.clone());
        self.table.offer(id, "office", &[], &self.guard, &leases, target).unwrap();
        leases
    }

    fn provider(&self) -> Provider<dyn Tickets> {
        self.table.one().unwrap()
    }

    fn metrics(&self, method: &str) -> Metrics {
        let targets = self.guard.account().activity().targets;
        let found = targets.into_iter().find(|one| {
            (one.target.kind, one.target.of, one.target.name) == (TargetKind::Method, "Tickets", method)
        });
        found.unwrap().metrics
    }
}

fn inactive(method: &'static str, state: PluginState) -> Fault {
    Fault::Call(CallError::Refused { plugin: "office", hook: method, why: Refused::Inactive(state) })
}

async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn a_provider_follows_its_plugin_from_instance_to_instance() {
    let desk = Desk::new();
    desk.offer(&Office::new(1));
    let provider = desk.provider();
    assert_eq!((provider.take().await, provider.peek()), (Ok(1), Ok(1)));
    desk.offer(&Office::new(2));
    assert_eq!((provider.take().await, provider.peek()), (Ok(2), Ok(2)));
}

#[tokio::test]
async fn a_withdrawn_provider_says_so_and_serves_again_when_its_plugin_is_back() {
    let desk = Desk::new();
    desk.offer(&Office::new(1));
    let (provider, all) = (desk.provider(), desk.table.all::<dyn Tickets>());
    assert_eq!(all.len(), 1);
    desk.table.withdraw("office", PluginState::Paused);
    assert_eq!(provider.take().await, Err(inactive("Tickets::take", PluginState::Paused)));
    assert_eq!(provider.peek(), Err(inactive("Tickets::peek", PluginState::Paused)));
    assert_eq!((all.len(), all.is_empty(), all.get("office").is_none()), (0, true, true));
    assert!(desk.table.one::<dyn Tickets>().is_none());
    desk.offer(&Office::new(2));
    assert_eq!((provider.peek(), all.len()), (Ok(2), 1));
    drop(desk);
    assert_eq!(provider.peek(), Err(inactive("Tickets::peek", PluginState::Unloaded)));
}

#[tokio::test]
async fn a_withdrawal_of_one_plugin_leaves_the_others() {
    let desk = Desk::new();
    desk.offer(&Office::new(1));
    desk.table.withdraw("another", PluginState::Paused);
    assert_eq!(desk.provider().peek(), Ok(1));
}

#[tokio::test]
async fn calls_in_flight_end_with_the_instance_they_began_with() {
    let desk = Desk::new();
    let office = Office::closed(1);
    let leases = desk.offer(&office);
    let provider = desk.provider();
    let mut call = pin!(provider.take());
    assert_eq!(poll_once(call.as_mut()).await, None);
    desk.offer(&Office::new(2));
    assert_eq!(leases.out(), 1, "the call's own");
    office.gate.notify_one();
    assert_eq!(call.await, Ok(1));
    assert_eq!(leases.out(), 0);
    leases.given_back().await;
}

#[tokio::test]
async fn a_call_dropped_half_way_gives_its_lease_back() {
    let desk = Desk::new();
    let leases = desk.offer(&Office::closed(1));
    let provider = desk.provider();
    {
        let mut call = pin!(provider.take());
        assert_eq!(poll_once(call.as_mut()).await, None);
        desk.table.withdraw("office", PluginState::Unloading);
        assert_eq!(leases.out(), 1);
    }
    assert_eq!(leases.out(), 0);
}

#[tokio::test]
async fn a_slot_lets_go_of_an_instance_when_another_takes_its_place() {
    let desk = Desk::new();
    let (first, second) = (Office::new(1), Office::new(2));
    desk.offer(&first);
    let _provider = desk.provider();
    desk.offer(&second);
    assert_eq!(Arc::strong_count(&first), 1);
    desk.table.clear();
    assert_eq!(Arc::strong_count(&second), 1);
}

#[tokio::test]
async fn held_calls_wait_and_go_to_the_new_instance() {
    let desk = Desk::new();
    let leases = desk.offer(&Office::new(1));
    let provider = desk.provider();
    let held = desk.table.hold("office");
    let mut call = pin!(provider.take());
    assert_eq!(poll_once(call.as_mut()).await, None);
    assert_eq!(leases.out(), 0, "what waits holds nothing");
    leases.given_back().await;
    desk.offer(&Office::new(2));
    assert_eq!(poll_once(call.as_mut()).await, None, "held until the hold ends");
    drop(held);
    assert_eq!(call.await, Ok(2));
    assert_eq!(desk.metrics("take").calls, 1);
}

#[tokio::test]
async fn a_hold_that_comes_to_nothing_leaves_the_old_instance_serving() {
    let desk = Desk::new();
    let leases = desk.offer(&Office::new(1));
    let provider = desk.provider();
    let held = desk.table.hold("office");
    let mut call = pin!(provider.take());
    assert_eq!(poll_once(call.as_mut()).await, None);
    drop(held);
    assert_eq!((call.await, leases.out() > 0), (Ok(1), true));
}

#[tokio::test]
async fn plain_methods_are_not_held_and_hold_a_lease_all_the_same() {
    /// Notes how many leases are out while it is asked.
    struct Counted(Mutex<Option<Leases>>, AtomicU64);
    #[plugin_macros::capability(crate = crate)]
    impl Tickets for Counted {
        async fn take(&self) -> Result<u64, Fault> {
            Err(Fault::Own)
        }

        fn peek(&self) -> Result<u64, Fault> {
            let out = self.0.lock().unwrap().as_ref().unwrap().out();
            self.1.store(u64::try_from(out).unwrap(), Ordering::Relaxed);
            Ok(7)
        }
    }
    let desk = Desk::new();
    let (counted, leases) = (Arc::new(Counted(Mutex::default(), AtomicU64::default())), Leases::default());
    *counted.0.lock().unwrap() = Some(leases.clone());
    let target = Target::new::<dyn Tickets>(counted.clone());
    desk.table.offer(<dyn Tickets>::ID.id, "office", &[], &desk.guard, &leases, target).unwrap();
    let provider = desk.provider();
    let _held = desk.table.hold("office");
    assert_eq!(leases.out(), 0);
    assert_eq!(provider.peek(), Ok(7));
    assert_eq!((counted.1.load(Ordering::Relaxed), leases.out()), (1, 0));
}

#[tokio::test]
async fn a_withdrawal_ends_a_hold_and_refuses_what_waits() {
    let desk = Desk::new();
    desk.offer(&Office::new(1));
    let provider = desk.provider();
    let held = desk.table.hold("office");
    let mut call = pin!(provider.take());
    assert_eq!(poll_once(call.as_mut()).await, None);
    desk.table.withdraw("office", PluginState::Error);
    assert_eq!(call.await, Err(inactive("Tickets::take", PluginState::Error)));
    // It is over: a later one is not its own to end.
    desk.offer(&Office::new(2));
    let _later = desk.table.hold("office");
    drop(held);
    let mut call = pin!(provider.take());
    assert_eq!(poll_once(call.as_mut()).await, None);
}

#[tokio::test]
async fn a_second_hold_holds_nothing_more() {
    let desk = Desk::new();
    desk.offer(&Office::new(1));
    let provider = desk.provider();
    let (first, second) = (desk.table.hold("office"), desk.table.hold("office"));
    drop(second);
    let mut call = pin!(provider.take());
    assert_eq!(poll_once(call.as_mut()).await, None);
    drop(first);
    assert_eq!(call.await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_provider_swapped_under_load_serves_each_call_by_exactly_one_instance() {
    const CALLERS: u64 = 8;
    const CALLS: u64 = 500;
    let desk = Desk::new();
    let first = Office::new(1);
    let mut offered = vec![(desk.offer(&first), first)];
    let provider = desk.provider();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let provider = provider.clone();
            tokio::spawn(async move {
                for _ in 0..CALLS {
                    provider.take().await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for number in 2..40 {
        let office = Office::new(number);
        let held = (number % 2 == 0).then(|| desk.table.hold("office"));
        let (old, _) = offered.last().unwrap();
        if held.is_some() {
            old.given_back().await;
        }
        offered.push((desk.offer(&office), office));
        drop(held);
        tokio::task::yield_now().await;
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let served: u64 = offered.iter().map(|(_, office)| office.served.load(Ordering::Relaxed)).sum();
    assert_eq!(served, CALLERS * CALLS);
    assert_eq!(desk.metrics("take").calls, CALLERS * CALLS);
    desk.table.clear();
    assert!(offered.iter().all(|(leases, _)| leases.out() == 0));
}

#[tokio::test]
async fn each_method_is_counted_apart() {
    let desk = Desk::new();
    desk.offer(&Office::new(0));
    let provider = desk.provider();
    provider.take().await.unwrap();
    provider.take().await.unwrap();
    assert_eq!(provider.peek(), Err(Fault::Own));
    desk.table.withdraw("office", PluginState::Paused);
    provider.peek().unwrap_err();
    let (take, peek) = (desk.metrics("take"), desk.metrics("peek"));
    assert_eq!((take.calls, take.refusals, take.shed), (2, 0, 0));
    assert_eq!((peek.calls, peek.refusals, peek.shed), (2, 1, 1));
    assert_eq!(desk.guard.account().activity().targets.len(), 2);
}

/// The first calls are all timed, and take another way than those that follow.
#[tokio::test]
async fn calls_that_nobody_times_fail_panic_and_wait_as_those_do_that_are_timed() {
    #[derive(Default)]
    struct Moody(AtomicU64);
    #[plugin_macros::capability(crate = crate)]
    impl Tickets for Moody {
        async fn take(&self) -> Result<u64, Fault> {
            if self.0.load(Ordering::Relaxed) == 3 {
                tokio::task::yield_now().await;
            }
            self.peek()
        }

        fn peek(&self) -> Result<u64, Fault> {
            match self.0.load(Ordering::Relaxed) {
                1 => Err(Fault::Own),
                2 => panic!("out of sorts"),
                mood => Ok(mood),
            }
        }
    }
    let (desk, moody, leases) = (Desk::new(), Arc::new(Moody::default()), Leases::default());
    let target = Target::new::<dyn Tickets>(moody.clone());
    desk.table.offer(<dyn Tickets>::ID.id, "office", &[], &desk.guard, &leases, target).unwrap();
    let provider = desk.provider();
    for _ in 0..70 {
        assert_eq!((provider.take().await, provider.peek()), (Ok(0), Ok(0)));
    }
    moody.0.store(1, Ordering::Relaxed);
    assert_eq!((provider.take().await, provider.peek()), (Err(Fault::Own), Err(Fault::Own)));
    moody.0.store(2, Ordering::Relaxed);
    for failed in [provider.take().await, provider.peek()] {
        assert!(
            matches!(&failed, Err(Fault::Call(CallError::Panicked { message, .. })) if message == "out of sorts")
        );
    }
    moody.0.store(3, Ordering::Relaxed);
    drop(poll_once(pin!(provider.take())).await);
    let mut call = pin!(provider.take());
    assert_eq!(poll_once(call.as_mut()).await, None, "polled once where it begins, and no more");
    desk.table.withdraw("office", PluginState::Paused);
    assert_eq!(leases.out(), 1);
    assert_eq!((call.await, leases.out()), (Ok(3), 0));
    let (take, peek) = (desk.metrics("take"), desk.metrics("peek"));
    assert_eq!((take.calls, take.refusals, take.panics, take.latency.count()), (73, 1, 1, 64));
    assert_eq!((peek.calls, peek.refusals, peek.panics, peek.latency.count()), (72, 1, 1, 64));
}

/// By then calls pass that nobody is asked for.
#[tokio::test]
async fn a_guard_that_changes_is_asked_by_the_next_call() {
    let (desk, office) = (Desk::new(), Office::new(1));
    desk.offer(&office);
    let provider = desk.provider();
    let calls = async |count: u64| {
        for _ in 0..count {
            assert_eq!((provider.take().await, provider.peek()), (Ok(1), Ok(1)));
        }
    };
    calls(100).await;
    let rate = RateLimit::new(Rate::new(NonZeroU32::MIN, Duration::from_secs(3600)));
    desk.guard.set_policy(Policy::new().rate_limit(rate));
    assert_eq!(provider.peek(), Ok(1));
    let refused = |call| matches!(call, Err(Fault::Call(CallError::Refused { .. })));
    assert!(refused(provider.peek()) && refused(provider.take().await));
    // Another instance is not called unasked either.
    desk.offer(&Office::new(1));
    assert!(refused(provider.peek()) && refused(provider.take().await));
    desk.guard.set_policy(Policy::new().timeout(Duration::from_secs(9)));
    calls(100).await;
    desk.guard.set_policy(Policy::new());
    calls(500).await;
    let (take, peek) = (desk.metrics("take"), desk.metrics("peek"));
    assert_eq!((take.calls, take.shed, peek.calls, peek.shed), (702, 2, 703, 2));
    assert!(take.latency.count() < 140 && peek.latency.count() < 140, "{take:?} {peek:?}");
}

#[tokio::test]
async fn what_is_offered_under_the_id_of_another_capability_is_refused() {
    #[plugin_macros::capability(crate = crate)]
    trait Other {}
    struct Any;
    #[plugin_macros::capability(crate = crate)]
    impl Other for Any {}
    let desk = Desk::new();
    desk.offer(&Office::new(1));
    let target = Target::new::<dyn Other>(Arc::new(Any));
    let (id, leases) = (<dyn Tickets>::ID.id, Leases::default());
    let error = desk.table.offer(id, "office", &[], &desk.guard, &leases, target).unwrap_err();
    assert!(error.to_string().contains("`office`") && error.to_string().contains("`Tickets`"), "{error}");
    assert_eq!(desk.provider().peek(), Ok(1));
}
