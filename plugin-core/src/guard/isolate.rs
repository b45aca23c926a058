//! Panics caught, as values.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Catches a panic. The result goes through what `run` borrows rather than through the frames of `catch_unwind`: around
/// hooks nest, and each byte here is paid once per hook on one stack.
pub(crate) fn isolate(run: &mut dyn FnMut()) -> Result<(), Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(run))
}

pin_project_lite::pin_project! {
    /// A future whose panic is its value.
    pub(crate) struct Isolated<F> {
        #[pin]
        future: F,
    }
}

impl<F> Isolated<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future }
    }
}

impl<F: Future> Future for Isolated<F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        // Not through `isolate`: these do not nest, and what is called directly is less to go through.
        match catch_unwind(AssertUnwindSafe(|| future.poll(context))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(payload) => Poll::Ready(Err(payload)),
        }
    }
}
