//! The lines. Fields that a line has nothing to say about are absent.

use std::marker::PhantomData;
use std::time::Instant;

use gateway_api::{ChatError, ChatTurn, FinishReason, HttpExchange, HttpFailure, HttpResponse, Reply};
use plugin_core::Call;

use crate::request_log::Level;

/// When a run of the point `P` began. One call may have a request and, inside it, a turn.
pub(crate) struct Began<P>(Instant, PhantomData<fn() -> P>);

impl<P: 'static> Began<P> {
    pub(crate) fn now() -> Self {
        Self(Instant::now(), PhantomData)
    }

    /// Milliseconds since then; `None` where the plugin was not yet active.
    fn since(call: &Call) -> Option<f64> {
        let began = call.get::<Self>()?;
        // Tenths are as exact as anybody reads.
        Some((began.0.elapsed().as_secs_f64() * 10_000.0).round() / 10.0)
    }
}

/// `tracing` wants the level of an event as a constant.
macro_rules! line {
    ($level:expr, $($fields:tt)*) => {
        match $level {
            Level::Trace => tracing::trace!(target: "request_log", $($fields)*),
            Level::Debug => tracing::debug!(target: "request_log", $($fields)*),
            Level::Info => tracing::info!(target: "request_log", $($fields)*),
        }
    };
}

/// One HTTP request.
pub(crate) fn request(
    level: Level,
    exchange: &HttpExchange,
    result: Result<&HttpResponse, &HttpFailure>,
    call: &Call,
) {
    let status = result.map_or_else(|failure| failure.status, |response| response.status).as_u16();
    line!(
        level,
        call = %call.id(),
        request_id = exchange.request_id,
        method = exchange.method.as_str(),
        path = exchange.path,
        peer = exchange.peer.map(tracing::field::display),
        status,
        error = result.err().map(|failure| failure.code.as_str()),
        duration_ms = Began::<HttpExchange>::since(call),
        "request"
    );
}

/// One chat turn.
pub(crate) fn turn(level: Level, turn: &ChatTurn, result: Result<&Reply, &ChatError>, call: &Call) {
    let reply = result.ok();
    let backend = match result {
        Ok(reply) => Some(reply.backend.as_str()),
        Err(ChatError::Backend { backend, .. } | ChatError::Timeout { backend }) => Some(backend.as_str()),
        Err(_) => None,
    };
    line!(
        level,
        call = %call.id(),
        model = reply.map_or(turn.model.as_str(), |reply| reply.model.as_str()),
        backend,
        messages = turn.messages.len(),
        stream = turn.stream,
        prompt_tokens = reply.map(|reply| reply.usage.prompt_tokens),
        completion_tokens = reply.map(|reply| reply.usage.completion_tokens),
        finish = reply.map(|reply| finish(reply.finish)),
        error = result.err().map(ChatError::code),
        duration_ms = Began::<ChatTurn>::since(call),
        "turn"
    );
}

fn finish(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
    }
}
