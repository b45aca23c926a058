use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    #[health]
    fn health(_: &String) -> Health { Health::Healthy }
}
fn main() {}
