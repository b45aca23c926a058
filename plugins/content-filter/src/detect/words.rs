//! The word list.

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

use crate::cursor::{Cursor, is_word};
use crate::engine::EngineError;

/// The longest entry, in characters.
const LONGEST: usize = 256;

/// The words, as one automaton.
#[derive(Debug)]
pub(crate) struct Words {
    automaton: NFA,
    /// For each word, whether it ends in a character that must not go on.
    closed: Vec<bool>,
    longest: usize,
}

impl Words {
    pub(crate) fn new(words: &[String]) -> Result<Self, EngineError> {
        for (at, word) in words.iter().enumerate() {
            if word.trim().is_empty() {
                return Err(EngineError::EmptyWord { at });
            }
            if word.chars().count() > LONGEST {
                return Err(EngineError::LongWord { at, limit: LONGEST });
            }
        }
        let words: Vec<&str> = words.iter().map(|word| word.trim()).collect();
        let automaton = NFA::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(&words)
            .map_err(|error| EngineError::Words(error.to_string()))?;
        let closed = words.iter().map(|word| word.chars().next_back().is_some_and(is_word)).collect();
        let longest = words.iter().map(|word| word.chars().count()).max().unwrap_or(0);
        Ok(Self { automaton, closed, longest })
    }

    /// The characters that it looks at: the longest word and the character behind it.
    pub(crate) fn reach(&self) -> usize {
        self.longest + 1
    }

    /// The end of the longest word that begins here.
    pub(crate) fn find(&self, cursor: &mut Cursor<'_>) -> Option<usize> {
        let text = cursor.rest();
        let mut state = self.automaton.start_state(Anchored::Yes).ok()?;
        let mut best = None;
        for (at, byte) in text.bytes().enumerate() {
            state = self.automaton.next_state(Anchored::Yes, state, byte);
            if self.automaton.is_dead(state) {
                return best;
            }
            let end = at + 1;
            if self.automaton.is_match(state) && self.ends(state, end, &text[end..], cursor) {
                best = Some(end);
            }
        }
        // The automaton is alive: a longer word may follow.
        cursor.note_end();
        best
    }

    fn ends(
        &self,
        state: aho_corasick::automaton::StateID,
        end: usize,
        rest: &str,
        cursor: &mut Cursor<'_>,
    ) -> bool {
        (0..self.automaton.match_len(state)).any(|index| {
            let pattern = self.automaton.match_pattern(state, index);
            if self.automaton.pattern_len(pattern) != end {
                return false;
            }
            if !self.closed[pattern.as_usize()] {
                return true;
            }
            let next = rest.chars().next();
            if next.is_none() {
                cursor.note_end();
            }
            !next.is_some_and(is_word)
        })
    }
}
