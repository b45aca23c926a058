use plugin_core::prelude::*;

#[plugin(permissions(fs, fs("../secrets"), env("$HOME"), net("https://api.openai.com"), net("localhost")))]
mod texts {}

#[plugin(permissions(process("ls"), fs(data), unseen("a crate"), net("host:http")))]
mod others {}

fn main() {}
