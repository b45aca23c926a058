//! Every kind of hook on a point that never awaits.
use plugin_core::prelude::*;

#[derive(HookPoint)]
#[hook_point(output = Vec<u8>, sync)]
pub struct Line(pub String);

#[plugin]
mod sample {
    use super::*;

    #[derive(Default)]
    pub struct State;

    #[hook(before)]
    fn before(_: &State, line: &mut Line) {
        line.0.push('!');
    }
    #[hook(around)]
    fn around(_: &State, line: &mut Line, next: Next<'_, Line>) -> Result<Vec<u8>, PluginError> {
        next.run_sync(line)
    }
    #[hook(observe)]
    fn observe(_: &State, _: &Line, _: Result<&Vec<u8>, &PluginError>) {}
}

fn main() {}
