//! Layers of values laid over each other by figment, which remembers where each came from. The only file that knows it.

use figment::value::{Dict, Empty, Map, Num, Tag, Value as Tagged};
use figment::{Metadata, Profile, Provider};
use serde_json::{Number, Value};

use super::key::{Path, child, nest};
use super::lines::Lines;
use super::report::Origin;
use super::schema::{Shape, branches};
use super::validate::{Extent, faults};

/// A host's own figment.
pub(super) type Figment = figment::Figment;

/// Where a layer comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Default,
    File { name: String, lines: Lines },
    Host(Box<Host>),
    At(Origin),
}

impl Source {
    /// The key that stood at `old` is called `new` from here on.
    pub(super) fn renamed(&mut self, old: &[String], new: &[String]) {
        if let Self::File { lines, .. } = self {
            lines.renamed(old, new);
        }
    }

    /// Where `path`, which stands within `prefix` of this source, comes from.
    pub(super) fn origin(&self, prefix: &[String], path: &[String]) -> Origin {
        let whole = || -> Path { prefix.iter().chain(path).cloned().collect() };
        match self {
            Self::Default => Origin::Default,
            Self::File { name, lines } => Origin::File {
                file: name.clone(),
                line: lines.at(&whole()),
                column: None,
                profile: prefix.get(1).cloned(),
            },
            Self::Host(host) => {
                let source = host.metadata(&whole()).map_or_else(
                    || "figment".to_owned(),
                    |metadata| match &metadata.source {
                        Some(source) => format!("figment, {} {source}", metadata.name),
                        None => format!("figment, {}", metadata.name),
                    },
                );
                Origin::Host { source }
            }
            Self::At(origin) => origin.clone(),
        }
    }
}

/// A host's own figment, and what it says for the active profile.
#[derive(Clone, Debug)]
pub(super) struct Host {
    figment: Figment,
    tagged: Tagged,
}

impl Host {
    /// Of the value at `path`, or of the nearest that holds it and has any.
    fn metadata(&self, path: &[String]) -> Option<&Metadata> {
        let values = path.iter().scan(&self.tagged, |at, step| {
            *at = inner(at, step)?;
            Some(*at)
        });
        values.filter_map(|value| self.figment.get_metadata(value.tag())).last()
    }
}

/// The layers, merged as far as they are laid.
#[derive(Debug, Default)]
pub(super) struct Stack {
    figment: Figment,
    sources: Vec<(Source, Path)>,
}

/// What all layers together say.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) value: Value,
    tagged: Tagged,
    stack: Stack,
}

impl Stack {
    /// Lays `value` over what is there. It stood within `prefix` of its source.
    pub(super) fn lay(&mut self, shape: &Shape, source: Source, prefix: Path, value: &Value) {
        let label = format!("{LABEL}{}", self.sources.len());
        self.sources.push((source, prefix));
        let mut replaced = Vec::new();
        // To ask what is there costs as much as all layers hold, and most layers are one variable. Below the first is nothing.
        if self.sources.len() > 1 && chooses(shape, &shape.root, value) {
            replacements(shape, &shape.root, &json(&self.tagged()), value, &[], &mut replaced);
        }
        for path in replaced {
            let gap = Layer { label: label.clone(), value: &nest(&path, Value::Null) };
            self.figment = std::mem::take(&mut self.figment).merge(gap);
        }
        self.figment = std::mem::take(&mut self.figment).merge(Layer { label, value });
    }

    fn tagged(&self) -> Tagged {
        self.figment.find_value("").unwrap_or_else(|_| Tagged::from(Dict::new()))
    }

    pub(super) fn merged(self) -> Merged {
        let tagged = self.tagged();
        Merged { value: json(&tagged), tagged, stack: self }
    }
}

impl Merged {
    /// Whether any source names the plugin `name`; where none does, its settings are its defaults.
    pub(super) fn names(&self, name: &str) -> bool {
        self.value.get("plugins").is_some_and(|plugins| plugins.get(name).is_some())
    }

    /// Where the value at `path` comes from; where there is none, what holds it.
    pub(super) fn origin(&self, path: &[String]) -> Origin {
        if let [plugins, name, ..] = path
            && plugins == "plugins"
            && !self.names(name)
        {
            return Origin::Default;
        }
        let mut at = &self.tagged;
        for step in path {
            let Some(inner) = inner(at, step) else { break };
            at = inner;
        }
        let metadata = self.stack.figment.get_metadata(at.tag());
        let label = metadata
            .and_then(|metadata| metadata.name.strip_prefix(LABEL))
            .and_then(|nth| nth.parse::<usize>().ok());
        match label.and_then(|nth| self.stack.sources.get(nth)) {
            Some((source, prefix)) => source.origin(prefix, path),
            None => Origin::Default,
        }
    }
}

