//! A block's own item hides what the module imports. The import is used by what declares it.
#[plugin(permissions(fs("*")))]
pub mod sample {
    use std::fs::File;

    pub fn open() -> std::io::Result<File> {
        File::open("a")
    }
}

pub mod other {
    pub fn make() -> usize {
        struct File;
        fn read(_: File) -> usize {
            1
        }
        read(File)
    }
}
