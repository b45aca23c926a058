//! E-mail addresses.

use crate::cursor::{Cursor, is_word};

/// Limits of RFC 5321.
const LOCAL: usize = 64;
const DOMAIN: usize = 253;

/// The longest address, its `@`, and the character behind it.
pub(super) const REACH: usize = LOCAL + 1 + DOMAIN + 1;

/// The end of the address that begins here. What stands before the first letter or digit of one is left as it is.
pub(crate) fn email(cursor: &mut Cursor<'_>) -> Option<usize> {
    cursor.take(is_word)?;
    let mut length = 1;
    while cursor.take(|next| is_word(next) || "._%+-'".contains(next)).is_some() {
        length += 1;
        if length > LOCAL {
            return None;
        }
    }
    if !cursor.eat('@') {
        return None;
    }
    domain(cursor)
}

/// The end of the longest domain with a dot and a plausible last label.
fn domain(cursor: &mut Cursor<'_>) -> Option<usize> {
    let mut left = DOMAIN;
    let mut best = None;
    let mut labels = 0;
    loop {
        let first = cursor.peek().filter(|next| is_word(*next))?;
        // The end of the label without the hyphens behind it, and its characters up to there.
        let (mut end, mut solid, mut length) = (cursor.at(), 0, 0);
        while left > 0
            && let Some(next) = cursor.take(|next| is_word(next) || next == '-')
        {
            left -= 1;
            length += 1;
            if next != '-' {
                (end, solid) = (cursor.at(), length);
            }
        }
        if left == 0 {
            return best;
        }
        if labels > 0 && solid >= 2 && first.is_alphabetic() {
            best = Some(end);
        }
        if !cursor.eat('.') {
            return best;
        }
        left -= 1;
        labels += 1;
        if !cursor.peek().is_some_and(is_word) {
            return best;
        }
    }
}