/// What a host's figment says, for the active profile unless it selects one itself.
pub(super) fn host(figment: &Figment, active: &str) -> Result<(Value, Host), String> {
    let chosen = match figment.profile() {
        profile if *profile == Profile::Default => figment.clone().select(active),
        _ => figment.clone(),
    };
    let tagged = chosen.find_value("").map_err(|error| error.to_string())?;
    Ok((json(&tagged), Host { figment: chosen, tagged }))
}

fn inner<'a>(value: &'a Tagged, step: &str) -> Option<&'a Tagged> {
    match value {
        Tagged::Dict(_, map) => map.get(step),
        Tagged::Array(_, items) => {
            items.get(step.strip_prefix('[')?.strip_suffix(']')?.parse::<usize>().ok()?)
        }
        _ => None,
    }
}

const LABEL: &str = "layer ";

struct Layer<'a> {
    label: String,
    value: &'a Value,
}

impl Provider for Layer<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.label.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = tagged(self.value).into_dict().unwrap_or_default();
        Ok(std::iter::once((Profile::Default, dict)).collect())
    }
}

/// Whether a map of `upper` stands where the schema has variants.
fn chooses(shape: &Shape, schema: &Value, upper: &Value) -> bool {
    let Some(above) = upper.as_object() else { return false };
    let inner = |(key, upper): (&String, &Value)| {
        shape.child(schema, key).is_some_and(|schema| chooses(shape, schema, upper))
    };
    branches(shape.resolve(schema)).next().is_some() || above.iter().any(inner)
}

/// Where `upper` chooses another variant than `lower`, so that the two cannot be one: there it replaces instead of completes.
fn replacements(
    shape: &Shape,
    schema: &Value,
    lower: &Value,
    upper: &Value,
    path: &[String],
    found: &mut Vec<Path>,
) {
    let (Some(below), Some(above)) = (lower.as_object(), upper.as_object()) else { return };
    let resolved = shape.resolve(schema);
    if branches(resolved).next().is_some() {
        let mut both = lower.clone();
        overlay(&mut both, upper);
        let count = |value: &Value| faults(shape, resolved, value, path, Extent::Part).len();
        if count(&both) > count(upper) {
            found.push(path.to_vec());
            return;
        }
    }
    for (key, upper) in above {
        if let (Some(lower), Some(schema)) = (below.get(key), shape.child(schema, key)) {
            replacements(shape, schema, lower, upper, &child(path, key), found);
        }
    }
}

fn overlay(lower: &mut Value, upper: &Value) {
    match (lower, upper) {
        (Value::Object(lower), Value::Object(upper)) => {
            for (key, upper) in upper {
                overlay(lower.entry(key.clone()).or_insert(Value::Null), upper);
            }
        }
        (lower, upper) => *lower = upper.clone(),
    }
}

fn tagged(value: &Value) -> Tagged {
    match value {
        Value::Null => Tagged::Empty(Tag::Default, Empty::None),
        Value::Bool(value) => Tagged::from(*value),
        Value::Number(number) => Tagged::Num(
            Tag::Default,
            match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Num::U64(number),
                (None, Some(number)) => Num::I64(number),
                (None, None) => Num::F64(number.as_f64().unwrap_or_default()),
            },
        ),
        Value::String(text) => Tagged::from(text.as_str()),
        Value::Array(items) => Tagged::Array(Tag::Default, items.iter().map(tagged).collect()),
        Value::Object(map) => {
            Tagged::Dict(Tag::Default, map.iter().map(|(key, value)| (key.clone(), tagged(value))).collect())
        }
    }
}

/// `value` as it comes out of the layers if it is the only one.
pub(super) fn settled(value: &Value) -> Value {
    json(&tagged(value))
}

fn json(value: &Tagged) -> Value {
    match value {
        Tagged::String(_, text) => Value::String(text.clone()),
        Tagged::Char(_, letter) => Value::String(letter.to_string()),
        Tagged::Bool(_, value) => Value::Bool(*value),
        Tagged::Empty(..) => Value::Null,
        Tagged::Num(_, number) => {
            let unsigned =
                number.to_u128_lossy().and_then(|number| u64::try_from(number).ok()).map(Number::from);
            let signed = || number.to_i128().and_then(|number| i64::try_from(number).ok()).map(Number::from);
            let float = || number.to_f64().and_then(Number::from_f64);
            unsigned.or_else(signed).or_else(float).map_or(Value::Null, Value::Number)
        }
        Tagged::Array(_, items) => Value::Array(items.iter().map(json).collect()),
        Tagged::Dict(_, map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), json(value))).collect())
        }
    }
}
