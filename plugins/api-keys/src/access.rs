//! Who may do what: requests by their path, turns by their model.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use gateway_api::{ChatError, ChatTurn, HttpExchange, HttpFailure, Principal};
use http::StatusCode;
use jiff::Timestamp;
use plugin_core::{Call, PluginError};

use crate::api_keys::Config;
use crate::check::Checks;
use crate::entry::{self, Entry};
use crate::memory::Memory;

/// The permission that a turn needs.
const CHAT: &str = "chat";
/// One text for every key that is not right, whatever is wrong with it.
const UNKNOWN: &str = "this key is not known here";

/// The keys of a gateway.
pub(crate) struct Keys {
    entries: HashMap<String, Entry>,
    /// Whose hash is checked where a name is unknown, so that this takes as long as a wrong key.
    stand_in: Option<String>,
    paths: BTreeMap<String, String>,
    public: Vec<String>,
    memory: Memory,
    checks: Checks,
}

/// Left in the call of a request that needs no key.
#[derive(Debug)]
pub(crate) struct Public;

/// What a request is let in by.
pub(crate) enum Access {
    /// Its path is public.
    Public(Public),
    /// Another plugin has recognised its caller.
    Known,
    /// Its key.
    Recognised(Principal),
}

/// What paths need where the config says nothing.
pub(crate) fn default_paths() -> BTreeMap<String, String> {
    let paths = [
        ("/", CHAT),
        ("/admin", "admin"),
        ("/api/v1/admin", "admin"),
        ("/_plugins", "admin"),
        ("/metrics", "metrics"),
    ];
    paths.map(|(path, permission)| (path.to_owned(), permission.to_owned())).into()
}

impl Keys {
    pub(crate) fn new(config: Config) -> Result<Self, PluginError> {
        let stand_in = config.keys.first().map(|key| key.id.clone());
        Ok(Self {
            entries: entry::read(config.keys)?,
            stand_in,
            paths: config.paths,
            public: config.public_paths,
            memory: Memory::new(Duration::from_secs(config.remember))?,
            checks: Checks::new(config.max_checks),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whom `credential` belongs to; `None` where it is not right.
    pub(crate) async fn authenticate(&self, credential: &str) -> Result<Option<Principal>, ChatError> {
        let Some(id) = entry::id_of(credential) else { return Ok(None) };
        let entry = self.entries.get(id);
        let known = self.memory.knows(id, credential);
        let Some(checked) = entry.or_else(|| self.entries.get(self.stand_in.as_ref()?)) else {
            return Ok(None);
        };
        let right = (known && entry.is_some()) || self.checks.run(credential, checked.hash.clone()).await?;
        let Some(entry) = entry.filter(|_| right) else {
            tracing::debug!("a key was not right");
            return Ok(None);
        };
        if !known {
            self.memory.learn(id, credential);
        }
        // Told only to those who have the key.
        if entry.disabled {
            return Err(ChatError::Unauthenticated(format!("the key `{id}` is out of use")));
        }
        if entry.expires.is_some_and(|end| end <= Timestamp::now()) {
            return Err(ChatError::Unauthenticated(format!("the key `{id}` has expired")));
        }
        Ok(Some(entry.principal.clone()))
    }

    /// Lets a request in, or says why not.
    pub(crate) async fn request(
        &self,
        exchange: &HttpExchange,
        known: Option<&Principal>,
    ) -> Result<Access, HttpFailure> {
        if self.public.contains(&exchange.path) {
            return Ok(Access::Public(Public));
        }
        if let Some(principal) = known {
            self.permit(principal, &exchange.path)?;
            return Ok(Access::Known);
        }
        let Some(credential) = exchange.credential() else {
            let message = "a key is needed: send it as `Authorization: Bearer <key>` or as `x-api-key`";
            return Err(unauthorized(message));
        };
        let principal = self.authenticate(credential).await?.ok_or_else(|| unauthorized(UNKNOWN))?;
        self.permit(&principal, &exchange.path)?;
        Ok(Access::Recognised(principal))
    }

    fn permit(&self, principal: &Principal, path: &str) -> Result<(), HttpFailure> {
        let needed = self.needed(path);
        if principal.may(needed) {
            return Ok(());
        }
        let message = format!("this needs the permission `{needed}`, which `{}` does not have", principal.id);
        Err(HttpFailure::new(StatusCode::FORBIDDEN, "forbidden", message))
    }

    /// The permission that `path` needs; where the config names none, the one that everything needs.
    fn needed(&self, path: &str) -> &str {
        let below = |prefix: &str| {
            let prefix = prefix.trim_end_matches('/');
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fitting = self.paths.iter().filter(|(prefix, _)| below(prefix));
        fitting.max_by_key(|(prefix, _)| prefix.len()).map_or(CHAT, |(_, permission)| permission)
    }

    /// Lets a turn in, whatever transport it came by: it has a principal, or its path was public.
    pub(crate) fn turn(&self, turn: &mut ChatTurn, call: &Call) -> Result<(), ChatError> {
        let found = call.get::<Principal>().map(|principal| (*principal).clone());
        let Some(principal) = found.or_else(|| turn.principal.take()) else {
            if call.get::<Public>().is_some() {
                return Ok(());
            }
            return Err(ChatError::Unauthenticated("a key is needed".to_owned()));
        };
        if !principal.may(CHAT) {
            let message =
                format!("this needs the permission `{CHAT}`, which `{}` does not have", principal.id);
            return Err(ChatError::Forbidden(message));
        }
        if turn.model.is_empty()
            && let Some(first) = self.models(Some(&principal)).and_then(<[_]>::first)
        {
            turn.model.clone_from(first);
        }
        let allowed = if turn.model.is_empty() { Ok(()) } else { self.model(Some(&principal), &turn.model) };
        turn.principal = Some(principal);
        allowed
    }

    /// Whether the principal's key may use `model`.
    pub(crate) fn model(&self, principal: Option<&Principal>, model: &str) -> Result<(), ChatError> {
        match self.models(principal) {
            Some(models) if !models.iter().any(|one| one == model) => {
                Err(ChatError::Forbidden(format!("this key may not use the model `{model}`")))
            }
            _ => Ok(()),
        }
    }

    /// The models of the principal's key; `None` where it has no list.
    fn models(&self, principal: Option<&Principal>) -> Option<&[String]> {
        self.entries.get(principal?.key_id.as_ref()?)?.models.as_deref()
    }
}

fn unauthorized(message: &str) -> HttpFailure {
    HttpFailure::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message)
}

#[cfg(test)]
mod tests;
