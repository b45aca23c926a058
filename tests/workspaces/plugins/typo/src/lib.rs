//! Misspells the plugin it requires.

use api::Job;
use plugin_core::prelude::*;

#[plugin(requires("ntoes"))]
pub mod typo {
    use super::*;

    #[derive(Default)]
    pub struct Typo;

    #[hook(before)]
    fn touch(_: &Typo, _: &mut Job) {}
}
