//: crates spellbook, grimoire
//! Macros that come in by a glob, or by `#[macro_use]`.
mod magic {
    pub use spellbook::*;
}
#[macro_use]
extern crate grimoire; //~ unseen

mod inner {
    use super::magic::*;

    pub fn all() {
        conjure!(1, 2); //~ unseen
        println!("not this one");
    }
}
