use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config] fn config() {}
    #[init] pub struct Init;
    #[hook(before)] const HOOK: u8 = 5;
    #[capability] pub trait Store {}
    #[subscribe] use std::fmt as _;
    #[task] mod inner {}
    #[health] impl Init {}
}
fn main() {}
