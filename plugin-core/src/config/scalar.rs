//! What a text from a variable or the command line stands for, by the schema of its key.

use serde_json::Value;

use super::report::Mistake;
use super::schema::Shape;
use super::validate::{Extent, faults};

/// The value that `text` stands for: itself where the schema asks for a text, else what it is as YAML. Where the schema
/// takes both, a number is a number.
pub(super) fn typed(shape: &Shape, schema: Option<&Value>, text: &str) -> Value {
    let itself = Value::String(text.to_owned());
    let Ok(parsed) = super::format::yaml(text) else { return itself };
    let Some(schema) = schema else { return parsed };
    let faults = |value: &Value| faults(shape, schema, value, &[], Extent::Part);
    let suits = |value: &Value| faults(value).iter().all(|fault| fault.kind != Mistake::WrongType);
    let other = !matches!(parsed, Value::String(_) | Value::Null);
    if other && faults(&parsed).is_empty() {
        return parsed;
    }
    if faults(&itself).is_empty() || (suits(&itself) && !(other && suits(&parsed))) { itself } else { parsed }
}
