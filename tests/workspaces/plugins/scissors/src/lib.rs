//! Needs what `paper` provides.

use api::Sheet;
use plugin_core::prelude::*;

#[plugin]
pub mod scissors {
    use super::*;

    pub struct Scissors;

    #[init]
    fn init(_paper: Provider<dyn Sheet>) -> Scissors {
        Scissors
    }
}
