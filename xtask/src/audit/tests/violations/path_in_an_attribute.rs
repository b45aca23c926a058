//: crates serde
//! A derive is told by a text which function to call.
#[derive(serde::Deserialize)]
pub struct Held {
    #[serde(default = "std::env::current_dir")] //~ env
    folder: std::path::PathBuf,
}
