//! What is generated breaks no lint that an author may set.
#![forbid(unsafe_code)]
#![deny(
    missing_docs, missing_debug_implementations, warnings, unreachable_pub, unused_qualifications, rust_2018_idioms,
    single_use_lifetimes, trivial_casts, unused_results, let_underscore_drop, elided_lifetimes_in_paths
)]

pub mod strict {
    //! A plugin crate.
    use plugin_core::prelude::*;

    /// A turn.
    #[derive(Debug, HookPoint)]
    #[hook_point(output = String)]
    pub struct Turn;

    /// An event.
    #[derive(Debug, Event)]
    #[event(historic(key = by))]
    pub struct Sent {
        /// Who sent it.
        pub by: String,
    }

    /// A request.
    #[derive(Debug, Event)]
    #[event(topic = "strict.ask", reply = u8)]
    pub enum Ask {
        /// This.
        This,
    }

    /// Keeps.
    #[capability]
    pub trait Storage {
        /// One value.
        async fn get(&self, key: &str) -> Result<u8, PluginError>;
    }

    /// A plugin.
    #[plugin(requires("other >=1.0, <3"), conflicts("worse"), tags("strict"))]
    pub mod sample {
        use super::*;
        use std::sync::Arc;

        /// Its config.
        #[config]
        pub struct Config {
            /// A limit.
            #[config(default = 5)]
            pub limit: u32,
            /// A part.
            pub part: Part,
        }

        /// A part.
        #[config(nested)]
        pub struct Part {
            /// How.
            pub way: Way,
        }

        /// A way.
        #[config(nested)]
        #[derive(Default)]
        pub enum Way {
            /// This one.
            #[default]
            One,
            /// That one.
            Two,
        }

        /// Its state.
        #[derive(Debug)]
        pub struct State {
            limit: u32,
        }

        #[init]
        async fn init(config: Config, _: Option<Provider<dyn Storage>>) -> Result<State, PluginError> {
            Ok(State { limit: config.limit })
        }

        #[capability(models = ["a", "b"], streaming, weight = -3, family = "x", local = false)]
        impl Storage for State {
            async fn get(&self, _: &str) -> Result<u8, PluginError> {
                Ok(u8::try_from(self.limit)?)
            }
        }

        #[hook(before, before("other"), priority = -1)]
        async fn before(_: &State, _: &mut Turn, _: &Call) -> Result<(), PluginError> {
            Ok(())
        }

        #[hook(around)]
        async fn around(_: &State, turn: &mut Turn, next: Next<'_, Turn>) -> Result<String, PluginError> {
            next.run(turn).await
        }

        #[task(restart = "never")]
        async fn work(_: Arc<State>, _: Shutdown) {}

        #[command]
        async fn show(_: &State, _: Part) -> Result<u32, PluginError> {
            Ok(5)
        }

        #[subscribe]
        async fn on(_: &State, _: &Sent) {}

        #[subscribe(overflow = "drop-newest", capacity = 5)]
        fn answer(_: &State, _: &Ask) -> Result<u8, PluginError> {
            Ok(5)
        }

        #[health]
        async fn health(_: &State) -> Health {
            Health::Healthy
        }

        #[shutdown]
        async fn stop(_: &State) -> Result<(), PluginError> {
            Ok(())
        }

        #[snapshot]
        fn save(state: &State) -> Result<u32, PluginError> {
            Ok(state.limit)
        }

        #[restore]
        async fn load(_: &State, _: u32) -> Result<(), PluginError> {
            Ok(())
        }
    }
}

fn main() {}
