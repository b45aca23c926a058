//! What cargo tells each package of itself, and data of the workspace.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
pub const NAME: &str = concat!(env!("CARGO_PKG_NAME"), "/", std::env!("CARGO_PKG_VERSION_MAJOR"));
pub const README: &str = include_str!("../../../README.md");
pub const LOGO: &[u8] = include_bytes!("logo.svg");
