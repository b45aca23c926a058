//! A crate that the library does not depend on: a dev-dependency's name means nothing in it.
pub fn ask<T: Asks>(reqwest: T) {
    reqwest.get("https://evil.example");
}
pub trait Asks {
    fn get(&self, _: &str);
}
