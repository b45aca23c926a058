//: build
//! The package has a build script.

//- build.rs
fn main() { //~ build_script
    println!("cargo::rerun-if-changed=build.rs");
}
