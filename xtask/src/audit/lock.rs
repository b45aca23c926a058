//! The committed list of granted permissions: read, written in one stable form, compared with what plugins declare.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use toml_edit::{Document, Table};

use super::permission::{Kind, Permission};
use crate::shell::Fault;

/// Where it stands.
pub(super) const FILE: &str = "plugins/permissions.lock";

const HEADER: &str = "\
# The permissions that plugins are granted. `cargo xtask audit --accept` writes this file from what they declare;
# whoever reviews a change reads here what it may touch from now on.
";

/// What each plugin is granted. A plugin that is granted nothing does not stand in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Lock {
    pub(super) granted: BTreeMap<String, BTreeSet<Permission>>,
}

impl Lock {
    /// Reads the file; where there is none, nothing is granted.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or says what no lock file says.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Fault::new(format!("cannot read {FILE}: {error}"))),
        }
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let wrong = |what: String| {
            Fault::new(format!(
                "{FILE}: {what}\n  help: restore it, or rewrite it with `cargo xtask audit --accept`"
            ))
        };
        let document =
            Document::parse(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        let mut lock = Self::default();
        for (plugin, item) in document.as_table() {
            let table = item.as_table().ok_or_else(|| wrong(format!("`{plugin}` is no plugin's section")))?;
            let permissions =
                section(table).map_err(|key| wrong(format!("`{key}` of `{plugin}` is no permission")))?;
            lock.granted.insert(plugin.to_owned(), permissions);
        }
        Ok(lock)
    }

    /// The file that says this; equal locks give equal texts.
    pub(super) fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        for (plugin, permissions) in self.granted.iter().filter(|(_, permissions)| !permissions.is_empty()) {
            let _ = writeln!(text, "\n[{plugin}]");
            for kind in Kind::ALL {
                let of_kind = permissions.iter().filter(|one| one.kind == kind);
                let values: Vec<_> = of_kind.map(|one| one.value.as_deref()).collect();
                match values[..] {
                    [] => {}
                    [None, ..] => {
                        let _ = writeln!(text, "{} = true", kind.word());
                    }
                    _ => {
                        let _ = writeln!(text, "{} = [", kind.word());
                        // A line each, so that a difference shows no more than what changed.
                        for value in values.into_iter().flatten() {
                            let _ =
                                writeln!(text, "    {},", toml_edit::Value::from(value).to_string().trim());
                        }
                        text.push_str("]\n");
                    }
                }
            }
        }
        text
    }
}

/// The permissions of one plugin, or the key that is none.
fn section(table: &Table) -> Result<BTreeSet<Permission>, String> {
    let mut permissions = BTreeSet::new();
    for (key, item) in table {
        let kind = Kind::of(key).ok_or_else(|| key.to_owned())?;
        match (kind.has_value(), item) {
            (false, item) if item.as_bool() == Some(true) => {
                permissions.insert(Permission { kind, value: None });
            }
            (true, item) if item.is_array() => {
                for value in item.as_array().into_iter().flatten() {
                    let value = Some(value.as_str().ok_or_else(|| key.to_owned())?.to_owned());
                    permissions.insert(Permission { kind, value });
                }
            }
            _ => return Err(key.to_owned()),
        }
    }
    Ok(permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(kind: Kind, value: Option<&str>) -> Permission {
        Permission { kind, value: value.map(ToOwned::to_owned) }
    }

    fn lock() -> Lock {
        let notes = [
            permission(Kind::Process, None),
            permission(Kind::Fs, Some("./data")),
            permission(Kind::Fs, Some("./\"odd\"\\name")),
            permission(Kind::Net, Some("*:443")),
        ];
        let granted = [("zeta", vec![permission(Kind::Env, Some("KEY"))]), ("notes", notes.to_vec())];
        let granted = granted.map(|(name, permissions)| (name.to_owned(), permissions.into_iter().collect()));
        Lock { granted: granted.into() }
    }

    #[test]
    fn what_is_written_is_read_again_and_written_the_same() {
        let text = lock().text();
        let read = Lock::parse(&text).unwrap();
        assert_eq!(read, lock());
        assert_eq!(read.text(), text);
    }

    #[test]
    fn plugins_and_permissions_are_sorted_a_value_to_a_line() {
        let text = lock().text();
        let body = text.strip_prefix(HEADER).unwrap();
        let expected = "\n[notes]\nfs = [\n    './\"odd\"\\name',\n    \"./data\",\n]\nnet = [\n    \"*:443\",\n]\n\
            process = true\n\n[zeta]\nenv = [\n    \"KEY\",\n]\n";
        assert_eq!(body, expected);
    }

    #[test]
    fn a_plugin_without_permissions_leaves_no_trace() {
        let lock = Lock { granted: [("plain".to_owned(), BTreeSet::new())].into() };
        assert_eq!(lock.text(), HEADER);
    }

    #[test]
    fn what_is_no_lock_file_is_refused_with_the_remedy() {
        for (text, names) in [
            ("[notes]\ncamera = true", "`camera` of `notes`"),
            ("[notes]\nprocess = false", "`process` of `notes`"),
            ("[notes]\nfs = \"./data\"", "`fs` of `notes`"),
            ("notes = 5", "`notes` is no plugin's section"),
            ("[notes", "TOML parse error"),
        ] {
            let fault = Lock::parse(text).unwrap_err().to_string();
            assert!(fault.contains(names) && fault.contains("--accept"), "{fault}");
        }
    }
}
