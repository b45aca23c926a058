use plugin_core::HookPoint;

#[derive(HookPoint)]
struct Turn(std::cell::Cell<u8>);

fn main() {}
