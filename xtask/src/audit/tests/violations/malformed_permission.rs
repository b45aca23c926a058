//! The macro says what is wrong; it grants nothing here.
#[plugin(permissions(fs, process("sh"), camera))] //~ source
pub mod sample {}
