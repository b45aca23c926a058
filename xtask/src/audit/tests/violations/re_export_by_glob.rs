//! A prelude of the crate's own, and a module that takes all of it.
mod prelude {
    pub use std::env;
    pub use std::fs::File;
}
mod work {
    use crate::prelude::*;
    pub fn read() {
        let _ = File::open("a"); //~ fs
        let _ = env::var("HOME"); //~ env
    }
}
