//! A chat turn, the reply to it, and one attempt at one backend.

use plugin_core::HookPoint;
use serde::{Deserialize, Serialize};

use crate::error::ChatError;
use crate::message::{Message, Metadata, Role, ToolSpec};
use crate::principal::Principal;

/// One chat turn on its way to a backend, whatever the endpoint or transport.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, HookPoint)]
#[hook_point(output = Reply, error = ChatError, classify = ChatError::class)]
pub struct ChatTurn {
    /// The conversation so far, the newest message last.
    pub messages: Vec<Message>,
    /// The model that is asked for; empty where any will do.
    pub model: String,
    /// Randomness, from 0 to 2.
    pub temperature: Option<f32>,
    /// The longest reply, in tokens.
    pub max_tokens: Option<u32>,
    /// Texts that end the reply.
    #[serde(default)]
    pub stop: Vec<String>,
    /// Whether the caller wants pieces as they come.
    pub stream: bool,
    /// Set by a hook that must see the whole reply before the caller sees any of it: pieces are then held back until the
    /// `after` hooks have passed.
    #[serde(default)]
    pub hold: bool,
    /// The conversation this belongs to, for those who remember.
    pub conversation: Option<String>,
    /// The caller's name for its user.
    pub user: Option<String>,
    /// Who asks, where that is known.
    pub principal: Option<Principal>,
    /// The tools that the model may use.
    #[serde(default)]
    pub tools: Vec<ToolSpec>,
    /// Facts beside it.
    #[serde(default)]
    pub metadata: Metadata,
}

impl ChatTurn {
    /// A turn of these messages, for any model.
    #[must_use]
    pub fn new(messages: Vec<Message>) -> Self {
        Self { messages, ..Self::default() }
    }

    /// The newest message of a person.
    #[must_use]
    pub fn question(&self) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.role == Role::User)
    }
}

/// One attempt at one backend; a turn has several when backends fail.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, HookPoint)]
#[hook_point(output = Reply, error = ChatError, classify = ChatError::class)]
pub struct ModelCall {
    /// The plugin that is the backend.
    pub backend: String,
    /// What it is asked.
    pub turn: ChatTurn,
}

/// What a backend said.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// The message.
    pub message: Message,
    /// What it cost.
    pub usage: Usage,
    /// Why it ended.
    pub finish: FinishReason,
    /// The model that said it.
    pub model: String,
    /// The plugin that is the backend.
    pub backend: String,
    /// Where it comes from.
    #[serde(default)]
    pub citations: Vec<Citation>,
    /// Facts beside it.
    #[serde(default)]
    pub metadata: Metadata,
}

impl Reply {
    /// A finished reply of `model` that says `content` to `turn`, with its usage estimated.
    pub fn new(
        backend: impl Into<String>,
        model: impl Into<String>,
        turn: &ChatTurn,
        content: impl Into<String>,
    ) -> Self {
        let (model, content) = (model.into(), content.into());
        let usage = Usage {
            prompt_tokens: turn.messages.iter().map(|message| estimate_tokens(&message.content)).sum(),
            completion_tokens: estimate_tokens(&content),
        };
        let mut message = Message::assistant(content);
        message.model = Some(model.clone());
        message.tokens = Some(usage.completion_tokens);
        Self {
            message,
            usage,
            finish: FinishReason::Stop,
            model,
            backend: backend.into(),
            citations: Vec::new(),
            metadata: Metadata::new(),
        }
    }
}

/// Tokens that went in and out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Of the messages.
    pub prompt_tokens: u32,
    /// Of the reply.
    pub completion_tokens: u32,
}

impl Usage {
    /// Both.
    #[must_use]
    pub fn total(self) -> u32 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }
}

/// Why a reply ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It was complete.
    Stop,
    /// It reached its longest.
    Length,
    /// The model wants to use tools.
    ToolCalls,
    /// A filter ended it.
    ContentFilter,
}

/// A passage that a reply rests on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Citation {
    /// The document, as its path from the indexed folder.
    pub source: String,
    /// The headings above the passage.
    pub title: String,
    /// The line where the passage begins, from 1.
    pub line: u32,
    /// The passage.
    pub text: String,
    /// How well it fits; higher is better. Only comparable within one reply.
    pub score: f64,
}

/// A guess at the length of `text` in tokens, for where no tokenizer is at hand: four bytes each, as English has about.
#[must_use]
pub fn estimate_tokens(text: &str) -> u32 {
    u32::try_from(text.len().div_ceil(4)).unwrap_or(u32::MAX)
}
