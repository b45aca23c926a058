use plugin_core::prelude::*;
#[derive(Event)]
pub struct Sent;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[subscribe(overflow = "drop-odlest", capacity = 0)]
    fn one(_: &State, _: &Sent) {}
    #[subscribe(overflow = "wait", capacty = 5)]
    fn two(_: &State, _: &Sent) {}
}
fn main() {}
