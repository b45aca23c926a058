//! One `#[init]`, config and health for each branch of a cfg.
use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;

    pub struct State;

    #[cfg(all())]
    #[config]
    pub struct Config {
        pub here: u8,
    }

    #[cfg(any())]
    #[config]
    pub struct Config {
        pub there: NoSuchType,
    }

    #[cfg(all())]
    #[init]
    async fn init(_: Config) -> Result<State, PluginError> {
        Ok(State)
    }

    #[cfg(any())]
    #[init]
    fn init() -> State {
        State
    }

    #[cfg(not(all()))]
    #[health]
    fn health(_: &State) -> NoSuchType {}

    #[cfg(all())]
    #[health]
    fn health(_: &State) -> Health {
        Health::Healthy
    }
}

fn main() {
    let plugin = <sample::State as plugin_core::Plugin>::DESCRIPTOR;
    assert!(plugin.health.is_some() && plugin.config.is_some());
}
