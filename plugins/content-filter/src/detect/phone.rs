//! Telephone numbers.

use crate::cursor::{Cursor, is_gap};

/// Digits of the longest number, written with `00` in front.
const DIGITS: usize = 17;

/// A group of digits.
struct Group {
    length: usize,
    /// The digits up to and with this group.
    total: usize,
    end: usize,
    /// Whether no letter follows at once.
    clean: bool,
}

/// The end of the number that begins here: `+49 …` and `0049 …` with 8 to 15 digits, `030 …` with 9 to 12, and North American
/// numbers of three, three and four digits with anything between them.
pub(crate) fn phone(cursor: &mut Cursor<'_>) -> Option<usize> {
    let plus = cursor.eat('+');
    let paren = !plus && cursor.eat('(');
    let (mut digits, mut groups) = (Vec::with_capacity(DIGITS), Vec::<Group>::new());
    loop {
        let before = digits.len();
        let mut whole = true;
        while let Some(digit) = cursor.take(|next| next.is_ascii_digit()) {
            if digits.len() == DIGITS {
                whole = false;
                break;
            }
            digits.push(digit as u8 - b'0');
        }
        let length = digits.len() - before;
        if length == 0 || !whole {
            break;
        }
        groups.push(Group { length, total: digits.len(), end: cursor.at(), clean: cursor.at_word_end() });
        if !promising(plus, paren, &digits, &groups) || !gap(cursor) {
            break;
        }
    }
    let shaped = |count: usize| {
        let groups = &groups[..count];
        groups.last().is_some_and(|last| last.clean && is_number(plus, &digits[..last.total], groups))
    };
    (1..=groups.len()).rev().find(|count| shaped(*count)).map(|count| groups[count - 1].end)
}

/// Takes what may stand between two groups: one separator, or two where one of them is a bracket.
fn gap(cursor: &mut Cursor<'_>) -> bool {
    let separator = |next: char| is_gap(next) || "./()".contains(next);
    let bracket = |one: char| one == '(' || one == ')';
    let Some(first) = cursor.take(separator) else { return false };
    cursor.take(|next| separator(next) && (bracket(first) || bracket(next)));
    true
}

/// Whether more digits can still make a number of it.
fn promising(plus: bool, paren: bool, digits: &[u8], groups: &[Group]) -> bool {
    let Some(first) = groups.first() else { return true };
    match digits {
        _ if plus => digits[0] != 0,
        [0, 0, rest @ ..] => rest.first() != Some(&0),
        [0, ..] => first.length >= 2 || paren,
        [1] => true,
        [1, ..] => groups.len() <= 3 && first.length == 1,
        _ => groups.len() <= 2 && first.length == 3,
    }
}

fn is_number(plus: bool, digits: &[u8], groups: &[Group]) -> bool {
    let lengths = || groups.iter().map(|group| group.length);
    let american = |digits: &[u8]| digits.len() == 10 && digits[0] >= 2;
    match digits {
        _ if plus => digits[0] != 0 && (8..=15).contains(&digits.len()),
        [0, 0, rest @ ..] => rest.first().is_some_and(|first| *first != 0) && (8..=15).contains(&rest.len()),
        [0, ..] => {
            // `01.02.2024 12` is a date.
            let date = lengths().take(3).eq([2, 2, 4]);
            groups[0].length >= 2 && (9..=12).contains(&digits.len()) && !date
        }
        [1, rest @ ..] => lengths().eq([1, 3, 3, 4]) && american(rest),
        _ => lengths().eq([3, 3, 4]) && american(digits),
    }
}
