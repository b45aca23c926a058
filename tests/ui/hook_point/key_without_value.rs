use plugin_core::HookPoint;

#[derive(HookPoint)]
#[hook_point(output, sync = 5)]
struct Turn;

fn main() {}
