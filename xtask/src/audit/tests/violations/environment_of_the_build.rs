//! `env!` is no `std::env::var`: it reads when the plugin is built.
pub const KEY: Option<&str> = option_env!("AWS_SECRET_ACCESS_KEY"); //~ env
pub const USER: &str = std::env!("USER"); //~ env
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

mod env {}
pub const HOME: &str = env!("HOME"); //~ env
