//! The response of a completion, whole and in chunks.

use gateway_api::{FinishReason, Reply, ToolUse, Usage};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::http::error::ApiError;
use crate::http::exchange::unique;
use crate::http::sse::{Shape, event};

/// `usage`
pub(in crate::http) fn usage(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total(),
    })
}

/// A whole completion.
pub(super) fn completion(reply: &Reply) -> Value {
    let calls = &reply.message.tool_calls;
    let content = match reply.message.content.as_str() {
        "" if !calls.is_empty() => Value::Null,
        text => json!(text),
    };
    let mut message = json!({ "role": "assistant", "content": content, "refusal": null });
    if !calls.is_empty() {
        message["tool_calls"] = calls.iter().map(tool_call).collect();
    }
    if !reply.citations.is_empty() {
        message["citations"] = json!(reply.citations);
    }
    json!({
        "id": unique("chatcmpl"),
        "object": "chat.completion",
        "created": Timestamp::now().as_second(),
        "model": reply.model,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish(reply) }],
        "usage": usage(reply.usage),
    })
}

fn tool_call(call: &ToolUse) -> Value {
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
}

fn finish(reply: &Reply) -> &'static str {
    match reply.finish {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
    }
}

/// The chunks of one completion.
pub(super) struct Chunks {
    id: String,
    created: i64,
    model: String,
    include_usage: bool,
}

impl Chunks {
    pub(super) fn new(include_usage: bool) -> Self {
        Self {
            id: unique("chatcmpl"),
            created: Timestamp::now().as_second(),
            model: String::new(),
            include_usage,
        }
    }

    fn chunk(&self, delta: &Value, finish: Option<&str>) -> String {
        self.write(
            &json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]),
            &Value::Null,
        )
    }

    fn write(&self, choices: &Value, usage: &Value) -> String {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        });
        if self.include_usage {
            chunk["usage"] = usage.clone();
        }
        event(None, &chunk)
    }
}

impl Shape for Chunks {
    fn begun(&mut self, model: String) -> String {
        self.model = model;
        self.chunk(&json!({ "role": "assistant", "content": "" }), None)
    }

    fn text(&mut self, text: &str) -> String {
        self.chunk(&json!({ "content": text }), None)
    }

    fn done(&mut self, reply: &Reply) -> String {
        let mut out = String::new();
        if !reply.message.tool_calls.is_empty() {
            let calls = reply.message.tool_calls.iter().enumerate().map(|(index, call)| {
                let mut call = tool_call(call);
                call["index"] = json!(index);
                call
            });
            out.push_str(&self.chunk(&json!({ "tool_calls": calls.collect::<Vec<_>>() }), None));
        }
        let delta = match reply.citations.as_slice() {
            [] => json!({}),
            citations => json!({ "citations": citations }),
        };
        out.push_str(&self.chunk(&delta, Some(finish(reply))));
        if self.include_usage {
            out.push_str(&self.write(&json!([]), &usage(reply.usage)));
        }
        out.push_str("data: [DONE]\n\n");
        out
    }

    fn failed(&mut self, error: &ApiError) -> String {
        event(None, &error.json())
    }
}
