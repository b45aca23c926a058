//! Two paths, two names for one constant.
#[plugin(permissions(fs("./data"), env("A")))]
pub mod sample {}

#[cfg(unix)]
const NAME: &str = "A";
#[cfg(not(unix))]
const NAME: &str = "B";

pub fn all() {
    let _ = std::fs::copy("./data/a", "/etc/cron.d/a"); //~ fs
    let _ = std::fs::write("./data/a", "/etc/passwd");
    let _ = std::env::var(NAME); //~ env
}
