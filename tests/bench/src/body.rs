//! What a hook does in a bench, the same for each contender.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::point::Fault;

/// How many hooks differ from each other; a longer chain goes round.
pub const KINDS: usize = 8;

/// How many steps [`Work`] takes: about 100 ns on a core of 3 GHz. Fixed, so that counts of instructions can be compared.
const STEPS: u32 = 64;

/// What a hook keeps. The optimizer does not know the value.
#[derive(Debug)]
pub struct State {
    amount: u64,
}

impl Default for State {
    fn default() -> Self {
        Self { amount: black_box(1) }
    }
}

/// What the hooks of a chain do. `K` makes each a function of its own, so that no call goes where the last one went.
pub trait Body: Send + Sync + 'static {
    /// As scenarios name it.
    const NAME: &'static str;

    /// Does it at once.
    ///
    /// # Errors
    ///
    /// Never; but no contender knows that.
    fn now<const K: u64>(state: &State, value: &mut u64) -> Result<(), Fault>;

    /// Does it in a future.
    ///
    /// # Errors
    ///
    /// Never; but no contender knows that.
    fn later<const K: u64>(state: &State, value: &mut u64) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Self::now::<K>(state, value) }
    }
}

/// One wrapping add on a field.
#[derive(Debug)]
pub struct Add;

/// About 100 ns of dependent arithmetic, behind a call that no contender can see through.
#[derive(Debug)]
pub struct Work;

/// [`Add`], after the future was pending once.
#[derive(Debug)]
pub struct Yield;

impl Body for Add {
    const NAME: &'static str = "add";

    #[inline]
    fn now<const K: u64>(state: &State, value: &mut u64) -> Result<(), Fault> {
        *value = value.wrapping_add(state.amount.wrapping_add(K));
        Ok(())
    }
}

impl Body for Work {
    const NAME: &'static str = "work";

    #[inline]
    fn now<const K: u64>(state: &State, value: &mut u64) -> Result<(), Fault> {
        *value = mix(*value, state.amount.wrapping_add(K));
        Ok(())
    }
}

impl Body for Yield {
    const NAME: &'static str = "yield";

    fn now<const K: u64>(state: &State, value: &mut u64) -> Result<(), Fault> {
        Add::now::<K>(state, value)
    }

    async fn later<const K: u64>(state: &State, value: &mut u64) -> Result<(), Fault> {
        Once::default().await;
        Self::now::<K>(state, value)
    }
}

#[inline(never)]
fn mix(mut value: u64, amount: u64) -> u64 {
    for _ in 0..STEPS {
        value = (value ^ (value >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(amount);
    }
    value
}

/// Pending once, and woken at once.
#[derive(Default)]
struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
