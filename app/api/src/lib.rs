//! The contract between Switchboard and its plugins: domain types, hook points, capabilities and events. It knows neither
//! the app nor a plugin.

mod backend;
mod chat;
mod delta;
mod error;
mod event;
mod http;
mod message;
mod principal;
mod storage;

pub use backend::{ChatBackend, ModelInfo};
pub use chat::{ChatTurn, Citation, FinishReason, ModelCall, Reply, Usage, estimate_tokens};
pub use delta::{Deltas, StreamDelta};
pub use error::ChatError;
pub use event::{ReplySent, TurnFailed};
pub use http::{BodyStream, HttpBody, HttpExchange, HttpFailure, HttpResponse, Route, Routes};
pub use message::{Message, Metadata, Role, ToolSpec, ToolUse};
pub use principal::{Authenticator, Principal};
pub use storage::{Storage, StorageError};
