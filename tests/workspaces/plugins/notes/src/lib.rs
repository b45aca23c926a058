//! Needs `Storage`, and hooks what the app runs.

use api::{Job, Storage};
use plugin_core::prelude::*;

#[plugin]
pub mod notes {
    use super::*;

    pub struct Notes {
        storage: Provider<dyn Storage>,
    }

    #[init]
    fn init(storage: Provider<dyn Storage>) -> Notes {
        Notes { storage }
    }

    #[hook(before)]
    fn note(notes: &Notes, _job: &mut Job) -> Result<(), PluginError> {
        println!("noted in {}", notes.storage.name()?);
        Ok(())
    }
}
