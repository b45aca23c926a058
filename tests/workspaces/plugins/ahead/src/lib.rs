//! Requires a version of `notes` that there is not.

use api::Job;
use plugin_core::prelude::*;

#[plugin(requires("notes >=9"))]
pub mod ahead {
    use super::*;

    #[derive(Default)]
    pub struct Ahead;

    #[hook(before)]
    fn touch(_: &Ahead, _: &mut Job) {}
}
