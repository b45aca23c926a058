//! New keys, and hashes of keys that exist.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, try_generate_salt};
use plugin_core::PluginError;
use plugin_core::config::Secret;

use crate::entry;

/// A new key. It serializes with the key in the clear: its maker must read it.
#[derive(serde::Serialize)]
pub(crate) struct Issued {
    /// The key; nobody can show it again.
    pub(crate) key: String,
    /// What goes into `keys` of the config.
    pub(crate) entry: IssuedEntry,
}

/// An entry of the config.
#[derive(Debug, serde::Serialize)]
pub(crate) struct IssuedEntry {
    /// The key's name.
    pub(crate) id: String,
    /// Its hash.
    pub(crate) hash: String,
    /// What its holder may.
    pub(crate) permissions: Vec<String>,
}

/// The hash of a key.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Hashed {
    /// The key's name.
    pub(crate) id: String,
    /// Its hash.
    pub(crate) hash: String,
}

pub(crate) async fn generate(id: String, permissions: Vec<String>) -> Result<Issued, PluginError> {
    if !entry::is_id(&id) {
        return Err(PluginError::new(format!("`{id}` names no key"))
            .hint("use 1 to 64 lower case letters, digits, `-` and `_`"));
    }
    let random = |error| PluginError::new(format!("the system gives no random numbers: {error}"));
    let secret = [try_generate_salt().map_err(random)?, try_generate_salt().map_err(random)?].concat();
    let random: String = secret.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
    let key = entry::key(&id, &random);
    let hash = hash_of(key.clone()).await?;
    Ok(Issued { key, entry: IssuedEntry { id, hash, permissions } })
}

pub(crate) async fn hash(key: Secret) -> Result<Hashed, PluginError> {
    let Some(id) = entry::id_of(key.expose()) else {
        return Err(PluginError::new("this is no key of ours")
            .hint("a key reads `sk-pb-<id>-<random>`; `generate` makes one"));
    };
    Ok(Hashed { id: id.to_owned(), hash: hash_of(key.expose().to_owned()).await? })
}

async fn hash_of(key: String) -> Result<String, PluginError> {
    let work = move || -> Result<PasswordHash, argon2::password_hash::Error> {
        Argon2::default().hash_password(key.as_bytes())
    };
    let hash = tokio::task::spawn_blocking(work).await?;
    hash.map(|hash| hash.to_string())
        .map_err(|error| PluginError::new(format!("the key cannot be hashed: {error}")))
}
