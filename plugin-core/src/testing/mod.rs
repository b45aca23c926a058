//! The test kit: a host for one plugin or a few, what was called in it, faults on demand, and the suite that every plugin passes.
//!
//! It is behind the feature `testing`, which belongs in `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! plugin-core = { workspace = true, features = ["testing"] }
//! tokio = { workspace = true, features = ["macros", "rt", "test-util"] }
//! ```
//!
//! A test names its plugins, and runs their hook points as an app does:
//!
//! ```
//! use plugin_core::prelude::*;
//! use plugin_core::testing::{Fault, TestHost};
//! use serde_json::json;
//!
//! /// A greeting on its way out.
//! #[derive(HookPoint)]
//! pub struct Greeting(String);
//!
//! /// Says it louder.
//! #[plugin]
//! mod shouter {
//!     use super::*;
//!
//!     #[config]
//!     pub struct Config {
//!         /// How loud.
//!         #[config(default = 1)]
//!         pub marks: usize,
//!     }
//!
//!     pub struct Shouter(usize);
//!
//!     #[init]
//!     fn init(config: Config) -> Shouter {
//!         Shouter(config.marks)
//!     }
//!
//!     #[hook(before)]
//!     fn shout(shouter: &Shouter, greeting: &mut Greeting) -> Result<(), PluginError> {
//!         greeting.0.push_str(&"!".repeat(shouter.0));
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let host = TestHost::new().with::<shouter::Shouter>().config(json!({ "marks": 3 })).start().await.unwrap();
//! let mut greeting = Greeting("Hello".to_owned());
//! host.run(&mut greeting, async |_| Ok(())).await.unwrap();
//! assert_eq!(greeting.0, "Hello!!!");
//!
//! host.fault("shouter", "shout", Fault::panic());
//! assert!(host.run(&mut greeting, async |_| Ok(())).await.is_err());
//! assert_eq!(
//!     host.calls().of("shouter").lines(),
//!     ["shouter init: done", "shouter shout: done", "shouter shout: panicked"]
//! );
//! host.stop().await;
//! # }
//! ```
//!
//! # Time
//!
//! Deadlines, backoffs, breakers and periods go by Tokio's clock. With `#[tokio::test(start_paused = true)]`, of Tokio's feature
//! `test-util`, that clock stands while there is something to do and jumps to the next timer when there is not: a test of an hour
//! takes no time, and [`Fault::delay`] and [`Fault::hang`] none either. A plugin that works on threads of its own needs the real
//! clock, for the paused one does not know that they are busy.

// The guide's examples run with the doctests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing.md")]
mod guide {}

mod calls;
mod chains;
mod conformance;
mod events;
mod fake;
mod fault;
mod host;
mod log;
mod probe;
mod setup;

pub use calls::{Called, Calls, Ended};
pub use conformance::{Conformance, Finding, Report, Rule};
pub use events::Events;
pub use fault::Fault;
pub use host::Host;
pub use log::{Line, Log};
pub use setup::{Config, TestHost};

pub(crate) use probe::{Probe, Seam, seen, seen_by, seen_now};
