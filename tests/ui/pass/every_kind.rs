//! Every kind of hook, sync and async, with and without `&Call`, by the shortest and the longest return type.
use plugin_core::prelude::*;

#[derive(HookPoint)]
#[hook_point(output = String, error = PluginError)]
pub struct Turn;

#[plugin]
mod sample {
    use super::*;

    #[derive(Default)]
    pub struct State;

    #[hook(before)]
    fn before_nothing(_: &State, _: &mut Turn) {}
    #[hook(before)]
    fn before_unit(_: &State, _: &mut Turn, _: &Call) -> Result<(), std::fmt::Error> {
        Ok(())
    }
    #[hook(before)]
    async fn before_flow(_: &State, _: &mut Turn, call: &Call) -> Result<Flow<String>, PluginError> {
        Ok(if call.deadline().is_some() { Flow::Continue } else { Flow::Respond(String::new()) })
    }
    #[hook(around)]
    async fn around(_: &State, turn: &mut Turn, next: Next<'_, Turn>) -> Result<String, PluginError> {
        next.run(turn).await
    }
    #[hook(around)]
    fn around_sync(_: &State, _: &mut Turn, _: Next<'_, Turn>, _: &Call) -> Result<String, std::fmt::Error> {
        Err(std::fmt::Error)
    }
    #[hook(replace)]
    async fn replace(_: &State, _: &mut Turn) -> Result<String, PluginError> {
        Ok(String::new())
    }
    #[hook(replace)]
    fn replace_sync(_: &State, _: &mut Turn, _: &Call) -> Result<String, PluginError> {
        Ok(String::new())
    }
    #[hook(after)]
    fn after(_: &State, _: &Turn, output: &mut String) {
        output.clear();
    }
    #[hook(after)]
    async fn after_async(_: &State, _: &Turn, _: &mut String, _: &Call) -> Result<(), PluginError> {
        Ok(())
    }
    #[hook(rescue)]
    fn rescue(_: &State, _: &Turn, error: PluginError) -> Result<String, PluginError> {
        Err(error)
    }
    #[hook(rescue)]
    async fn rescue_async(_: &State, _: &Turn, error: PluginError, _: &Call) -> Result<String, PluginError> {
        Err(error)
    }
    #[hook(observe)]
    fn observe(_: &State, _: &Turn, _: Result<&String, &PluginError>) {}
    #[hook(observe)]
    async fn observe_async(_: &State, _: &Turn, _: Result<&String, &PluginError>, _: &Call) -> Result<(), String> {
        Ok(())
    }
}

fn main() {
    assert_eq!(<sample::State as plugin_core::Plugin>::DESCRIPTOR.hooks.len(), 13);
}
