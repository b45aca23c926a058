//! Imports in blocks, one within the other, with another name outside.
mod fs {
    pub fn read() {}
}

pub fn outer() {
    fs::read();
    use std::process::Command as Fs;
    {
        use std::fs;
        let _ = fs::read("a"); //~ fs
    }
    fs::read();
    Fs::new("sh"); //~ process
}
