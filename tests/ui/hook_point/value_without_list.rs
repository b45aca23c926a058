use plugin_core::HookPoint;

#[derive(HookPoint)]
#[hook_point = "String"]
struct Turn;

fn main() {}
