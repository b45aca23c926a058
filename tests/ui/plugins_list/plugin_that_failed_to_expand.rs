mod storage {
    use plugin_core::prelude::*;
    #[plugin(stage = Never)]
    pub mod storage {}
}
plugin_core::plugins! {
    storage,
}
fn main() {}
