//! What to say of a key that is not known: what was meant, and where it belongs.

use super::key::{Path, child};
use super::report::Mistake;
use super::schema::Shape;
use super::{nearest, old_key, words};

/// What to say of a key that `parent` does not have.
pub(super) struct Unknown {
    pub(super) kind: Mistake,
    pub(super) expected: String,
    pub(super) nearest: Option<Path>,
    pub(super) hint: Option<String>,
}

impl Shape {
    /// `path` ends with the key that is unknown.
    pub(super) fn unknown(&self, path: &[String], known: &[&str]) -> Unknown {
        let (key, parent) = path.split_last().map_or(("", path), |(key, parent)| (key.as_str(), parent));
        let local: Vec<&str> = match parent {
            [profiles, _, rest @ ..] if profiles == "profiles" => rest.iter().map(String::as_str).collect(),
            _ => parent.iter().map(String::as_str).collect(),
        };
        let beside = |name: &str| child(parent, name);
        let mut nearest = nearest::nearest(key, known.iter().copied()).map(beside);
        let mut expected = None;
        let mut kind = Mistake::UnknownKey;
        let mut hint = None;
        if let Some((new, why)) = old_key::gone(parent, key) {
            (nearest, hint) = (Some(beside(new)), Some(why));
        }
        match local[..] {
            ["plugins"] => {
                kind = Mistake::UnknownPlugin;
                expected = Some(words::plugins(known));
                let same = |name: &str| name.replace('_', "-").eq_ignore_ascii_case(&key.replace('_', "-"));
                if let Some((name, feature)) = self.absent.iter().find(|(name, _)| same(name)) {
                    kind = Mistake::NotInBuild;
                    expected = Some("a plugin of this build".to_owned());
                    nearest = None;
                    hint = Some(format!(
                        "`{name}` is not in this build; build with `--features {feature}`, or remove the section"
                    ));
                } else if let (None, Some(name)) =
                    (&nearest, nearest::nearest(key, self.absent.iter().map(|(name, _)| name.as_str())))
                {
                    nearest = Some(beside(name));
                    let feature = self
                        .absent
                        .iter()
                        .find(|(known, _)| known == name)
                        .map_or(name, |(_, feature)| feature);
                    hint = Some(format!(
                        "`{name}` is not in this build either; build with `--features {feature}`"
                    ));
                }
            }
            ["plugins", _] => {
                let config = self.at(&child(parent, "config"));
                if config.is_some_and(|config| self.property(config, key).is_some()) {
                    nearest = Some(child(&beside("config"), key));
                    hint = Some(format!("`{key}` is the plugin's own; it stands within `config`"));
                }
            }
            ["plugins", plugin, "config"] => {
                let above = &parent[..parent.len() - 1];
                if known.is_empty() {
                    hint = Some(format!("`{plugin}` takes no config; remove the key"));
                }
                if self.at(above).is_some_and(|settings| self.property(settings, key).is_some()) {
                    nearest = Some(child(above, key));
                    hint = Some(format!("`{key}` stands beside `config`, not within it"));
                }
            }
            _ => {}
        }
        let expected = expected.unwrap_or_else(|| match (&nearest, known.len()) {
            (_, 0) => "no keys here".to_owned(),
            (Some(_), count) if count > words::LISTED => {
                format!("one of the {count} keys that belong here")
            }
            _ => words::keys(known),
        });
        Unknown { kind, expected, nearest, hint }
    }
}
