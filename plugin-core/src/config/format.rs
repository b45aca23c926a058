//! The formats of a file, and how each becomes JSON.

use std::path::Path;

use serde_json::{Map, Number, Value};

use super::lines::position;

/// The format of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `.yaml`, `.yml`
    Yaml,
    /// `.toml`
    Toml,
    /// `.json`
    Json,
}

/// Why a text is not what its format says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SyntaxError {
    pub(super) line: Option<usize>,
    pub(super) column: Option<usize>,
    pub(super) message: String,
}

impl SyntaxError {
    fn nowhere(message: impl Into<String>) -> Self {
        Self { line: None, column: None, message: message.into() }
    }
}

impl Format {
    /// By the extension of a file.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Yaml => "YAML",
            Self::Toml => "TOML",
            Self::Json => "JSON",
        }
    }

    /// A text without content is an empty map.
    pub(super) fn parse(self, text: &str) -> Result<Value, SyntaxError> {
        let value = match self {
            Self::Yaml => yaml(text)?,
            Self::Toml => toml(text)?,
            Self::Json if text.trim().is_empty() => Value::Null,
            Self::Json => json(text)?,
        };
        match value {
            Value::Null => Ok(Value::Object(Map::new())),
            Value::Object(_) => Ok(value),
            _ => Err(SyntaxError::nowhere("the file holds no keys; it starts with, for example, `plugins:`")),
        }
    }
}

pub(super) fn yaml(text: &str) -> Result<Value, SyntaxError> {
    let located = |error: &yaml_serde::Error| {
        let (line, column) = error.location().map_or((None, None), |at| (Some(at.line()), Some(at.column())));
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        SyntaxError { line, column, message }
    };
    let mut value: yaml_serde::Value = yaml_serde::from_str(text).map_err(|error| located(&error))?;
    value.apply_merge().map_err(|error| located(&error))?;
    from_yaml(value)
}

fn from_yaml(value: yaml_serde::Value) -> Result<Value, SyntaxError> {
    Ok(match value {
        yaml_serde::Value::Null => Value::Null,
        yaml_serde::Value::Bool(value) => Value::Bool(value),
        yaml_serde::Value::Number(number) => Value::Number(
            number
                .as_u64()
                .map(Number::from)
                .or_else(|| number.as_i64().map(Number::from))
                .or_else(|| number.as_f64().and_then(Number::from_f64))
                .ok_or_else(|| {
                    SyntaxError::nowhere(format!("`{number}` is no number that can be used here"))
                })?,
        ),
        yaml_serde::Value::String(text) => Value::String(text),
        yaml_serde::Value::Sequence(items) => {
            Value::Array(items.into_iter().map(from_yaml).collect::<Result<_, _>>()?)
        }
        yaml_serde::Value::Mapping(map) => {
            let mut object = Map::new();
            for (key, value) in map {
                let key = match from_yaml(key)? {
                    Value::String(key) => key,
                    key @ (Value::Number(_) | Value::Bool(_)) => key.to_string(),
                    _ => {
                        return Err(SyntaxError::nowhere(
                            "a key is a list, a map or nothing; keys are texts",
                        ));
                    }
                };
                object.insert(key, from_yaml(value)?);
            }
            Value::Object(object)
        }
        yaml_serde::Value::Tagged(tagged) => {
            return Err(SyntaxError::nowhere(format!(
                "the tag `{}` means nothing here; remove it",
                tagged.tag
            )));
        }
    })
}

fn toml(text: &str) -> Result<Value, SyntaxError> {
    let located = |error: &toml::de::Error| {
        let at = error.span().map(|span| position(text, span.start));
        SyntaxError {
            line: at.map(|at| at.0),
            column: at.map(|at| at.1),
            message: error.message().to_owned(),
        }
    };
    let table: toml::Table = toml::from_str(text).map_err(|error| located(&error))?;
    from_toml(toml::Value::Table(table))
}

fn from_toml(value: toml::Value) -> Result<Value, SyntaxError> {
    Ok(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| SyntaxError::nowhere(format!("`{number}` is no number that can be used here")))?,
        toml::Value::Boolean(value) => Value::Bool(value),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => {
            Value::Array(items.into_iter().map(from_toml).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => {
            let pairs = table.into_iter().map(|(key, value)| Ok((key, from_toml(value)?)));
            Value::Object(pairs.collect::<Result<_, SyntaxError>>()?)
        }
    })
}

fn json(text: &str) -> Result<Value, SyntaxError> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        SyntaxError { line: Some(error.line()), column: Some(error.column()), message }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_three_formats_say_the_same() {
        let expected = json!({"a": {"b": [1, 2.5, true, "x"]}});
        assert_eq!(Format::Yaml.parse("a:\n  b: [1, 2.5, true, x]").unwrap(), expected);
        assert_eq!(Format::Toml.parse("[a]\nb = [1, 2.5, true, \"x\"]").unwrap(), expected);
        assert_eq!(Format::Json.parse(r#"{"a": {"b": [1, 2.5, true, "x"]}}"#).unwrap(), expected);
    }

    #[test]
    fn a_slip_of_syntax_has_line_and_column() {
        for (format, text) in [
            (Format::Yaml, "a: 1\nb: [1, 2"),
            (Format::Toml, "a = 1\nb = [1, 2"),
            (Format::Json, "{\"a\": 1,\n\"b\": [1, 2"),
        ] {
            let error = format.parse(text).unwrap_err();
            assert!(error.line >= Some(2) && error.column.is_some(), "{format:?}: {error:?}");
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_map() {
        for format in [Format::Yaml, Format::Toml, Format::Json] {
            assert_eq!(format.parse("").unwrap(), json!({}));
        }
    }

    #[test]
    fn a_key_given_twice_is_a_slip_of_syntax() {
        assert!(Format::Yaml.parse("a: 1\na: 2").is_err());
        assert!(Format::Toml.parse("a = 1\na = 2").is_err());
    }
}
