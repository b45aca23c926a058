//! Reading text one character at a time, and knowing whether a verdict rests on where the text ends.

/// A position in a text. A detector that peeked behind the last character has not seen enough, unless nothing follows.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    ended: bool,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0, ended: false }
    }

    /// The next character, which stays where it is.
    pub(crate) fn peek(&mut self) -> Option<char> {
        let next = self.text[self.at..].chars().next();
        self.ended |= next.is_none();
        next
    }

    /// Takes the next character if `wanted` says so.
    pub(crate) fn take(&mut self, wanted: impl FnOnce(char) -> bool) -> Option<char> {
        let next = self.peek().filter(|next| wanted(*next))?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes `wanted`; whether it was there.
    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        self.take(|next| next == wanted).is_some()
    }

    /// Whether a word ends here: the next character is no part of one.
    pub(crate) fn at_word_end(&mut self) -> bool {
        !self.peek().is_some_and(is_word)
    }

    /// How many bytes were taken.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Whether it was asked for more than there is.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Notes that the end was looked at by other means.
    pub(crate) fn note_end(&mut self) {
        self.ended = true;
    }
}

/// The scripts from here on, Chinese, Japanese and Korean above all, run words together without spaces.
const UNSPACED: char = '\u{2E80}';

/// Whether a character is part of a word, so that no match begins or ends beside it: letters, digits and combining marks of
/// the scripts that put spaces between words.
pub(crate) fn is_word(one: char) -> bool {
    if one.is_ascii() {
        return one.is_ascii_alphanumeric();
    }
    (one < UNSPACED && one.is_alphanumeric()) || ('\u{300}'..='\u{36F}').contains(&one)
}

/// Whether people put it between groups of digits: a space or a hyphen, the unbreakable ones included.
pub(crate) fn is_gap(one: char) -> bool {
    matches!(one, ' ' | '-' | '\u{A0}' | '\u{202F}' | '\u{2010}' | '\u{2011}')
}
