use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    #[init]
    fn init() -> Result<Vec<u8>, PluginError> { Ok(Vec::new()) }
}
fn main() {}
