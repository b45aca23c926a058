//! Keys that were checked lately, remembered as keyed digests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::try_generate_salt;
use blake2::Blake2sMac256;
use blake2::digest::{CtOutput, KeyInit, Mac};
use plugin_core::PluginError;
use tokio::time::Instant;

/// For each name at most one key, by a digest under a secret of this process: a memory dump shows no key, and comparing takes
/// the same time for every wrong one.
pub(crate) struct Memory {
    mac: Blake2sMac256,
    keep: Duration,
    known: Mutex<HashMap<String, (CtOutput<Blake2sMac256>, Instant)>>,
}

impl Memory {
    pub(crate) fn new(keep: Duration) -> Result<Self, PluginError> {
        let random = |error| PluginError::new(format!("the system gives no random numbers: {error}"));
        let secret = [try_generate_salt().map_err(random)?, try_generate_salt().map_err(random)?].concat();
        let mac = Blake2sMac256::new_from_slice(&secret)?;
        Ok(Self { mac, keep, known: Mutex::default() })
    }

    /// Whether `key` was checked lately.
    pub(crate) fn knows(&self, id: &str, key: &str) -> bool {
        let digest = self.digest(key);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).is_some_and(|(known, until)| *known == digest && Instant::now() < *until)
    }

    /// Remembers that `key` was checked and is right.
    pub(crate) fn learn(&self, id: &str, key: &str) {
        let entry = (self.digest(key), Instant::now() + self.keep);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), entry);
    }

    fn digest(&self, key: &str) -> CtOutput<Blake2sMac256> {
        self.mac.clone().chain_update(key).finalize()
    }
}
