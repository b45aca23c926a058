//! `use … as …` of a module.
use std::fs as disk;

pub fn read() {
    let _ = disk::read("a"); //~ fs
}
