use plugin_core::prelude::*;

#[capability]
pub trait Storage {
    fn get<T>(&self) -> T;
    fn put(&self, value: impl Into<String>);
    fn all(&self) -> impl Iterator<Item = u8>;
}

fn main() {}
