//! A keyword as a name loses its `r#`.
use plugin_core::prelude::*;

#[derive(HookPoint)]
pub struct r#Turn;

#[plugin]
mod r#type {
    use super::*;

    #[config]
    pub struct Config {
        pub r#in: u8,
    }

    pub struct State;

    #[init]
    fn r#init(r#config: Config) -> State {
        let _ = r#config.r#in;
        State
    }

    #[hook(before)]
    fn r#match(_: &State, r#in: &mut Turn) {
        let _ = r#in;
    }

    #[command]
    fn r#use(_: &State) -> Result<(), PluginError> {
        Ok(())
    }
}

fn main() {
    let plugin = <r#type::State as plugin_core::Plugin>::DESCRIPTOR;
    assert_eq!((plugin.name, plugin.hooks[0].name, plugin.commands[0].name), ("type", "match", "use"));
}
