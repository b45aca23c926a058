//! What a turn is told of its conversation: the newest exchanges that fit the budget.

use gateway_api::{Message, Role, estimate_tokens};

use crate::log::Entry;

/// A turn with its memory.
#[derive(Debug)]
pub(crate) struct Recalled {
    /// System messages, remembered messages, then the turn's own.
    pub messages: Vec<Message>,
    /// What the turn adds to the conversation.
    pub added: Vec<Message>,
}

/// Joins what is stored with what a turn brings.
///
/// A caller may send only what is new, or the conversation over again: messages that it repeats from the end of what is
/// stored are neither put before it a second time nor stored a second time.
pub(crate) fn recall(stored: &[Entry], incoming: &[Message], budget: u32) -> Recalled {
    let spoken: Vec<&Message> = incoming.iter().filter(|message| message.role != Role::System).collect();
    let known: Vec<&Message> = stored.iter().flat_map(|entry| &entry.messages).collect();
    let (repeated, remembered) = repeated(&known, &spoken);
    let recalled = newest(stored, remembered, budget);
    let leading = incoming.iter().take_while(|message| message.role == Role::System).count();
    let mut messages = incoming[..leading].to_vec();
    messages.extend(recalled.into_iter().cloned());
    messages.extend_from_slice(&incoming[leading..]);
    Recalled { messages, added: spoken[repeated..].iter().map(|message| (*message).clone()).collect() }
}

/// How many of the `spoken` messages are known already, and how many of the `known` ones the caller did not send.
///
/// The two overlap where the end of what is known stands at the beginning of what was sent.
fn repeated(known: &[&Message], spoken: &[&Message]) -> (usize, usize) {
    let overlap = |sent: usize| {
        let both = sent.min(known.len());
        let same = |at: usize| alike(spoken[sent - both + at], known[known.len() - both + at]);
        (both > 0 && (0..both).all(same)).then_some((sent, if sent > both { 0 } else { known.len() - both }))
    };
    (1..=spoken.len()).rev().find_map(overlap).unwrap_or((0, known.len()))
}

/// The same words of the same speaker; times and counts differ between what was stored and what a caller repeats.
fn alike(one: &Message, other: &Message) -> bool {
    one.role == other.role
        && one.content == other.content
        && one.tool_calls == other.tool_calls
        && one.tool_call_id == other.tool_call_id
}

/// The newest of the first `count` messages that fit the budget, oldest first. Exchanges are kept or left out as a whole,
/// so that no reply stands without its question.
fn newest(stored: &[Entry], count: usize, budget: u32) -> Vec<&Message> {
    let mut left = count;
    let mut exchanges: Vec<&[Message]> = Vec::new();
    for entry in stored {
        let taken = left.min(entry.messages.len());
        exchanges.push(&entry.messages[..taken]);
        left -= taken;
    }
    let mut room = budget;
    let mut first = exchanges.len();
    for (at, exchange) in exchanges.iter().enumerate().rev() {
        let cost = exchange.iter().map(cost).fold(0, u32::saturating_add);
        let Some(rest) = room.checked_sub(cost) else { break };
        room = rest;
        first = at;
    }
    let asks = |exchange: &&&[Message]| exchange.first().is_some_and(|message| message.role == Role::User);
    // A tool's result whose call was cut would make no sense to a model.
    let skipped = exchanges[first..].iter().take_while(|exchange| !asks(exchange)).count();
    exchanges[first + skipped..].iter().copied().flatten().collect()
}

