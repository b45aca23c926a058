//: crates reqwest
//: build
//! What is declared is no violation.
#[plugin(stage = Security, permissions(fs("./data"), net("*:443"), env("KEY"), process, unsafe_code, ffi, build_script))]
pub mod sample {
    pub async fn all(pointer: *const u8) {
        let _ = std::fs::read("./data/a");
        let _ = reqwest::get("https://any.example/v1").await;
        let _ = std::env::var("KEY");
        std::process::Command::new("sh");
        let _ = unsafe { *pointer };
    }
    unsafe extern "C" {
        fn abs(value: i32) -> i32;
    }
}

//- build.rs
fn main() {}
