//! What is there in tests only.
#[cfg(test)]
use std::fs;
#[cfg(test)]
mod fixtures;

#[cfg(all(test, unix))]
pub fn helper() {
    let _ = fs::read("a");
}

pub fn work() {
    #[cfg(test)]
    let _ = std::env::var("HOME");
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    #[test]
    fn runs() {
        Command::new("sh").spawn().unwrap();
        unsafe { std::env::set_var("A", "B") };
    }
}

#[test]
fn alone() {
    std::fs::write("a", "b").unwrap();
}

//- src/fixtures.rs
pub fn read() {
    let _ = std::fs::read("a");
}
//- tests/all.rs
#[test]
fn talks() {
    let _ = reqwest::get("https://example.org");
}
//- examples/one.rs
fn main() {
    std::process::exit(0)
}
