//! Which conversation: the key under which it is kept.

use std::fmt::Write;

use gateway_api::ChatError;

/// The longest id.
const LONGEST: usize = 128;

/// A conversation of one principal. Two principals with the same id have two conversations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Conversation {
    prefix: String,
}

impl Conversation {
    /// The conversation `id` of `principal`, or of all whom nobody recognised.
    ///
    /// # Errors
    ///
    /// If the id is no good for a key.
    pub(crate) fn of(principal: Option<&str>, id: &str) -> Result<Self, ChatError> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:@".contains(&byte);
        if id.is_empty() || id.len() > LONGEST || !id.bytes().all(good) {
            let rule =
                format!("a conversation's id has 1 to {LONGEST} characters of `A-Z a-z 0-9 - _ . : @`");
            return Err(ChatError::invalid(rule, Some("conversation")));
        }
        let owner =
            principal.map_or_else(|| "anonymous".to_owned(), |principal| format!("id={}", encode(principal)));
        Ok(Self { prefix: format!("memory/{owner}/{id}/") })
    }

    /// What all its keys begin with, and no others.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// A text without `/` and `=` that differs for every `text`.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(principal: Option<&str>, id: &str) -> String {
        Conversation::of(principal, id).unwrap().prefix
    }

    #[test]
    fn principals_never_share_a_key() {
        let all = [
            prefix(None, "a"),
            prefix(Some("anonymous"), "a"),
            prefix(Some(""), "a"),
            prefix(Some("x"), "a"),
            prefix(Some("x/a"), "a"),
            prefix(Some("x%2Fa"), "a"),
            prefix(Some("X"), "a"),
            prefix(Some("x"), "ab"),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(
                all.iter().skip(at + 1).all(|other| !other.starts_with(one) && !one.starts_with(other)),
                "{one}"
            );
        }
    }

    #[test]
    fn an_id_that_could_reach_into_another_conversation_is_refused() {
        for id in ["", "a/b", "../a", "a b", "ä", "a\0", "a%", &"a".repeat(129)] {
            let error = Conversation::of(None, id).unwrap_err();
            assert!(
                matches!(&error, ChatError::Invalid { param: Some(param), .. } if param == "conversation"),
                "{id}: {error}"
            );
        }
        for id in ["a", "b7f4c0e2-5d1c-4c55-9d6f-0a4f7d1f1c11", "chat:7@x_y.z", &"a".repeat(128)] {
            assert!(Conversation::of(None, id).is_ok(), "{id}");
        }
    }
}
