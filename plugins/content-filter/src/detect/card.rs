//! Numbers of payment cards.

use crate::cursor::{Cursor, is_gap};

/// The end of the card number that begins here: 13 to 19 digits that pass Luhn's check, in one group or in groups of four and
/// more, the last of which may be shorter.
pub(crate) fn card(cursor: &mut Cursor<'_>) -> Option<usize> {
    // Timestamps and article numbers begin with 0 and 1; no scheme that people type in does.
    if !matches!(cursor.peek(), Some('2'..='6')) {
        return None;
    }
    let mut digits = Vec::with_capacity(19);
    let mut best = None;
    loop {
        let before = digits.len();
        while let Some(digit) = cursor.take(|next| next.is_ascii_digit()) {
            if digits.len() == 19 {
                return best;
            }
            digits.push(digit as u8 - b'0');
        }
        if cursor.at_word_end() && digits.len() >= 13 && digits.len() > before && luhn(&digits) {
            best = Some(cursor.at());
        }
        if digits.len() - before < 4 || cursor.take(is_gap).is_none() {
            return best;
        }
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| weight(at, *digit)).sum();
    sum.is_multiple_of(10)
}

fn weight(at: usize, digit: u8) -> u32 {
    let digit = u32::from(digit);
    match (at % 2, digit) {
        (0, _) => digit,
        (_, 0..=4) => digit * 2,
        _ => digit * 2 - 9,
    }
}
