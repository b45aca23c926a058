//! A glob of the crate's own module brings in names that are not the standard library's.
mod kit {
    pub mod fs {
        pub fn read() {}
    }
    pub struct Command;
}
mod work {
    use super::kit::*;
    pub fn read() -> Command {
        fs::read();
        Command
    }
}
