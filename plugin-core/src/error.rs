//! What plugin code fails with, and what a start reports.

use std::any::Any;

use crate::hook::ErrorClass;

/// An error of a plugin's own: in `#[init]`, a task, a command, or a hook point without an error type of its own.
///
/// Any [`std::error::Error`] converts into it with `?`. For that reason it is none itself; [`into_boxed`](Self::into_boxed) makes one.
pub struct PluginError {
    message: String,
    hint: Option<String>,
    class: ErrorClass,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl PluginError {
    /// An error that says `message`.
    pub fn new(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), hint: None, class: ErrorClass::Fault, source: None }
    }

    /// What the person who reads it can do.
    #[must_use]
    pub fn hint(mut self, hint: impl std::fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// What was being done when it happened; stands before the message.
    #[must_use]
    pub fn context(mut self, doing: impl std::fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// Says that this is a deliberate refusal, the plugin's answer: it is never skipped, never tried again, and no failure to the
    /// plugin's circuit breaker.
    #[must_use]
    pub fn refusal(mut self) -> Self {
        self.class = ErrorClass::Refusal;
        self
    }

    /// Says that a later try may succeed.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.class = ErrorClass::Transient;
        self
    }

    /// What it means to the guard: a fault, unless [`refusal`](Self::refusal) or [`retryable`](Self::retryable) said otherwise.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.class
    }

    /// Whether a later try may succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.class == ErrorClass::Transient
    }

    /// As a standard error.
    #[must_use]
    pub fn into_boxed(self) -> Box<dyn std::error::Error + Send + Sync> {
        Box::new(Standard(self))
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for PluginError {
    fn from(error: E) -> Self {
        Self {
            message: error.to_string(),
            hint: None,
            class: ErrorClass::Fault,
            source: Some(Box::new(error)),
        }
    }
}

impl std::fmt::Display for PluginError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message)?;
        let mut cause = self.source.as_deref().and_then(std::error::Error::source);
        while let Some(error) = cause {
            write!(out, ": {error}")?;
            cause = error.source();
        }
        if let Some(hint) = &self.hint {
            write!(out, " (help: {hint})")?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for PluginError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, out)
    }
}

#[derive(Debug)]
struct Standard(PluginError);

impl std::fmt::Display for Standard {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for Standard {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// What a panic said, as far as it was text.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic that is no text".to_owned()
    }
}
