//! Values of labels, of which there are never many: each is a time series that Prometheus keeps.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use http::Method;

/// What stands for all that is not told apart.
pub(crate) const OTHER: &str = "other";

/// Paths of the gateway, exactly.
const EXACT: &[&str] = &[
    "/",
    "/chat",
    "/health",
    "/ready",
    "/metrics",
    "/openapi.json",
    "/v1/chat/completions",
    "/v1/models",
    "/v1/embeddings",
    "/v1/messages",
    "/api/chat",
    "/api/tags",
];

/// Paths below which there are many.
const BELOW: &[&str] = &["/admin", "/api/v1/admin", "/_plugins"];

/// The paths that are told apart.
#[derive(Debug)]
pub(crate) struct Paths(Vec<String>);

impl Paths {
    pub(crate) fn new(more: Vec<String>) -> Self {
        Self(more)
    }

    /// The label of `path`.
    pub(crate) fn label(&self, path: &str) -> String {
        let exact = EXACT.iter().copied().chain(self.0.iter().map(String::as_str)).find(|one| *one == path);
        let below = || {
            BELOW.iter().copied().find(|one| {
                path.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        exact.or_else(below).unwrap_or(OTHER).to_owned()
    }
}

/// The label of a method.
pub(crate) fn method(method: &Method) -> &'static str {
    const KNOWN: &[Method] = &[
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
    ];
    const NAMES: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.iter().position(|one| one == method).map_or(OTHER, |at| NAMES[at])
}

/// The models that are told apart: those that have answered, the first of them up to a limit. What callers merely ask for makes
/// no label.
#[derive(Debug)]
pub(crate) struct Models {
    limit: usize,
    known: RwLock<HashSet<String>>,
}

impl Models {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, known: RwLock::default() }
    }

    /// The label of a model that has answered.
    pub(crate) fn answered(&self, model: &str) -> String {
        let label = self.asked(model);
        if label != OTHER {
            return label;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= self.limit && !known.contains(model) {
            return label;
        }
        known.insert(model.to_owned());
        model.to_owned()
    }

    /// The label of a model that was asked for.
    pub(crate) fn asked(&self, model: &str) -> String {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(model).cloned().unwrap_or_else(|| OTHER.to_owned())
    }
}
