//! Takes the name of another plugin.

use api::Job;
use plugin_core::prelude::*;

#[plugin(name = "file")]
pub mod twin {
    use super::*;

    #[derive(Default)]
    pub struct Twin;

    #[hook(before)]
    fn touch(_: &Twin, _: &mut Job) {}
}
