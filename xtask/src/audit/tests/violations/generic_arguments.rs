//! Types within types, bounds, patterns and casts.
use std::collections::HashMap;
use std::fs::File;

pub struct Held(HashMap<String, Vec<Option<File>>>); //~ fs

pub fn bound<T: std::net::ToSocketAddrs>(_: T) {} //~ net

pub fn deep() -> Vec<std::process::Child> { //~ process
    Vec::<std::process::Child>::new() //~ process
}
