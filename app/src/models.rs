//! Which backend has which model.

use futures_util::future::join_all;
use gateway_api::{ChatBackend, ChatError, ModelInfo};
use plugin_core::Provider;

use crate::host::Host;

/// The name that stands for whatever model the gateway takes by default.
pub(crate) const DEFAULT: &str = "default";

/// A backend and what it says it has.
type Offer = (Provider<dyn ChatBackend>, Result<Vec<ModelInfo>, ChatError>);

/// Every model of every backend, in the order of the backends' names. A backend that cannot say is left out and logged.
pub(crate) async fn list(host: &Host) -> Vec<ModelInfo> {
    offers(host).await.into_iter().filter_map(|(_, models)| models.ok()).flatten().collect()
}

/// The backend that has the model `asked`, and the model's name: of several the first by name.
///
/// # Errors
///
/// [`ChatError::UnknownModel`] with all that there are; what a backend failed with where that may be the one that has it.
pub(crate) async fn find(host: &Host, asked: &str) -> Result<(Provider<dyn ChatBackend>, String), ChatError> {
    let asked = match (asked, &host.server.default_model) {
        ("" | DEFAULT, Some(default)) => default,
        (asked, _) => asked,
    };
    let any = matches!(asked, "" | DEFAULT);
    let mut known = Vec::new();
    let mut failed = None;
    for (backend, models) in offers(host).await {
        let models = match models {
            Ok(models) => models,
            Err(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        if let Some(model) = models.iter().find(|model| any || model.id == asked) {
            return Ok((backend, model.id.clone()));
        }
        known.extend(models.into_iter().map(|model| model.id));
    }
    match failed {
        Some(error) => Err(error),
        None if host.gateway.backends.is_empty() => Err(ChatError::Unavailable(
            "no plugin that answers is running; enable one, such as `local`, in the configuration".to_owned(),
        )),
        None => Err(ChatError::UnknownModel { model: asked.to_owned(), known }),
    }
}

async fn offers(host: &Host) -> Vec<Offer> {
    let asked = host.gateway.backends.iter().map(|backend| async move {
        let models = backend.models().await;
        if let Err(error) = &models {
            tracing::warn!(backend = backend.plugin(), %error, "a backend does not say which models it has");
        }
        (backend, models)
    });
    join_all(asked).await
}
