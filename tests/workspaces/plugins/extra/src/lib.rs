//! No line of the list names it.

use api::Job;
use plugin_core::prelude::*;

#[plugin]
pub mod extra {
    use super::*;

    #[derive(Default)]
    pub struct Extra;

    #[hook(before)]
    fn touch(_: &Extra, _: &mut Job) {}
}
