//! Requires `scissors`, which need `paper`: a circle of three.

use api::Job;
use plugin_core::prelude::*;

#[plugin(requires("scissors"))]
pub mod rock {
    use super::*;

    #[derive(Default)]
    pub struct Rock;

    #[hook(before)]
    fn touch(_: &Rock, _: &mut Job) {}
}
