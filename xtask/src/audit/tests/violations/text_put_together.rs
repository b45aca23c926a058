//! `concat!` is seen through, also around the manifest's folder.
#[plugin(permissions(env("A")))]
pub mod sample {}

include!(concat!("it", "ems.in"));
pub const OUT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../secret.txt")); //~ fs

//- src/items.in
pub fn read() {
    let _ = std::env::var("A");
    let _ = std::env::var(concat!("HO", "ME")); //~ env
    wrap!(=> include!("more.in"));
}
//- src/more.in
std::process::exit(1) //~ process
