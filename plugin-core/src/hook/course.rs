//! A run of a chain as its caller has it: of the core alone, or through hooks.

use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::drive::Drive;
use super::erase::poll_hosted;
use super::kind::alone;
use super::pool::Pooled;
use super::shared::{Entry, Shared, Visit};
use super::{AsyncPoint, Call, HookPoint};

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

/// It is `Send` only if `C` is, the core's own future.
pub(super) struct Course<'a, P: HookPoint, F, M, C>(ManuallyDrop<State<'a, P, F, M, C>>);

/// What goes through hooks is large, so it stands in memory that runs reuse: a chain without hooks neither moves it nor makes it.
#[repr(usize)]
enum State<'a, P: HookPoint, F, M, C> {
    Gone,
    Fresh(Fresh<'a, P, F, M>),
    /// All that is pinned.
    Plain(C),
    Hooks(Pooled<Drive<'a, P, F, M, C>>),
    /// Until nobody holds the chain.
    Held(Fresh<'a, P, F, M>, Released<'a, P>),
}

type Released<'a, P> = Pin<Box<dyn Future<Output = Visit<'a, P>> + Send + 'a>>;

/// A run that has not begun.
pub(super) struct Fresh<'a, P: HookPoint, F, M> {
    pub(super) shared: &'a Shared<P>,
    pub(super) call: Option<&'a Call>,
    pub(super) input: &'a mut P,
    pub(super) core: F,
    /// Makes the core's future, which is of a type without a name.
    pub(super) later: M,
}

impl<'a, P, F, M, C> Course<'a, P, F, M, C>
where
    P: AsyncPoint,
    F: AsyncFnOnce(&mut P) -> Value<P> + Send + 'a,
    M: Fn(&'a mut P, F) -> C,
    C: Future<Output = Value<P>>,
{
    #[inline]
    pub(super) fn new(fresh: Fresh<'a, P, F, M>) -> Self {
        Self(ManuallyDrop::new(State::Fresh(fresh)))
    }
}

impl<'a, P, F, M, C> Future for Course<'a, P, F, M, C>
where
    P: AsyncPoint,
    F: AsyncFnOnce(&mut P) -> Value<P> + Send + 'a,
    M: Fn(&'a mut P, F) -> C,
    C: Future<Output = Value<P>>,
{
    type Output = Value<P>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Value<P>> {
        // SAFETY: what is pinned is not moved.
        let state = &mut *unsafe { self.get_unchecked_mut() }.0;
        if let State::Fresh(fresh) = state
            && fresh.shared.is_plain()
        {
            // SAFETY: it is written over.
            let Fresh { input, core, later, .. } = unsafe { std::ptr::read(fresh) };
            // SAFETY: what was there has been read.
            unsafe { std::ptr::write(state, State::Gone) };
            let core = later(input, core);
            // SAFETY: there is nothing to drop.
            unsafe { std::ptr::write(state, State::Plain(core)) };
        }
        let mut out = Poll::Pending;
        match state {
            State::Plain(core) => {
                // SAFETY: it is pinned with the run.
                poll_hosted(unsafe { Pin::new_unchecked(core) }, context, &mut out);
                if out.is_ready() {
                    let core = |state: &mut State<'a, P, F, M, C>| match state {
                        State::Plain(core) => Some(NonNull::from(core)),
                        _ => None,
                    };
                    // SAFETY: there is nothing else to drop.
                    unsafe { end(state, core, State::Gone) };
                }
            }
            State::Hooks(drive) => {
                drive.get().go_on(&mut out, context);
                if out.is_ready() {
                    *state = State::Gone;
                }
            }
            state => state.begin(&mut out, context),
        }
        match out {
            Poll::Ready(Ok(output)) => Poll::Ready(Ok(alone(output))),
            out => out,
        }
    }
}

impl<P: HookPoint, F, M, C> Drop for Course<'_, P, F, M, C> {
    #[inline]
    fn drop(&mut self) {
        #[cold]
        #[inline(never)]
        fn drop_it<T>(state: &mut ManuallyDrop<T>) {
            // SAFETY: it is not used after this.
            unsafe { ManuallyDrop::drop(state) };
        }

        // By a mutable reference: a shared one would be one to what is pinned in it.
        if !matches!(&mut *self.0, State::Gone) {
            drop_it(&mut self.0);
        }
    }
}

impl<'a, P, F, M, C> State<'a, P, F, M, C>
where
    P: AsyncPoint,
    F: AsyncFnOnce(&mut P) -> Value<P> + Send + 'a,
    M: Fn(&'a mut P, F) -> C,
    C: Future<Output = Value<P>>,
{
    /// Begins a run through hooks. Apart, so that a chain without does not pay for its frame.
    #[inline(never)]
    fn begin(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) {
        let Self::Fresh(fresh) = self else { return self.held(out, context) };
        let entry = fresh.shared.enter();
        if let Entry::Visiting(visit, _) = &entry
            && visit.target().held.load(Ordering::Acquire)
        {
            // Whoever holds the chain may wait for the leases of these links.
            drop(entry);
            return self.held(out, context);
        }
        // SAFETY: it is written over.
        let fresh = unsafe { std::ptr::read(fresh) };
        // SAFETY: what was there has been read.
        unsafe { std::ptr::write(self, Self::Gone) };
        if let Some(drive) = Drive::begin(fresh, entry, out, context) {
            // SAFETY: there is nothing to drop.
            unsafe { std::ptr::write(self, Self::Hooks(drive)) };
        }
    }

    /// The run of a chain that is held, or was.
    #[cold]
    #[inline(never)]
    fn held(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) {
        if let Self::Fresh(fresh) = self {
            let released = Box::pin(fresh.shared.released());
            if let Self::Fresh(fresh) = std::mem::replace(self, Self::Gone) {
                *self = Self::Held(fresh, released);
            }
        }
        let Self::Held(_, released) = self else { panic!("a run was polled after its end") };
        let Poll::Ready(visit) = released.as_mut().poll(context) else { return };
        if let Self::Held(fresh, _) = std::mem::replace(self, Self::Gone)
            && let Some(drive) = Drive::begin(fresh, Entry::late(visit), out, context)
        {
            *self = Self::Hooks(drive);
        }
    }
}

/// Drops a part of what stands at a place, and writes `with` there, whatever panics. That part is known here, where the whole would be
/// asked once more what it is.
///
/// # Safety
///
/// There is nothing else to drop in the whole.
#[inline(always)]
pub(super) unsafe fn end<W, T>(whole: &mut W, part: impl FnOnce(&mut W) -> Option<NonNull<T>>, with: W) {
    struct Over<W>(NonNull<W>, ManuallyDrop<W>);

    impl<W> Drop for Over<W> {
        #[inline(always)]
        fn drop(&mut self) {
            // SAFETY: it is the place of a `&mut` that is not used before this, and the value is taken once.
            unsafe { self.0.write(ManuallyDrop::take(&mut self.1)) };
        }
    }

    let mut over = Over(NonNull::from(whole), ManuallyDrop::new(with));
    // SAFETY: as above.
    if let Some(part) = part(unsafe { over.0.as_mut() }) {
        // SAFETY: it is written over.
        unsafe { part.drop_in_place() };
    }
}
