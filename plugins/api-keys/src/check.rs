//! Checking a key against its hash: off the async threads, and never more at once than allowed.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use gateway_api::ChatError;
use tokio::sync::Semaphore;

/// How long a caller waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

/// The checks that may run at once.
pub(crate) struct Checks(Arc<Semaphore>);

impl Checks {
    pub(crate) fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once.max(1))))
    }

    /// Whether `key` has this hash.
    ///
    /// # Errors
    ///
    /// If too many others wait, so that a flood of wrong keys takes no more processors than it was given.
    ///
    /// # Cancellation
    ///
    /// A check that has begun runs to its end and keeps its place until then.
    pub(crate) async fn run(&self, key: &str, hash: Arc<PasswordHash>) -> Result<bool, ChatError> {
        let busy = || ChatError::RateLimited {
            reason: "too many keys are being checked".to_owned(),
            retry_after: Some(Duration::from_secs(1)),
        };
        let place = tokio::time::timeout(PATIENCE, self.0.clone().acquire_owned()).await;
        let place = place.map_err(|_| busy())?.map_err(|_| busy())?;
        let key = key.to_owned();
        let check = tokio::task::spawn_blocking(move || {
            let right = Argon2::default().verify_password(key.as_bytes(), &*hash).is_ok();
            drop(place);
            right
        });
        check.await.map_err(|error| ChatError::Internal(format!("a key could not be checked: {error}")))
    }

    /// The places, for tests that fill them.
    #[cfg(test)]
    pub(crate) fn places(&self) -> Arc<Semaphore> {
        self.0.clone()
    }
}
