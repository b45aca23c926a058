//! Requires `rock`; is what `scissors` need.

use api::Sheet;
use plugin_core::prelude::*;

#[plugin(requires("rock"))]
pub mod paper {
    use super::*;

    #[derive(Default)]
    pub struct Paper;

    #[capability]
    impl Sheet for Paper {}
}
