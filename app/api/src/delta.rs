//! A reply in pieces.

use plugin_core::HookPoint;
use tokio::sync::mpsc;

use crate::error::ChatError;

/// One piece of a streamed reply on its way to the caller. Hooks never await here; what they keep from piece to piece they
/// leave in the `Call`, which is one for all pieces of a turn.
#[derive(Clone, PartialEq, Eq, Debug, Default, HookPoint)]
#[hook_point(output = (), error = ChatError, classify = ChatError::class, sync)]
pub struct StreamDelta {
    /// The text. A hook that must see more first takes it out and gives it back with a later piece.
    pub text: String,
    /// Whether no piece follows. The last piece may have no text; whoever held some back gives it back now.
    pub last: bool,
}

/// Where a backend puts the pieces of its reply. Costs nothing where nobody wants them.
#[derive(Clone, Debug, Default)]
pub struct Deltas {
    sender: Option<mpsc::Sender<String>>,
}

impl Deltas {
    /// For a caller who waits for the whole reply.
    #[must_use]
    pub fn ignored() -> Self {
        Self::default()
    }

    /// For a caller who takes pieces; at most `capacity` of them wait.
    #[must_use]
    pub fn channel(capacity: usize) -> (Self, mpsc::Receiver<String>) {
        let (sender, receiver) = mpsc::channel(capacity);
        (Self { sender: Some(sender) }, receiver)
    }

    /// Whether pieces are wanted.
    #[must_use]
    pub fn wanted(&self) -> bool {
        self.sender.is_some()
    }

    /// Hands a piece over and waits while the caller is slow. A caller who has gone is not waited for: the backend's future is
    /// dropped then.
    pub async fn send(&self, text: impl Into<String>) {
        if let Some(sender) = &self.sender {
            // The receiver is gone only when the run is about to be dropped.
            let _ = sender.send(text.into()).await;
        }
    }
}
