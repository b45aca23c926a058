//! Files of the machine that builds, taken into the plugin.
pub const KEY: &str = include_str!("/home/builder/.ssh/id_ed25519"); //~ fs
pub const OUT: &[u8] = include_bytes!("../../../../secrets.bin"); //~ fs
