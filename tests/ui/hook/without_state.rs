use plugin_core::prelude::*;
#[derive(HookPoint)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[hook(before)]
    fn check(_: &mut Turn) {}
}
fn main() {}
