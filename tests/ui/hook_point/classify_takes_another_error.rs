use plugin_core::hook::ErrorClass;
use plugin_core::{CallError, HookPoint};

fn class(_: &CallError) -> ErrorClass {
    ErrorClass::Fault
}

#[derive(HookPoint)]
#[hook_point(classify = class)]
struct Job;

fn main() {}
