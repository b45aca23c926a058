use plugin_core::HookPoint;

#[derive(HookPoint)]
#[hook_point(ouput = String)]
struct Turn;

fn main() {}
