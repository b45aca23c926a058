//! A look at whether a future is ready, so that only what waits needs what waiting takes: a timer, a waker, memory.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Polls `future` once. One that is pending must be polled again, or nobody hears of it.
pub(crate) async fn polled<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}
