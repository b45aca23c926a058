use plugin_core::HookPoint;

#[derive(HookPoint)]
#[hook_point(output = String, output = u8, sync, sync)]
struct Turn;

fn main() {}
