//! Exists for the `links` key: cargo then refuses two versions of this crate in one build, which would share one registry.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
