use plugin_core::HookPoint;

#[derive(HookPoint)]
#[hook_point(output = , error = u8)]
struct One;

#[derive(HookPoint)]
#[hook_point("String")]
struct Two;

fn main() {}
