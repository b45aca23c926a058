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
        text.parse::<Timestamp>().map_err(|_| {
            format!("`expires` is `{text}`, which is no time: write it like `2030-01-31T00:00:00Z`")
        })
    });
    match (hash(key.hash.expose()), expires.transpose()) {
        (Ok(hash), Ok(expires)) => Ok(Entry {
            principal: Principal {
                id: key.id.clone(),
                roles: key.roles,
                permissions: key.permissions,
                key_id: Some(key.id),
            },
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
    let hash =
        PasswordHash::new(text).map_err(|error| format!("its `hash` is malformed ({error}): {remedy}"))?;
    if hash.algorithm.as_str() != "argon2id" {
        return Err(format!("its `hash` is of `{}`, not of `argon2id`: {remedy}", hash.algorithm));
    }
    let whole = hash.salt.is_some() && hash.hash.is_some() && Params::try_from(&hash).is_ok();
    if whole { Ok(hash) } else { Err(format!("its `hash` lacks parameters, salt or value: {remedy}")) }
}

#[cfg(test)]
pub(crate) mod tests {
    use argon2::password_hash::PasswordHasher;
    use argon2::{Algorithm, Argon2, Version};
    use plugin_core::config::Secret;

    use super::*;

    /// A hash that takes no time worth mentioning.
    pub(crate) fn hash(key: &str) -> String {
        let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
        let hash: PasswordHash = cheap.hash_password(key.as_bytes()).unwrap();
        hash.to_string()
    }

    /// The key `sk-pb-<id>-right`.
    pub(crate) fn cheap(id: &str) -> Key {
        Key { id: id.to_owned(), hash: Secret::new(hash(&key(id, "right"))), ..Key::default() }
    }

    #[test]
    fn a_name_may_have_hyphens() {
        assert_eq!(id_of("sk-pb-team-a-0f"), Some("team-a"));
        assert_eq!(id_of(&key("a_1", "x")), Some("a_1"));
    }

    #[test]
    fn every_mistake_is_told_with_its_entry_and_no_hash() {
        let argon2i = hash("x").replace("argon2id", "argon2i");
        let with =
            |id: &str, hash: &str| Key { id: id.to_owned(), hash: Secret::new(hash), ..Key::default() };
        let keys = vec![
            cheap("a"),
            cheap("a"),
            with("b", "$argon2id$SECRET"),
            with("c", ""),
            with("d", &argon2i),
            with("E!", &hash("x")),
            Key { expires: Some("soon".to_owned()), ..cheap("f") },
        ];
        let text = read(keys).err().unwrap().to_string();
        for part in [
            "`keys[1]` (`a`): an entry before it has the same id",
            "`keys[2]` (`b`): its `hash` is malformed",
            "`keys[3]` (`c`): it has no `hash`",
            "`keys[4]` (`d`): its `hash` is of `argon2i`",
            "`keys[5]` (`E!`): its id must be",
            "`keys[6]` (`f`): `expires` is `soon`",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("SECRET") && !text.contains(&argon2i));
    }
}
