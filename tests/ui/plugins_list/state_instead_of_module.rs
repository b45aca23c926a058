mod storage {
    #[derive(Default)]
    pub struct State;
}

plugin_core::plugins! {
    storage::State,
}

fn main() {}
