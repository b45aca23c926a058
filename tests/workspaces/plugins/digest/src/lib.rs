//! Requires the plugin `notes`.

use api::Job;
use plugin_core::prelude::*;

#[plugin(requires("notes >=0.1"))]
pub mod digest {
    use super::*;

    #[derive(Default)]
    pub struct Digest;

    #[hook(after)]
    fn digest(_: &Digest, _: &Job, _: &mut ()) {}
}
