//! The engine: finds what is to be masked in a text, whole or piece by piece, and asks a policy what becomes of it.
//!
//! It goes through the text once, from the left. Where a detector could answer otherwise if more text came, the engine stops
//! and holds the rest back. What it decides therefore depends on the text alone and never on how it was cut into pieces.

use crate::cursor::{Cursor, is_word};
use crate::detect::{self, Words};
use crate::vault;

/// What a match is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// An international bank account number.
    Iban,
    /// The number of a payment card.
    Card,
    /// An IP address.
    Ip,
    /// A word of the list.
    Word,
    /// What stands for a value that was masked before.
    Placeholder,
}

impl Kind {
    /// The kinds of personal data.
    pub const PERSONAL: [Self; 5] = [Self::Email, Self::Iban, Self::Card, Self::Phone, Self::Ip];

    /// Its name, as placeholders have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Iban => "IBAN",
            Self::Card => "CARD",
            Self::Ip => "IP",
            Self::Word => "WORD",
            Self::Placeholder => "PLACEHOLDER",
        }
    }
}

/// What an engine looks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// The kinds of personal data.
    pub personal: Vec<Kind>,
    /// Words, in any ASCII case, where they stand alone.
    pub words: Vec<String>,
    /// What each masked character becomes.
    pub mask: char,
    /// Whether placeholders are known.
    pub placeholders: bool,
}

/// Why rules make no engine.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The mask could be read as part of what it masks.
    #[error(
        "`mask` is {mask:?}, which is part of words or of personal data itself: choose a sign such as `*`, `#` or `█`"
    )]
    Mask {
        /// The mask.
        mask: char,
    },
    /// An entry of the word list has no text.
    #[error("`words[{at}]` is empty: remove it")]
    EmptyWord {
        /// Its place in the list, from 0.
        at: usize,
    },
    /// An entry of the word list is too long.
    #[error(
        "`words[{at}]` is longer than {limit} characters: shorten it, for a stream waits as long as it could still follow"
    )]
    LongWord {
        /// Its place in the list, from 0.
        at: usize,
        /// The longest that is allowed.
        limit: usize,
    },
    /// The word list is too large for one automaton.
    #[error("`words` cannot be searched for: {0}")]
    Words(String),
}

/// What becomes of a match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It stays.
    Keep,
    /// Each character becomes the mask.
    Mask,
    /// Another text stands in its place.
    Replace(String),
    /// The whole text is refused.
    Refuse,
}

/// The text has a match that the policy refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused;

/// Finds and replaces. Cost: linear in the text, but for runs of dots and digits, where a constant grows.
#[derive(Debug)]
pub struct Engine {
    personal: Vec<Kind>,
    words: Option<Words>,
    mask: char,
    placeholders: bool,
}

/// A text that comes in pieces: what is held back of it, and the characters before that.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stream {
    held: String,
    before: Before,
}

/// The last two characters of the output.
type Before = [Option<char>; 2];

impl Stream {
    /// What is held back, because more text could still make a match of it.
    #[must_use]
    pub fn held(&self) -> &str {
        &self.held
    }
}

/// What stands at one place of a text.
enum Found {
    Nothing,
    /// That depends on what follows.
    Open,
    Match(Kind, usize),
}

impl Engine {
    /// An engine for these rules.
    ///
    /// # Errors
    ///
    /// If the mask could itself be taken for a word or for personal data, or if an entry of the list is empty or too long.
    pub fn new(rules: &Rules) -> Result<Self, EngineError> {
        let mask = rules.mask;
        if is_word(mask)
            || mask.is_alphanumeric()
            || mask.is_whitespace()
            || mask.is_control()
            || "+-._%'@:()[]/\"\\".contains(mask)
        {
            return Err(EngineError::Mask { mask });
        }
        let words = if rules.words.is_empty() { None } else { Some(Words::new(&rules.words)?) };
        let personal = Kind::PERSONAL.into_iter().filter(|kind| rules.personal.contains(kind)).collect();
        Ok(Self { personal, words, mask, placeholders: rules.placeholders })
    }

