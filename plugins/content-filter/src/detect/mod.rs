//! The detectors: each says whether a match begins where it is asked. What it answers depends on the text of the match and the
//! character behind it alone, so that masking one match makes no other.

mod card;
mod email;
mod iban;
mod ip;
mod phone;
mod words;

pub(crate) use card::card;
pub(crate) use email::email;
pub(crate) use iban::iban;
pub(crate) use ip::ip;
pub(crate) use phone::phone;
pub(crate) use words::Words;

/// The most characters that a detector of personal data looks at: an e-mail address, with the character behind it.
pub(crate) const REACH: usize = email::REACH;
