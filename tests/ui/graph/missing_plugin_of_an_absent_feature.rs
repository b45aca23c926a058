#![allow(unexpected_cfgs)]
use plugin_core::prelude::*;

#[plugin(requires("tokenizer >=1.0"))]
mod memory {}

plugin_core::plugins! {
    memory,
    "tokenizer" => plugin_tokenizer,
}

fn main() {}
