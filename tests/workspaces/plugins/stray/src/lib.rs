//! Hooks what the app does not run.

use api::Parade;
use plugin_core::prelude::*;

#[plugin]
pub mod stray {
    use super::*;

    #[derive(Default)]
    pub struct Stray;

    #[hook(before)]
    fn touch(_: &Stray, _: &mut Parade) {}
}
