//! Provides `Storage`.

use api::Storage;
use plugin_core::prelude::*;

#[plugin]
pub mod file {
    use super::*;

    #[derive(Default)]
    pub struct File;

    #[capability]
    impl Storage for File {
        fn name(&self) -> Result<&'static str, PluginError> {
            Ok("file")
        }
    }
}