fn cost(message: &Message) -> u32 {
    let calls = message
        .tool_calls
        .iter()
        .map(|call| estimate_tokens(&call.name).saturating_add(estimate_tokens(&call.arguments)));
    calls.fold(estimate_tokens(&message.content), u32::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(messages: &[Message]) -> Entry {
        Entry { key: String::new(), messages: messages.to_vec() }
    }

    fn exchange(question: &str, answer: &str) -> Entry {
        entry(&[Message::user(question), Message::assistant(answer)])
    }

    fn texts(messages: &[Message]) -> Vec<&str> {
        messages.iter().map(|message| message.content.as_str()).collect()
    }

    #[test]
    fn remembered_messages_stand_between_the_instructions_and_the_question() {
        let stored = [exchange("q1", "a1"), exchange("q2", "a2")];
        let recalled = recall(&stored, &[Message::system("s"), Message::user("q3")], 100);
        assert_eq!(texts(&recalled.messages), ["s", "q1", "a1", "q2", "a2", "q3"]);
        assert_eq!(texts(&recalled.added), ["q3"]);
    }

    #[test]
    fn the_oldest_exchanges_are_left_out_first_and_never_split() {
        let (long, short) = ("x".repeat(40), "y".repeat(8));
        let stored = [exchange(&short, &short), exchange(&long, &long), exchange(&short, &short)];
        let count = |budget| recall(&stored, &[Message::user("q")], budget).messages.len() - 1;
        assert_eq!(
            [count(0), count(3), count(4), count(23), count(24), count(27), count(28)],
            [0, 0, 2, 2, 4, 4, 6]
        );
    }

    #[test]
    fn an_old_exchange_does_not_slip_in_where_a_newer_one_did_not_fit() {
        let stored = [exchange("q1", "a1"), exchange(&"x".repeat(400), "a2"), exchange("q3", "a3")];
        assert_eq!(texts(&recall(&stored, &[Message::user("q4")], 10).messages), ["q3", "a3", "q4"]);
    }

    #[test]
    fn instructions_cost_nothing_and_stay() {
        let stored = [exchange("q1", "a1")];
        let recalled = recall(&stored, &[Message::system("s".repeat(4000)), Message::user("q2")], 2);
        assert_eq!(recalled.messages.len(), 4);
    }

    #[test]
    fn a_tools_result_is_left_out_with_the_call_it_answers() {
        let mut result = Message::new(Role::Tool, "r1");
        result.tool_call_id = Some("c1".to_owned());
        let stored = [
            exchange(&"x".repeat(400), "call"),
            entry(&[result, Message::assistant("a1")]),
            exchange("q2", "a2"),
        ];
        assert_eq!(texts(&recall(&stored, &[Message::user("q3")], 10).messages), ["q2", "a2", "q3"]);
        assert_eq!(recall(&stored, &[Message::user("q3")], 1000).messages.len(), 7);
    }

    #[test]
    fn a_caller_that_sends_the_whole_conversation_gets_nothing_twice() {
        let stored = [exchange("q1", "a1"), exchange("q2", "a2")];
        let sent = ["q1", "a1", "q2", "a2", "q3"]
            .map(|text| if text.starts_with('q') { Message::user(text) } else { Message::assistant(text) });
        for from in [0, 2] {
            let recalled = recall(&stored, &sent[from..], 100);
            assert_eq!(texts(&recalled.messages), ["q1", "a1", "q2", "a2", "q3"]);
            assert_eq!(texts(&recalled.added), ["q3"]);
        }
    }

    #[test]
    fn a_caller_that_knows_more_than_is_stored_is_believed() {
        let stored = [exchange("q2", "a2")];
        let sent = [
            Message::user("q1"),
            Message::assistant("a1"),
            Message::user("q2"),
            Message::assistant("a2"),
            Message::user("q3"),
        ];
        let recalled = recall(&stored, &sent, 100);
        assert_eq!(recalled.messages, sent);
        assert_eq!(texts(&recalled.added), ["q3"]);
    }

    #[test]
    fn the_same_question_twice_is_two_questions() {
        let stored = [exchange("yes", "ok")];
        let recalled = recall(&stored, &[Message::user("yes")], 100);
        assert_eq!(texts(&recalled.messages), ["yes", "ok", "yes"]);
        assert_eq!(texts(&recalled.added), ["yes"]);
    }
}
