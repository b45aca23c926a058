//! What these tests share: a point, hooks of it that do as they are told, and a chain of them.

use std::pin::Pin;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::__private as glue;
use crate::__private::Puts;
use crate::descriptor::{Plugin, PluginDescriptor, State};
use crate::guard::{Guard, Policy};
use crate::hook::kind::{Kind, Yield};
use crate::hook::{AnyChain, Awaits, BoundHook, CallError, Chain, ErrorClass, Flow, HookPoint, PointId};
use crate::id::Id;
use crate::lifecycle::Leases;

/// The operation; it notes what its hooks do.
#[derive(Default)]
pub(super) struct Job {
    pub(super) notes: Arc<Mutex<Vec<String>>>,
    pub(super) alive: Arc<AtomicIsize>,
}

impl Job {
    pub(super) fn note(&self, what: impl Into<String>) {
        self.notes.lock().unwrap().push(what.into());
    }

    pub(super) fn noted(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Oops {
    Refused(String),
    Faulty(String),
    Later(String),
    Call(CallError),
}

impl From<CallError> for Oops {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl std::fmt::Display for Oops {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{self:?}")
    }
}

impl HookPoint for Job {
    type Output = String;
    type Error = Oops;
    type Mode = Awaits;
    const ID: PointId = PointId::new("Job", "tests::Job");

    fn classify(error: &Oops) -> ErrorClass {
        match error {
            Oops::Refused(_) => ErrorClass::Refusal,
            Oops::Faulty(_) | Oops::Call(_) => ErrorClass::Fault,
            Oops::Later(_) => ErrorClass::Transient,
        }
    }
}

/// The state of a plugin: what its hooks go by.
pub(super) struct Actor<T>(pub(super) T);

impl<T: Send + Sync + 'static> Plugin for Actor<T> {
    const DESCRIPTOR: &'static PluginDescriptor = &PluginDescriptor::stub("actor");
}

/// How a hook ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum End {
    Fine,
    Answer,
    Fail,
    Panic,
    /// It ends well, and its future panics while it is dropped.
    PanicInDrop,
    /// An `around` hook polls what it wraps once and drops it.
    Half,
    /// The same, but it forgets it.
    Forget,
}

/// What a hook does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    /// How often it waits before it ends.
    pub(super) waits: u32,
    pub(super) end: End,
    /// `None` for a plain `fn`; else which of three layouts its future has.
    pub(super) layout: Option<u8>,
}

/// Counts what is alive.
struct Alive(Arc<AtomicIsize>);

impl Alive {
    fn new(job: &Job) -> Self {
        job.alive.fetch_add(1, Ordering::Relaxed);
        Self(job.alive.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A future of a hook, with padding that decides where it stands.
struct Acting<R, A> {
    part: Part,
    waits: u32,
    end: Option<R>,
    /// Checked at each poll: memory that was given twice, or moved, would show here.
    padding: A,
    address: Option<usize>,
    alive: Option<Alive>,
}

trait Padding: Unpin + Send {
    fn made() -> Self;
    fn is_whole(&self) -> bool;
}

impl<const N: usize> Padding for [u8; N] {
    fn made() -> Self {
        [0xA5; N]
    }

    fn is_whole(&self) -> bool {
        self.iter().all(|byte| *byte == 0xA5)
    }
}

/// More than a slot aligns.
#[repr(align(128))]
struct Wide([u8; 40]);

impl Padding for Wide {
    fn made() -> Self {
        Self(Padding::made())
    }

    fn is_whole(&self) -> bool {
        std::ptr::from_ref(self).addr().is_multiple_of(128) && self.0.is_whole()
    }
}

impl<T, R: FnOnce() -> T + Unpin, A: Padding> Future for Acting<R, A> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let here = std::ptr::from_ref(&*self).addr();
        assert_eq!(*self.address.get_or_insert(here), here, "it was moved");
        assert!(self.padding.is_whole(), "its memory was written over");
        if self.waits > 0 {
            self.waits -= 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.end.take().unwrap()())
    }
}

impl<R, A> Drop for Acting<R, A> {
    fn drop(&mut self) {
        assert!(self.alive.take().is_some(), "it was dropped twice");
        // Where a run is dropped half-way nobody is there to catch it.
        if self.part.end == End::PanicInDrop && self.end.is_none() && !std::thread::panicking() {
            panic!("{} gave up in drop", self.part.name);
        }
    }
}

/// The future of a part: `end` says what it yields.
fn act<'a, K: Kind<Job>>(
    part: Part,
    job: &Job,
    place: glue::Place<'_, 'a, Job, K>,
    end: impl FnOnce() -> Yield<Job, K> + Unpin + Send + 'a,
) -> glue::Said {
    fn acting<R, A: Padding>(part: Part, job: &Job, end: R) -> Acting<R, A> {
        let alive = Some(Alive::new(job));
        Acting { part, waits: part.waits, end: Some(end), padding: A::made(), address: None, alive }
    }
    match part.layout {
        Some(0) | None => place.put(|| acting::<_, [u8; 3]>(part, job, end)),
        Some(1) => place.put(|| acting::<_, [u8; 700]>(part, job, end)),
        Some(_) => place.put(|| acting::<_, Wide>(part, job, end)),
    }
}