    /// The most characters that a stream ever holds back.
    #[must_use]
    pub fn reach(&self) -> usize {
        detect::REACH.max(self.words.as_ref().map_or(0, Words::reach))
    }

    /// The whole of `text` as `policy` wants it.
    ///
    /// # Errors
    ///
    /// If the policy refuses a match.
    pub fn whole(&self, text: &str, policy: impl FnMut(Kind, &str) -> Verdict) -> Result<String, Refused> {
        self.piece(&mut Stream::default(), text, true, policy)
    }

    /// What is decided of the text so far and was not given back yet. All of them together are what [`whole`](Self::whole) makes
    /// of the whole, however it was cut; `last` says that no piece follows, and makes `stream` fit for another text.
    ///
    /// # Errors
    ///
    /// If the policy refuses a match. The stream is empty then.
    pub fn piece(
        &self,
        stream: &mut Stream,
        piece: &str,
        last: bool,
        mut policy: impl FnMut(Kind, &str) -> Verdict,
    ) -> Result<String, Refused> {
        let Stream { held: mut text, mut before } = std::mem::take(stream);
        text.push_str(piece);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            let (kind, length) = match self.look(&text[at..], next, before, last) {
                Found::Open => break,
                Found::Nothing => {
                    out.push(next);
                    before = [before[1], Some(next)];
                    at += next.len_utf8();
                    continue;
                }
                Found::Match(kind, length) => (kind, length),
            };
            let found = &text[at..at + length];
            at += length;
            let from = out.len();
            match policy(kind, found) {
                Verdict::Keep => out.push_str(found),
                Verdict::Mask => out.extend(std::iter::repeat_n(self.mask, found.chars().count())),
                Verdict::Replace(text) => out.push_str(&text),
                Verdict::Refuse => return Err(Refused),
            }
            for one in out[from..].chars().rev().take(2).collect::<Vec<_>>().into_iter().rev() {
                before = [before[1], Some(one)];
            }
        }
        if !last {
            text.drain(..at);
            *stream = Stream { held: text, before };
        }
        Ok(out)
    }

    fn look(&self, text: &str, first: char, before: Before, last: bool) -> Found {
        let inside = before[1].is_some_and(is_word);
        if inside && is_word(first) {
            return Found::Nothing;
        }
        // `0.4111…` is a fraction.
        let fraction = matches!(before, [Some('0'..='9'), Some('.' | ',')]);
        let mut look = Look { text, last, open: false, best: None };
        if self.placeholders && first == '[' {
            look.ask(Kind::Placeholder, vault::placeholder);
        }
        for kind in &self.personal {
            match kind {
                Kind::Email if is_word(first) => look.ask(*kind, detect::email),
                Kind::Iban if first.is_ascii_alphabetic() => look.ask(*kind, detect::iban),
                Kind::Card if first.is_ascii_digit() && !fraction => look.ask(*kind, detect::card),
                Kind::Phone if (first.is_ascii_digit() && !fraction) || first == '+' || first == '(' => {
                    look.ask(*kind, detect::phone);
                }
                Kind::Ip if first.is_ascii_hexdigit() || first == ':' => look.ask(*kind, detect::ip),
                _ => {}
            }
        }
        if let Some(words) = &self.words {
            look.ask(Kind::Word, |cursor| words.find(cursor));
        }
        match look.best {
            _ if look.open => Found::Open,
            Some((kind, length)) => Found::Match(kind, length),
            None => Found::Nothing,
        }
    }
}

/// One place of a text, and the longest match there.
struct Look<'t> {
    text: &'t str,
    last: bool,
    open: bool,
    best: Option<(Kind, usize)>,
}

impl Look<'_> {
    fn ask(&mut self, kind: Kind, detector: impl FnOnce(&mut Cursor<'_>) -> Option<usize>) {
        let mut cursor = Cursor::new(self.text);
        let found = detector(&mut cursor);
        self.open |= cursor.ended() && !self.last;
        if let Some(length) = found
            && self.best.is_none_or(|(_, best)| length > best)
        {
            self.best = Some((kind, length));
        }
    }
}
