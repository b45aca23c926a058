use plugin_core::prelude::*;

#[capability]
pub trait Storage {
    type Key;
    const SIZE: usize;
    fn get(&self) -> u8;
}

fn main() {}
