//! Fields of a JSON object, read one by one, so that an error names the field and says what belongs there. A field that is
//! `null` counts as absent; one that nobody asks for is ignored.

use serde_json::{Map, Value};

use super::error::ApiError;

/// An object and the path that leads to it.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// The whole body.
    pub(super) fn of(object: &'a Map<String, Value>) -> Self {
        Self { object, path: String::new() }
    }

    /// The object `value`, which stands at `path`.
    pub(super) fn at(value: &'a Value, path: &str) -> Result<Self, ApiError> {
        match value {
            Value::Object(object) => Ok(Self { object, path: format!("{path}.") }),
            other => Err(wrong(path, "an object", other)),
        }
    }

    /// The path of a field of it.
    pub(super) fn path(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    pub(super) fn any(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, ApiError> {
        self.read(key, "a string", Value::as_str)
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, ApiError> {
        self.read(key, "true or false", Value::as_bool)
    }

    pub(super) fn count(&self, key: &str) -> Result<Option<u32>, ApiError> {
        self.read(key, "a whole number, 0 or more", |value| {
            value.as_u64().and_then(|number| u32::try_from(number).ok())
        })
    }

    pub(super) fn number(&self, key: &str, least: f64, most: f64) -> Result<Option<f64>, ApiError> {
        let expected = format!("a number from {least} to {most}");
        self.read(key, &expected, |value| value.as_f64().filter(|number| (least..=most).contains(number)))
    }

    pub(super) fn list(&self, key: &str) -> Result<Option<&'a Vec<Value>>, ApiError> {
        self.read(key, "a list", Value::as_array)
    }

    pub(super) fn object(&self, key: &str) -> Result<Option<Fields<'a>>, ApiError> {
        self.any(key).map(|value| Fields::at(value, &self.path(key))).transpose()
    }

    /// A string that must be there.
    pub(super) fn required_text(&self, key: &str) -> Result<&'a str, ApiError> {
        self.text(key)?.ok_or_else(|| self.missing(key, "a string"))
    }

    /// A list that must be there.
    pub(super) fn required_list(&self, key: &str) -> Result<&'a Vec<Value>, ApiError> {
        self.list(key)?.ok_or_else(|| self.missing(key, "a list"))
    }

    pub(super) fn missing(&self, key: &str, expected: &str) -> ApiError {
        let path = self.path(key);
        ApiError::invalid(format!("`{path}` is missing; it must be {expected}"), path)
    }

    pub(super) fn wrong(&self, key: &str, expected: &str) -> ApiError {
        wrong(&self.path(key), expected, self.object.get(key).unwrap_or(&Value::Null))
    }

    fn read<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(value) = self.any(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.wrong(key, expected))
    }
}

/// The error of a value that is not what belongs at `path`.
pub(super) fn wrong(path: &str, expected: &str, found: &Value) -> ApiError {
    const LONGEST: usize = 40;
    let text = found.to_string();
    let shown: String = text.chars().take(LONGEST).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    ApiError::invalid(format!("`{path}` must be {expected}, not {shown}{more}"), path)
}
