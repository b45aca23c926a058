//! Source that only the compiler knows, by its name and by another.
use std::include as take;

include!(concat!(env!("OUT_DIR"), "/generated.rs")); //~ unseen
take!("items.in"); //~ unseen
