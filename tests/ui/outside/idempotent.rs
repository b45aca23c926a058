use plugin_core::prelude::*;

pub trait Post { #[idempotent] fn send(&self); }

#[idempotent] fn send() {}

fn main() {}
