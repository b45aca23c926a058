//! One chat turn: through the chat chain to a backend, whole or in pieces.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures_util::FutureExt;
use gateway_api::{
    ChatBackend, ChatError, ChatTurn, Deltas, ModelCall, Principal, Reply, ReplySent, TurnFailed,
};
use plugin_core::{Call, Provider};

use crate::host::Host;
use crate::models;

/// Runs a turn whose caller waits for the whole reply.
///
/// # Errors
///
/// What the chat chain fails with. A panic in the host or a backend is caught.
///
/// # Cancellation
///
/// Dropping the future drops the backend's; `TurnFailed` is published all the same.
pub(crate) async fn complete(host: &Host, call: &Call, mut turn: ChatTurn) -> Result<Reply, ChatError> {
    let told = Told::begin(host, call, false);
    let run = host.gateway.chat.run_with(call, &mut turn, async |turn| {
        let mut asked = pick(host, turn).await?;
        let attempt = host.gateway.model.run_with(call, &mut asked, async |asked| {
            backend(host, &asked.backend)?.chat(asked, &Deltas::ignored()).await
        });
        attempt.await
    });
    told.end(caught(run).await)
}

/// Chooses the backend for a turn, and fills in the model's name.
pub(crate) async fn pick(host: &Host, turn: &mut ChatTurn) -> Result<ModelCall, ChatError> {
    let (backend, model) = models::find(host, &turn.model).await?;
    turn.model = model;
    Ok(ModelCall { backend: backend.plugin().to_owned(), turn: turn.clone() })
}

/// The backend that a call names; a hook may have named another than was picked.
pub(crate) fn backend(host: &Host, name: &str) -> Result<Provider<dyn ChatBackend>, ChatError> {
    host.gateway.backends.get(name).ok_or_else(|| {
        ChatError::Internal(format!("a hook chose the backend `{name}`, which is not running"))
    })
}

/// The result of `run`, or an error where it panicked.
pub(crate) async fn caught<T>(run: impl Future<Output = Result<T, ChatError>>) -> Result<T, ChatError> {
    AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| Some(payload.downcast_ref::<String>()?.as_str()));
        tracing::error!(panic = text.unwrap_or("no text"), "a turn panicked");
        Err(ChatError::Internal("the turn failed inside the gateway; its log says why".to_owned()))
    })
}

/// Tells the bus how a turn ended, also where nobody waits for the end any more.
pub(crate) struct Told<'a> {
    host: &'a Host,
    call: &'a Call,
    streamed: bool,
    began: Instant,
    open: bool,
}

impl<'a> Told<'a> {
    pub(crate) fn begin(host: &'a Host, call: &'a Call, streamed: bool) -> Self {
        Self { host, call, streamed, began: Instant::now(), open: true }
    }

    /// Publishes the end.
    pub(crate) fn end(mut self, result: Result<Reply, ChatError>) -> Result<Reply, ChatError> {
        self.open = false;
        match &result {
            Ok(reply) => {
                self.host.gateway.bus.publish(ReplySent {
                    call: self.call.id().to_string(),
                    model: reply.model.clone(),
                    backend: reply.backend.clone(),
                    usage: reply.usage,
                    took: self.began.elapsed(),
                    streamed: self.streamed,
                    key_id: self.call.get::<Principal>().and_then(|principal| principal.key_id.clone()),
                });
            }
            Err(error) => self.failed(error.code(), error.to_string()),
        }
        result
    }

    fn failed(&self, code: &str, message: String) {
        let took = self.began.elapsed();
        let event = TurnFailed { call: self.call.id().to_string(), code: code.to_owned(), message, took };
        self.host.gateway.bus.publish(event);
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if self.open {
            self.failed("caller_gone", "the caller went away before the reply was complete".to_owned());
        }
    }
}
