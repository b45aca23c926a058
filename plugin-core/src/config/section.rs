//! A host's own part of the file.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::error::PluginError;

/// A host's own top-level section, such as `server`.
#[derive(Clone, Copy)]
pub struct Section {
    /// The key at the top of the file.
    pub name: &'static str,
    /// Its JSON Schema.
    pub schema: fn() -> Value,
    /// Its default, as JSON.
    pub default: fn() -> Result<Value, PluginError>,
}

impl Section {
    /// The section of type `T`.
    #[must_use]
    pub fn of<T: Default + Serialize + JsonSchema>(name: &'static str) -> Self {
        Self {
            name,
            schema: || schemars::schema_for!(T).to_value(),
            default: || Ok(serde_json::to_value(T::default())?),
        }
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Section").field(&self.name).finish()
    }
}
