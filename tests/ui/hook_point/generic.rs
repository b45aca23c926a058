use plugin_core::HookPoint;

#[derive(HookPoint)]
struct Turn<T>(T);

fn main() {}
