//! Configuration: where values come from, what they must be, and every mistake in them at once.

mod amend;
mod default_file;
mod environment;
mod format;
mod key;
mod layer;
mod lines;
mod load;
mod nearest;
mod old_key;
pub(crate) mod period;
mod prepare;
mod reference;
mod renamed;
mod report;
mod scalar;
mod schema;
mod secret;
mod section;
mod settings;
mod show;
mod source;
mod substitute;
mod union;
mod unknown;
mod unnamed;
mod validate;
mod watch;
mod words;

#[cfg(test)]
mod tests;

pub use default_file::default_file;
pub use format::Format;
pub use load::load;
pub(crate) use load::merged;
pub use old_key::OldKey;
pub use period::Period;
pub use reference::{ConfigKey, keys};
pub use report::{ConfigError, ConfigErrors, Mistake, Origin};
pub use schema::schema;
pub use secret::Secret;
pub use section::Section;
pub use settings::{Ambiguity, PluginSettings, Settings};
pub use show::{Effective, Shown};
pub use source::Sources;
pub(crate) use watch::{PERIOD, Watch};
