//! Entries of the config, checked: names, hashes and times.

use std::collections::HashMap;
use std::sync::Arc;

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use gateway_api::Principal;
use jiff::Timestamp;
use plugin_core::PluginError;

use crate::api_keys::Key;

/// What every key begins with.
const PREFIX: &str = "sk-pb-";
/// Nobody's key is longer.
const LONGEST: usize = 256;

/// A key that may be used.
pub(crate) struct Entry {
    pub(crate) principal: Principal,
    pub(crate) hash: Arc<PasswordHash>,
    pub(crate) models: Option<Vec<String>>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) disabled: bool,
}

/// The name in a key `sk-pb-<id>-<random>`; `None` where it is no such key.
pub(crate) fn id_of(key: &str) -> Option<&str> {
    if key.len() > LONGEST {
        return None;
    }
    let (id, random) = key.strip_prefix(PREFIX)?.rsplit_once('-')?;
    (is_id(id) && !random.is_empty()).then_some(id)
}

/// Whether `text` may name a key.
pub(crate) fn is_id(text: &str) -> bool {
    let fits = |one: u8| one.is_ascii_lowercase() || one.is_ascii_digit() || one == b'-' || one == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// The key with this name and this random part.
pub(crate) fn key(id: &str, random: &str) -> String {
    format!("{PREFIX}{id}-{random}")
}

/// All entries by name.
///
/// # Errors
///
/// Everything that is wrong with any of them, each named; hashes are not repeated.
pub(crate) fn read(keys: Vec<Key>) -> Result<HashMap<String, Entry>, PluginError> {
    let (mut entries, mut wrong) = (HashMap::new(), Vec::new());
    for (at, key) in keys.into_iter().enumerate() {
        let name = format!("`keys[{at}]` (`{}`)", key.id);
        let mut note = |what: String| wrong.push(format!("{name}: {what}"));
        if !is_id(&key.id) {
            note("its id must be 1 to 64 lower case letters, digits, `-` and `_`".to_owned());
            continue;
        }
        if entries.contains_key(&key.id) {
            note("an entry before it has the same id: give it another".to_owned());
            continue;
        }
        let id = key.id.clone();
        match entry(key) {
            Ok(entry) => drop(entries.insert(id, entry)),
            Err(causes) => causes.into_iter().for_each(note),
        }
    }
    if wrong.is_empty() { Ok(entries) } else { Err(PluginError::new(wrong.join("; "))) }
}

fn entry(key: Key) -> Result<Entry, Vec<String>> {
    let expires = key.expires.map(|text| {
        text.parse::<Timestamp>().map_err(|_| format!("`expires` is `{text}`, which is no time: write it like `2030-01-31T00:00:00Z`"))
    });
    match (hash(key.hash.expose()), expires.transpose()) {
        (Ok(hash), Ok(expires)) => Ok(Entry {
            principal: Principal { id: key.id.clone(), roles: key.roles, permissions: key.permissions, key_id: Some(key.id) },
            hash: Arc::new(hash),
            models: key.models,
            expires,
            disabled: key.disabled,
        }),
        (hash, expires) => Err(hash.err().into_iter().chain(expires.err()).collect()),
    }
}

fn hash(text: &str) -> Result<PasswordHash, String> {
    let remedy = "make one with the command `hash` or `generate`";
    if text.is_empty() {
        return Err(format!("it has no `hash`: {remedy}"));
    }
    let hash = PasswordHash::new(text).map_err(|error| format!("its `hash` is malformed ({error}): {remedy}"))?;
    if hash.algorithm.as_str() != "argon2id" {
        return Err(format!("its `hash` is of `{}`, not of `argon2id`: {remedy}", hash.algorithm));
    }
    let whole = hash.salt.is_some() && hash.hash.is_some() && Params::try_from(&hash).is_ok();
    if whole { Ok(hash) } else { Err(format!("its `hash` lacks parameters, salt or value: {remedy}")) }
}
