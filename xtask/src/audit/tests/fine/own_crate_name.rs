//: crates reqwest
//! A module shadows the crate of that name.
mod reqwest {
    pub fn get(_: &str) {}
}

pub fn ask() {
    reqwest::get("https://evil.example");
}
