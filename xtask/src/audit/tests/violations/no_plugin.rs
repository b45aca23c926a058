//: no plugin
//! A package among the plugins that holds none cannot declare anything.
pub fn read() {
    let _ = std::fs::read("a"); //~ fs
}
