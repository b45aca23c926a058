//! Provides nothing, whatever the list says.

use api::Job;
use plugin_core::prelude::*;

#[plugin]
pub mod boast {
    use super::*;

    #[derive(Default)]
    pub struct Boast;

    #[hook(before)]
    fn touch(_: &Boast, _: &mut Job) {}
}