impl Part {
    fn play<T>(self, job: &Job, fine: T, answer: Result<T, Oops>) -> Result<T, Oops> {
        job.note(self.name);
        match self.end {
            End::Fine | End::PanicInDrop | End::Half | End::Forget => Ok(fine),
            End::Answer => answer,
            End::Fail => Err(self.failure()),
            End::Panic => panic!("{} gave up", self.name),
        }
    }

    pub(super) fn failure(self) -> Oops {
        Oops::Faulty(format!("{} failed", self.name))
    }

    fn state(self) -> State {
        Arc::new(Actor(self))
    }

    /// As a `before` hook.
    pub(super) fn before(self) -> Bind {
        fn play(part: Part, job: &Job) -> Result<Flow<String>, Oops> {
            part.play(job, Flow::Continue, Ok(Flow::Respond(part.name.to_owned())))
        }

        if self.layout.is_none() {
            return glue::before::<Job, Actor<Self>, _>(self.state(), |actor, job, _| play(actor.0, job))
                .unwrap();
        }
        glue::before_later::<Job, Actor<Self>, _>(self.state(), |Actor(part), job, _, place| {
            let job = &*job;
            act(*part, job, place, move || play(*part, job))
        })
        .unwrap()
    }

    /// As a `replace` hook.
    pub(super) fn replace(self) -> Bind {
        glue::replace_later::<Job, Actor<Self>, _>(self.state(), |Actor(part), job, _, place| {
            let job = &*job;
            act(*part, job, place, move || part.play(job, part.name.to_owned(), Ok("short".to_owned())))
        })
        .unwrap()
    }

    /// As an `after` hook.
    pub(super) fn after(self) -> Bind {
        glue::after_later::<Job, Actor<Self>, _>(self.state(), |Actor(part), job, output, _, place| {
            act(*part, job, place, move || {
                part.play(job, (), Ok(()))?;
                output.push_str(part.name);
                Ok(())
            })
        })
        .unwrap()
    }

    /// As a `rescue` hook.
    pub(super) fn rescue(self) -> Bind {
        glue::rescue_later::<Job, Actor<Self>, _>(self.state(), |Actor(part), job, error, _, place| {
            act(*part, job, place, move || match part.end {
                End::Answer => part.play(job, String::new(), Ok(format!("saved from {error}"))),
                End::Fine => {
                    job.note(part.name);
                    Err(error)
                }
                _ => part.play(job, String::new(), Ok(String::new())),
            })
        })
        .unwrap()
    }

    /// As an `observe` hook.
    pub(super) fn observe(self) -> Bind {
        glue::observe_later::<Job, Actor<Self>, _>(self.state(), |Actor(part), job, result, _, place| {
            act(*part, job, place, move || {
                let result = if result.is_ok() { "ok" } else { "err" };
                job.note(format!("{} {result}", part.name));
                part.play(job, (), Ok(())).map_err(|error| crate::hook::kind::Unseen(error.to_string()))
            })
        })
        .unwrap()
    }

    /// As an `around` hook: it waits before and after what it wraps.
    pub(super) fn around(self) -> Bind {
        glue::around_later::<Job, Actor<Self>, _>(self.state(), |Actor(part), job, next, _, place| {
            let alive = Alive::new(job);
            let padding = [0xA5_u8; 300];
            place.put(move || async move {
                job.note(format!("{} opens", part.name));
                waits(part.waits).await;
                let result = match part.end {
                    End::Answer => Ok("short".to_owned()),
                    End::Half | End::Forget => {
                        let mut rest = next.run(job);
                        let polled =
                            std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut rest).poll(context)));
                        let polled = polled.await;
                        if part.end == End::Forget {
                            std::mem::forget(rest);
                        }
                        match polled {
                            Poll::Ready(result) => result,
                            Poll::Pending => Err(Oops::Faulty(format!("{} was tired", part.name))),
                        }
                    }
                    _ => next.run(job).await,
                };
                waits(part.waits).await;
                assert!(padding.is_whole(), "its memory was written over");
                drop(alive);
                job.note(format!("{} closes", part.name));
                match part.end {
                    End::Fail => Err(part.failure()),
                    End::Panic => panic!("{} gave up", part.name),
                    _ => result,
                }
            })
        })
        .unwrap()
    }
}

pub(super) async fn waits(times: u32) {
    for _ in 0..times {
        let mut waited = false;
        std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// What a descriptor's `bind` yields.
pub(super) type Bind = Box<dyn std::any::Any + Send + Sync>;

/// A hook of the plugin `name` under `policy`.
pub(super) fn bound(hook: &'static str, policy: Policy, handler: Bind) -> BoundHook {
    let (guard, lease) = (Guard::new("actor", policy), Leases::default().lease());
    BoundHook { plugin: Id::of("actor"), hook, guard, lease, handler, closed: None, idempotent: false }
}

pub(super) fn chain(hooks: Vec<BoundHook>) -> Chain<Job> {
    let chain = Chain::default();
    chain.install(hooks).unwrap();
    chain
}

/// Polls until the end, or at most so often.
pub(super) fn polled<F: Future>(mut future: Pin<&mut F>, most: usize) -> Option<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    (0..most).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}
