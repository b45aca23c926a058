//! `std::fs::read`, see [`std::process::Command`].
/* unsafe { std::env::var("HOME") } */
/// Call `std::fs::remove_dir_all("/")` at your own risk. `unsafe` is a word too.
#[doc = "std::net::TcpStream"]
#[deprecated(note = "use std::process::Command")]
pub const TEXT: &str = "std::fs::read(\"/etc/passwd\"); unsafe { } extern \"C\" {}";
pub const RAW: &str = r#"use std::process::Command;"#;
// std::fs::read("a")
