//! Raw identifiers and circles of imports lead nowhere.
mod r#fs {
    pub fn r#read() {}
    pub use super::around::*;
}
mod around {
    pub use super::fs::*;
    pub use self::here as there;
    pub use self::there as here;
}
pub fn read() {
    r#fs::r#read();
    fs::nothing();
    around::here();
}
