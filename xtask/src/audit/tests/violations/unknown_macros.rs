//: crates paste, magic = spellbook, tokio
//! Macros of crates that the audit does not know: an attribute, a derive, a call.
use magic::Conjure;

#[magic::ritual] //~ unseen
pub fn attribute() {}

#[derive(Clone, Conjure)] //~ unseen
pub struct Derived;

paste::paste! { //~ unseen
    fn [<re ad>]() {}
}

#[tokio::main]
async fn known() {}
