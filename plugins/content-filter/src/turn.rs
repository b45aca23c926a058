//! What the engine does to a turn: messages on the way in, pieces and the reply on the way out, and what they share.

use std::sync::{Mutex, PoisonError};

use gateway_api::{ChatTurn, Message, Reply, Role};
use serde_json::Value;

use crate::engine::{Engine, Kind, Refused, Stream, Verdict};
use crate::vault::Vault;

/// What becomes of words and of what was masked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Whether what was masked on the way in is put back on the way out.
    pub restore: bool,
    /// Whether words are refused rather than masked.
    pub refuse: bool,
}

/// The engine and its policy.
#[derive(Debug)]
pub struct Filter {
    /// The engine.
    pub engine: Engine,
    /// The policy.
    pub policy: Policy,
}

/// What one call's hooks share.
#[derive(Debug, Default)]
pub struct Shared(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    vault: Vault,
    stream: Stream,
    /// What has gone out in pieces.
    sent: String,
    /// What the reply was when it had been filtered as a whole.
    done: Option<String>,
}

impl Filter {
    /// Masks every message that the caller sent. Where data is put back on the way out, personal data is left for
    /// [`attempt`](Self::attempt), so that who remembers the conversation remembers no placeholders: in the next turn they would
    /// stand for something else.
    ///
    /// # Errors
    ///
    /// If words are refused and a person's or a tool's message has one.
    pub fn turn(&self, shared: &Shared, turn: &mut ChatTurn) -> Result<(), Refused> {
        let mut state = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.stream, state.done) = Default::default();
        state.sent.clear();
        for message in &mut turn.messages {
            let refuse = self.policy.refuse && matches!(message.role, Role::User | Role::Tool);
            self.message(message, |kind, _| match kind {
                Kind::Placeholder => Verdict::Keep,
                Kind::Word if refuse => Verdict::Refuse,
                Kind::Word => Verdict::Mask,
                _ if self.policy.restore => Verdict::Keep,
                _ => Verdict::Mask,
            })?;
        }
        Ok(())
    }

    /// Masks everything that goes to a backend: what the caller sent, and what others have added to it since. What is held back
    /// of an earlier attempt's reply came to nothing.
    ///
    /// # Errors
    ///
    /// None; what was to be refused has been.
    pub fn attempt(&self, shared: &Shared, turn: &mut ChatTurn) -> Result<(), Refused> {
        let mut state = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { vault, stream, .. } = &mut *state;
        *stream = Stream::default();
        for message in &mut turn.messages {
            self.message(message, |kind, text| match kind {
                Kind::Placeholder => Verdict::Keep,
                Kind::Word => Verdict::Mask,
                _ if self.policy.restore => Verdict::Replace(vault.placeholder(kind, text)),
                _ => Verdict::Mask,
            })?;
        }
        Ok(())
    }

    fn message(
        &self,
        message: &mut Message,
        mut decide: impl FnMut(Kind, &str) -> Verdict,
    ) -> Result<(), Refused> {
        let content = self.engine.whole(&message.content, &mut decide)?;
        if content != message.content {
            message.content = content;
            // It was counted for another text.
            message.tokens = None;
        }
        for call in &mut message.tool_calls {
            call.arguments = self.arguments(&call.arguments, &mut decide)?;
        }
        Ok(())
    }

    /// Filters one piece of the reply; yields what can go out.
    ///
    /// # Errors
    ///
    /// If words are refused and the reply has one.
    pub fn piece(&self, shared: &Shared, piece: &str, last: bool) -> Result<String, Refused> {
        let mut state = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { vault, stream, sent, done } = &mut *state;
        if last && stream.held().is_empty() && done.as_deref() == Some(piece) {
            return Ok(piece.to_owned());
        }
        let out = self.engine.piece(stream, piece, last, |kind, text| self.outward(vault, kind, text))?;
        sent.push_str(&out);
        Ok(out)
    }

    /// Filters the whole reply. One that was filtered piece by piece stays as it is.
    ///
    /// # Errors
    ///
    /// If words are refused and the reply has one.
    pub fn reply(&self, shared: &Shared, reply: &mut Reply) -> Result<(), Refused> {
        let mut state = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { vault, sent, done, .. } = &mut *state;
        let mut decide = |kind: Kind, text: &str| self.outward(vault, kind, text);
        if reply.message.content != *sent {
            reply.message.content = self.engine.whole(&reply.message.content, &mut decide)?;
        }
        for call in &mut reply.message.tool_calls {
            call.arguments = self.arguments(&call.arguments, &mut decide)?;
        }
        for citation in &mut reply.citations {
            citation.title = self.engine.whole(&citation.title, &mut decide)?;
            citation.text = self.engine.whole(&citation.text, &mut decide)?;
        }
        *done = Some(reply.message.content.clone());
        Ok(())
    }

    fn outward(&self, vault: &Vault, kind: Kind, text: &str) -> Verdict {
        match kind {
            Kind::Placeholder => {
                vault.value(text).map_or(Verdict::Keep, |value| Verdict::Replace(value.to_owned()))
            }
            Kind::Word if self.policy.refuse => Verdict::Refuse,
            Kind::Word => Verdict::Mask,
            // The caller's own: it was just put back, or the backend said it by itself.
            _ if self.policy.restore && vault.holds(text) => Verdict::Keep,
            _ => Verdict::Mask,
        }
    }

    /// The arguments of a tool's use: JSON, and it remains JSON.
    fn arguments(
        &self,
        text: &str,
        decide: &mut impl FnMut(Kind, &str) -> Verdict,
    ) -> Result<String, Refused> {
        let Ok(mut value) = serde_json::from_str::<Value>(text) else {
            return self.engine.whole(text, decide);
        };
        let before = value.clone();
        self.value(&mut value, decide)?;
        Ok(if value == before { text.to_owned() } else { value.to_string() })
    }

    fn value(
        &self,
        value: &mut Value,
        decide: &mut impl FnMut(Kind, &str) -> Verdict,
    ) -> Result<(), Refused> {
        match value {
            Value::String(text) => *text = self.engine.whole(text, decide)?,
            Value::Number(number) => {
                let text = number.to_string();
                let filtered = self.engine.whole(&text, decide)?;
                if filtered != text {
                    *value = Value::String(filtered);
                }
            }
            Value::Array(list) => list.iter_mut().try_for_each(|one| self.value(one, decide))?,
            Value::Object(map) => map.values_mut().try_for_each(|one| self.value(one, decide))?,
            Value::Null | Value::Bool(_) => {}
        }
        Ok(())
    }
}
