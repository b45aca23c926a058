//! Config types of structs and enums, with defaults of their own.
use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    use std::collections::BTreeMap;

    #[config]
    pub struct Config {
        #[config(default = 16 * 1024)]
        pub limit: usize,
        #[config(default = "here".to_owned())]
        pub place: String,
        pub rules: BTreeMap<String, Rule>,
        pub mode: Mode,
        pub nothing: Nothing,
        #[serde(rename = "kind")]
        pub sort: Option<u8>,
    }

    #[config(nested)]
    pub struct Rule {
        #[config(default = Mode::Strict(5))]
        pub mode: Mode,
    }

    #[config(nested)]
    #[derive(Default)]
    pub enum Mode {
        #[default]
        Lax,
        Strict(u8),
    }

    #[config(nested)]
    pub struct Nothing {}

    pub struct State;

    #[init]
    fn init(config: Config) -> State {
        assert_eq!(config.limit, 16 * 1024);
        State
    }
}

fn main() {
    let config = sample::Config::default();
    assert_eq!((config.place.as_str(), config.limit), ("here", 16 * 1024));
    assert!(matches!(sample::Rule::default().mode, sample::Mode::Strict(5)));
}
