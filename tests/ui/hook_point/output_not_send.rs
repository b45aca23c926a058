use plugin_core::HookPoint;

#[derive(HookPoint)]
#[hook_point(output = std::rc::Rc<u8>)]
struct Turn;

fn main() {}
