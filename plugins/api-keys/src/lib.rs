//! Recognises callers by hashed API keys.

#![forbid(unsafe_code)]

mod access;
mod check;
mod entry;
mod issue;
mod memory;

use plugin_core::prelude::*;

/// Recognises callers by API keys, of which only hashes are kept, and holds each to its permissions and models.
#[plugin(stage = Security, enabled = false, required, tags("authentication", "authorization"))]
pub mod api_keys {
    use std::collections::BTreeMap;

    use gateway_api::{Authenticator, ChatError, ChatTurn, HttpExchange, HttpFailure, ModelCall, Principal};
    use plugin_core::config::Secret;

    use super::access::{Access, Keys};
    use super::issue::{self, Issued};
    use super::*;

    /// Keys, and what they open.
    #[config]
    pub struct Config {
        /// The keys. `generate` makes one.
        pub keys: Vec<Key>,
        /// Which permission a path needs, with all that is below it; the longest that fits counts.
        #[config(default = super::access::default_paths())]
        pub paths: BTreeMap<String, String>,
        /// Paths that need no key, exactly.
        #[config(default = ["/", "/health", "/ready"].map(str::to_owned).to_vec())]
        pub public_paths: Vec<String>,
        /// For how many seconds a key that was checked is known without another check.
        #[config(default = 300)]
        pub remember: u64,
        /// How many keys are checked at once; each check takes a processor for some tens of milliseconds.
        #[config(default = 2)]
        pub max_checks: usize,
    }

    /// One key.
    #[config(nested)]
    pub struct Key {
        /// Its name, which is part of the key and no secret: lower case letters, digits, `-` and `_`.
        pub id: String,
        /// Its argon2id hash, `$argon2id$…`.
        pub hash: Secret,
        /// What its holder is.
        pub roles: Vec<String>,
        /// What its holder may; `*` is everything.
        #[config(default = vec!["chat".to_owned()])]
        pub permissions: Vec<String>,
        /// The models it may use; all of them where this is absent.
        pub models: Option<Vec<String>>,
        /// When it ends, such as `2030-01-31T00:00:00Z`.
        pub expires: Option<String>,
        /// Whether it is out of use.
        pub disabled: bool,
    }

    /// The argument of `hash`.
    #[config(nested)]
    pub struct HashArguments {
        /// The whole key, `sk-pb-<id>-<random>`.
        pub secret: Secret,
    }

    /// The arguments of `generate`.
    #[config(nested)]
    pub struct GenerateArguments {
        /// The new key's name.
        pub id: String,
        /// What its holder may.
        #[config(default = vec!["chat".to_owned()])]
        pub permissions: Vec<String>,
    }

    /// The keys, and what was learned of them.
    pub struct ApiKeys(Keys);

    #[init]
    fn init(config: Config) -> Result<ApiKeys, PluginError> {
        Ok(ApiKeys(Keys::new(config)?))
    }

    #[hook(before)]
    async fn request(keys: &ApiKeys, exchange: &mut HttpExchange, call: &Call) -> Result<(), HttpFailure> {
        match keys.0.request(exchange, call.get().as_deref()).await? {
            Access::Public(public) => drop(call.insert(public)),
            Access::Known => {}
            Access::Recognised(principal) => {
                call.identify(principal.id.as_str());
                drop(call.insert::<Principal>(principal));
            }
        }
        Ok(())
    }

    #[hook(before)]
    fn turn(keys: &ApiKeys, turn: &mut ChatTurn, call: &Call) -> Result<(), ChatError> {
        keys.0.turn(turn, call)
    }

    // A turn for any model, or one that was routed, gets its model only now.
    #[hook(before)]
    fn attempt(keys: &ApiKeys, asked: &mut ModelCall) -> Result<(), ChatError> {
        keys.0.model(asked.turn.principal.as_ref(), &asked.turn.model)
    }

    #[capability]
    impl Authenticator for ApiKeys {
        async fn authenticate(&self, credential: &str) -> Result<Option<Principal>, ChatError> {
            self.0.authenticate(credential).await
        }
    }

    /// Makes a new key. It is shown this once; the entry goes into the config.
    #[command]
    async fn generate(_: &ApiKeys, arguments: GenerateArguments) -> Result<Issued, PluginError> {
        issue::generate(arguments.id, arguments.permissions).await
    }

    /// Hashes a key that exists, for its entry in the config.
    #[command]
    async fn hash(_: &ApiKeys, arguments: HashArguments) -> Result<issue::Hashed, PluginError> {
        issue::hash(arguments.secret).await
    }

    #[health]
    fn health(keys: &ApiKeys) -> Health {
        if keys.0.is_empty() {
            return Health::degraded("there is no key, so every request is refused: `generate` makes one");
        }
        Health::Healthy
    }
}
