//! International bank account numbers.

use crate::cursor::{Cursor, is_gap};

/// The end of the account number that begins here, where its country's length and the checksum (mod 97) agree.
pub(crate) fn iban(cursor: &mut Cursor<'_>) -> Option<usize> {
    let mut country = [0u8; 2];
    for letter in &mut country {
        *letter = cursor.take(|next| next.is_ascii_alphabetic())?.to_ascii_uppercase() as u8;
    }
    let length = length_in(country)?;
    let mut number = Vec::with_capacity(length);
    number.extend(country);
    for _ in 0..2 {
        number.push(cursor.take(|next| next.is_ascii_digit())? as u8);
    }
    while number.len() < length {
        // One gap at most, and never two in a row.
        cursor.take(is_gap);
        number.push(cursor.take(|next| next.is_ascii_alphanumeric())?.to_ascii_uppercase() as u8);
    }
    let end = cursor.at();
    (cursor.at_word_end() && checks(&number)).then_some(end)
}

fn checks(number: &[u8]) -> bool {
    let (head, tail) = number.split_at(4);
    let rest = tail.iter().chain(head).fold(0u32, |rest, one| match one {
        b'0'..=b'9' => (rest * 10 + u32::from(one - b'0')) % 97,
        _ => (rest * 100 + u32::from(one - b'A') + 10) % 97,
    });
    rest == 1
}

/// The length of the country's numbers, from the SWIFT registry.
fn length_in(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FK" | b"FI" | b"FO" | b"GL" | b"NL" | b"SD" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"MN" | b"XK" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"OM" | b"SO" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HN" | b"HU" | b"LB" | b"NI" | b"PL" | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => return None,
    })
}
