//! The keys of a configuration file with their places in its text, whatever its format.

use std::rc::Rc;

/// A value, as far as keys stand in it.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Map(Rc<Vec<Entry>>),
    List(Rc<Vec<Node>>),
    Plain,
}

/// One key of a map.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key begins, with its quotes, in bytes.
    pub(crate) at: usize,
    pub(crate) value: Node,
}

/// Why a text is not what its format says.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) at: usize,
    pub(crate) why: String,
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Yaml,
    Toml,
    Json,
}

impl Format {
    /// By the end of a file's name.
    pub(crate) fn of(path: &std::path::Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// What the text holds.
    pub(crate) fn tree(self, text: &str) -> Result<Node, Broken> {
        match self {
            Self::Yaml => super::yaml::tree(text),
            Self::Json => super::json::tree(text),
            Self::Toml => toml(text),
        }
    }

    /// The same as a value, read by the parser that reads it when it is used.
    pub(crate) fn value(self, text: &str) -> Option<serde_json::Value> {
        match self {
            Self::Yaml => {
                let mut value: yaml_serde::Value = yaml_serde::from_str(text).ok()?;
                value.apply_merge().ok()?;
                serde_json::to_value(value).ok()
            }
            Self::Toml => serde_json::to_value(toml::from_str::<toml::Table>(text).ok()?).ok(),
            Self::Json => serde_json::from_str(text).ok(),
        }
    }
}

fn toml(text: &str) -> Result<Node, Broken> {
    let table = toml::de::DeTable::parse(text).map_err(|error| Broken {
        at: error.span().map_or(0, |span| span.start),
        why: error.message().to_owned(),
    })?;
    Ok(table_node(table.get_ref()))
}

fn table_node(table: &toml::de::DeTable<'_>) -> Node {
    let entries = table.iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        at: key.span().start,
        value: value_node(value.get_ref()),
    });
    Node::Map(Rc::new(entries.collect()))
}

fn value_node(value: &toml::de::DeValue<'_>) -> Node {
    match value {
        toml::de::DeValue::Table(table) => table_node(table),
        toml::de::DeValue::Array(items) => {
            Node::List(Rc::new(items.iter().map(|item| value_node(item.get_ref())).collect()))
        }
        _ => Node::Plain,
    }
}
