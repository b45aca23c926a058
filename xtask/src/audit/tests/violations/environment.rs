//! Names that are declared, that are not, that are constants, and that are computed.
use std::env;

const TOKEN: &str = "TOKEN";
const SAME: &str = TOKEN;

#[plugin(permissions(env("OPENAI_API_KEY", "TOKEN")))]
pub mod sample {}

pub fn read(name: &str) {
    let _ = env::var("OPENAI_API_KEY");
    let _ = env::var(SAME);
    let _ = env::var("HOME"); //~ env
    let _ = env::var(name); //~ env
    let _ = env::vars(); //~ env
}
