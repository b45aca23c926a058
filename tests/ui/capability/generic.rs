use plugin_core::prelude::*;

#[capability]
pub trait Storage<T> {
    fn get(&self) -> T;
}

fn main() {}
