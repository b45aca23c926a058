//! Provides `Storage`.

use api::Storage;
use plugin_core::prelude::*;

#[plugin]
pub mod heap {
    use super::*;

    #[derive(Default)]
    pub struct Heap;

    #[capability]
    impl Storage for Heap {
        fn name(&self) -> Result<&'static str, PluginError> {
            Ok("heap")
        }
    }
}
