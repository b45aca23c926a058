use plugin_core::prelude::*;
#[plugin]
mod sample {
    pub struct State(pub std::rc::Rc<u8>);
    #[init]
    async fn init() -> State { State(std::rc::Rc::new(5)) }
}
fn main() {}
