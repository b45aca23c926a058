//! One chat turn in pieces: drives the backend and the caller's connection together, every piece through the delta chain.
//!
//! What the caller gets, exactly:
//!
//! 1. A piece of the backend goes through the delta chain and then to the caller at once, if text is left of it. When the
//!    backend is done, an empty piece with `last` set follows it. The text that went out is what the reply says from there on,
//!    so `after` hooks see what the caller saw; what they change in it reaches nobody.
//! 2. Where a hook has set `hold`, the pieces go through the delta chain and no further. Once the chat chain has passed, the
//!    reply's text, as the `after` hooks left it, goes out as one piece, not through the delta chain a second time.
//! 3. Where no piece came (a hook answered, or the backend does not stream), the reply's text as the chat chain yields it goes
//!    through the delta chain as one piece with `last` set, and out.
//! 4. An error before the first text is out is the turn's error, and a `rescue` hook may turn it into a reply, which then goes
//!    out by rule 3. After it, the stream ends with the error, whatever a hook makes of it: two attempts never mix. An error of
//!    a delta hook always ends the stream.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt};
use gateway_api::{ChatError, ChatTurn, Deltas, Reply, StreamDelta};
use plugin_core::{Call, Chain};
use tokio::sync::mpsc;

use crate::host::Host;
use crate::turn::{Told, backend, caught, pick};

/// Pieces that may wait between the backend and the delta chain, and between that and the connection. A backend that is ahead
/// of a slow caller by more than both waits.
const CAPACITY: usize = 8;

/// What happens in a streamed turn, in order: `Begun` at most once and before all else, any number of `Text`, then one `Done`
/// or `Failed`.
#[derive(Debug)]
pub(crate) enum Event {
    /// The model that answers is known.
    Begun(String),
    /// Text for the caller; never empty.
    Text(String),
    /// The reply is complete; its text is what was sent.
    Done(Box<Reply>),
    /// The turn has failed.
    Failed(ChatError),
}

/// A turn that runs while it is polled, and only then. Dropping it drops the backend's future.
pub(crate) struct TurnStream {
    run: Option<BoxFuture<'static, Result<Reply, ChatError>>>,
    pieces: mpsc::Receiver<Event>,
    end: Option<Event>,
}

impl TurnStream {
    /// A turn that has not begun.
    pub(crate) fn new(host: Arc<Host>, call: Call, turn: ChatTurn) -> Self {
        let (out, pieces) = mpsc::channel(CAPACITY);
        let run = async move {
            let told = Told::begin(&host, &call, true);
            told.end(caught(drive(&host, &call, turn, out)).await)
        };
        Self { run: Some(Box::pin(run)), pieces, end: None }
    }

    /// Runs until there is something to send.
    ///
    /// # Errors
    ///
    /// What the turn failed with before that.
    pub(crate) async fn opening(&mut self) -> Result<Vec<Event>, ChatError> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            match event {
                Event::Failed(error) => return Err(error),
                Event::Begun(_) => events.push(event),
                Event::Text(_) | Event::Done(_) => {
                    events.push(event);
                    break;
                }
            }
        }
        Ok(events)
    }
}

impl Stream for TurnStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            if let Poll::Ready(Some(event)) = self.pieces.poll_recv(context) {
                return Poll::Ready(Some(event));
            }
            let Some(run) = &mut self.run else { return Poll::Ready(self.end.take()) };
            match run.as_mut().poll(context) {
                Poll::Ready(result) => {
                    self.run = None;
                    self.end = Some(result.map_or_else(Event::Failed, |reply| Event::Done(Box::new(reply))));
                }
                Poll::Pending => {
                    // The run may have sent just now, while nobody was registered to hear of it.
                    return match self.pieces.poll_recv(context) {
                        Poll::Ready(Some(event)) => Poll::Ready(Some(event)),
                        Poll::Ready(None) | Poll::Pending => Poll::Pending,
                    };
                }
            }
        }
    }
}

async fn drive(
    host: &Host,
    call: &Call,
    mut turn: ChatTurn,
    out: mpsc::Sender<Event>,
) -> Result<Reply, ChatError> {
    let mut sink = Sink::new(&host.gateway.delta, call, out);
    let result = {
        let sink = &mut sink;
        host.gateway
            .chat
            .run_with(call, &mut turn, async move |turn| attempt(host, call, turn, sink).await)
            .await
    };
    sink.finish(result).await
}

