//! A crate-own module hands it on under other names, twice.
mod kit {
    pub use std::process::Command as Worker;
    pub mod disk {
        pub use std::fs::*; //~ fs
    }
}
mod box_ {
    pub(crate) use crate::kit::Worker as Tool;
}

pub fn start() {
    box_::Tool::new("sh"); //~ process
}
