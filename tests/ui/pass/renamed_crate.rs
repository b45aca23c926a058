//! `crate = …` names the framework where it has another name.
mod facade {
    pub mod framework {
        pub use plugin_core::*;
    }
}
use facade::framework::prelude::*;

#[derive(HookPoint)]
#[hook_point(output = String, crate = crate::facade::framework)]
pub struct Turn;

#[capability(crate = crate::facade::framework)]
pub trait Storage {
    async fn get(&self) -> Result<u8, PluginError>;
}

#[plugin(crate = crate::facade::framework)]
pub mod sample {
    use super::*;

    #[config]
    pub struct Config {
        pub limit: u8,
    }

    pub struct State;

    #[init]
    fn init(_: Config) -> State {
        State
    }

    #[capability]
    impl Storage for State {
        async fn get(&self) -> Result<u8, PluginError> {
            Ok(5)
        }
    }

    #[hook(before)]
    async fn check(_: &State, _: &mut Turn) -> Result<Flow<String>, PluginError> {
        Ok(Flow::Continue)
    }
}

#[derive(facade::framework::PluginManager)]
#[manager(plugins = crate::facade::framework::PluginSet::EMPTY, crate = crate::facade::framework)]
pub struct Host {
    pub turn: Chain<Turn>,
}

fn main() {}
