//! Hooks as layers of tower: composed by type, or each boxed, as a list that is made at run time needs it.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::task::{Context, Poll};

use futures_util::future::Either;
use tower::util::BoxService;
use tower::{Service, ServiceExt};

use crate::batch::Turns;
use crate::body::{Body, State};
use crate::point::{Fault, Turn, core};

/// The innermost service.
struct Core;

impl Service<Turn> for Core {
    type Response = u64;
    type Error = Fault;
    type Future = Ready<Result<u64, Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, turn: Turn) -> Self::Future {
        ready(core(turn.value))
    }
}

/// A hook before what it wraps.
struct Hook<B, const K: u64, S> {
    state: State,
    body: PhantomData<fn() -> B>,
    inner: S,
}

impl<B, const K: u64, S> Hook<B, K, S> {
    fn over(inner: S) -> Self {
        Self { state: State::default(), body: PhantomData, inner }
    }
}

impl<B: Body, const K: u64, S> Service<Turn> for Hook<B, K, S>
where
    S: Service<Turn, Response = u64, Error = Fault>,
{
    type Response = u64;
    type Error = Fault;
    type Future = Either<Ready<Result<u64, Fault>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut turn: Turn) -> Self::Future {
        match B::now::<K>(&self.state, &mut turn.value) {
            Ok(()) => Either::Right(self.inner.call(turn)),
            Err(fault) => Either::Left(ready(Err(fault))),
        }
    }
}

/// A service with all its layers.
pub struct Stack<S>(S);

impl<S> Turns for Stack<S>
where
    S: Service<Turn, Response = u64, Error = Fault, Future: Send> + Send + 'static,
{
    async fn run(&mut self, turn: &mut Turn) -> Result<u64, Fault> {
        self.0.ready().await?.call(Turn { value: turn.value }).await
    }
}

macro_rules! nested {
    ($body:ident) => { Core };
    ($body:ident $k:literal $($rest:literal)*) => { Hook::<$body, $k, _>::over(nested!($body $($rest)*)) };
}

/// Eight layers whose types the compiler knows.
#[must_use]
pub fn fixed<B: Body>()
-> Stack<impl Service<Turn, Response = u64, Error = Fault, Future: Send> + Send + 'static> {
    Stack(nested!(B 1 2 3 4 5 6 7 8))
}

type Boxed = BoxService<Turn, u64, Fault>;

/// So many layers, each boxed.
#[must_use]
pub fn boxed<B: Body>(hooks: usize) -> Stack<Boxed> {
    fn over<B: Body, const K: u64>(inner: Boxed) -> Boxed {
        BoxService::new(Hook::<B, K, _>::over(inner))
    }
    let kinds = [
        over::<B, 1>,
        over::<B, 2>,
        over::<B, 3>,
        over::<B, 4>,
        over::<B, 5>,
        over::<B, 6>,
        over::<B, 7>,
        over::<B, 8>,
    ];
    let core = BoxService::new(Core);
    Stack((0..hooks).rev().fold(core, |inner, at| kinds[at % kinds.len()](inner)))
}
