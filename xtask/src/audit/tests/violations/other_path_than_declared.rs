//! A text tells that the file lies elsewhere.
#[plugin(permissions(fs("./data")))]
pub mod sample {}

pub fn read(computed: &str) {
    let _ = std::fs::read(computed);
    let _ = std::fs::read("data/notes.txt");
    let _ = std::fs::read("data/../secrets.txt"); //~ fs
    let _ = std::fs::File::open("/etc/passwd"); //~ fs
}
