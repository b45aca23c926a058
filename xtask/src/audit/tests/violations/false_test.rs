//: crates spellbook
//! An attribute of another crate that is named as the language's.
use spellbook::test;

#[test] //~ unseen
pub fn not_a_test() {}