/// The core of the chat chain: one attempt, its pieces put into `sink` as they come.
async fn attempt(
    host: &Host,
    call: &Call,
    turn: &mut ChatTurn,
    sink: &mut Sink<'_>,
) -> Result<Reply, ChatError> {
    let mut asked = pick(host, turn).await?;
    sink.begin(&asked.turn.model).await;
    let (deltas, mut pieces) = Deltas::channel(CAPACITY);
    let hold = AtomicBool::new(turn.hold);
    let failure = Mutex::new(None);
    let result = {
        let (deltas, hold, failure) = (&deltas, &hold, &failure);
        let mut run = pin!(host.gateway.model.run_with(call, &mut asked, async move |asked| {
            hold.fetch_or(asked.turn.hold, Ordering::Relaxed);
            let result = backend(host, &asked.backend)?.chat(asked, deltas).await;
            *failure.lock().unwrap_or_else(PoisonError::into_inner) = result.as_ref().err().cloned();
            result
        }));
        loop {
            tokio::select! {
                biased;
                Some(piece) = pieces.recv() => sink.push(piece, hold.load(Ordering::Relaxed)).await?,
                result = &mut run => break result,
            }
        }
    };
    while let Ok(piece) = pieces.try_recv() {
        sink.push(piece, hold.load(Ordering::Relaxed)).await?;
    }
    sink.failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut reply = result?;
    // A reply that a `rescue` hook put in place of a failed attempt is not the end of that attempt's pieces.
    if sink.seen && sink.failure.is_none() {
        sink.last().await?;
        reply.message.content.clone_from(&sink.text);
    }
    Ok(reply)
}

/// Where the pieces of one turn go.
struct Sink<'a> {
    delta: &'a Chain<StreamDelta>,
    call: &'a Call,
    out: mpsc::Sender<Event>,
    /// What is left of the pieces behind the delta chain.
    text: String,
    begun: bool,
    /// Whether a piece came from the backend.
    seen: bool,
    /// Whether text is out.
    sent: bool,
    held: bool,
    /// Whether the last piece is through the delta chain.
    complete: bool,
    /// What the backend failed with.
    failure: Option<ChatError>,
    /// What a delta hook failed with.
    broken: Option<ChatError>,
}

impl<'a> Sink<'a> {
    fn new(delta: &'a Chain<StreamDelta>, call: &'a Call, out: mpsc::Sender<Event>) -> Self {
        Self {
            delta,
            call,
            out,
            text: String::new(),
            begun: false,
            seen: false,
            sent: false,
            held: false,
            complete: false,
            failure: None,
            broken: None,
        }
    }

    async fn begin(&mut self, model: &str) {
        if !std::mem::replace(&mut self.begun, true) {
            self.send_event(Event::Begun(model.to_owned())).await;
        }
    }

    async fn push(&mut self, piece: String, hold: bool) -> Result<(), ChatError> {
        self.seen = true;
        self.held |= hold;
        self.take(piece, false).await
    }

    async fn last(&mut self) -> Result<(), ChatError> {
        self.take(String::new(), true).await?;
        self.complete = true;
        Ok(())
    }

    async fn take(&mut self, piece: String, last: bool) -> Result<(), ChatError> {
        let text = self.filter(piece, last)?;
        self.text.push_str(&text);
        if !self.held {
            self.send(text).await;
        }
        Ok(())
    }

    /// A piece through the delta chain.
    fn filter(&mut self, text: String, last: bool) -> Result<String, ChatError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let mut piece = StreamDelta { text, last };
        match self.delta.run_sync_with(self.call, &mut piece, |_| Ok(())) {
            Ok(()) => Ok(piece.text),
            Err(error) => {
                self.broken = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn send(&mut self, text: String) {
        if !text.is_empty() {
            self.sent = true;
            self.send_event(Event::Text(text)).await;
        }
    }

    async fn send_event(&mut self, event: Event) {
        // The receiver is dropped together with this run, never before it.
        let _ = self.out.send(event).await;
    }

    /// Brings what the chat chain yielded together with what is out.
    async fn finish(mut self, result: Result<Reply, ChatError>) -> Result<Reply, ChatError> {
        let mut reply = result?;
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        if self.complete {
            if self.held {
                self.send(reply.message.content.clone()).await;
            } else {
                if reply.message.content != self.text {
                    tracing::debug!(
                        "an `after` hook changed a reply that was streamed already; `hold` would have kept it back"
                    );
                }
                reply.message.content = self.text;
            }
            return Ok(reply);
        }
        if self.sent {
            let cut = || ChatError::Internal("the reply was cut off in the middle".to_owned());
            return Err(self.failure.unwrap_or_else(cut));
        }
        if self.seen {
            // Whatever hooks keep of the attempt that came to nothing ends here.
            self.filter(String::new(), true)?;
        }
        let text = self.filter(std::mem::take(&mut reply.message.content), true)?;
        reply.message.content.clone_from(&text);
        self.begin(&reply.model).await;
        self.send(text).await;
        Ok(reply)
    }
}
