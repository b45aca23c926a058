use plugin_core::prelude::*;

#[capability]
pub trait Storage {
    fn new() -> u8;
    fn put(&mut self);
    fn take(self);
}

fn main() {}
