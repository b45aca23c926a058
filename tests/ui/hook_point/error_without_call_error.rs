use plugin_core::HookPoint;

pub enum Mine { One }

#[derive(HookPoint)]
#[hook_point(output = String, error = Mine)]
struct Turn;

fn main() {}
