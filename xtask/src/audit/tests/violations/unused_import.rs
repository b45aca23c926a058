//! Nothing that is seen uses them; something that is not seen may.
use std::process::{Child, Command as _}; //~ process
pub use std::fs::File; //~ fs
