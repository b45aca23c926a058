//! Chat turns.

use gateway_api::{ChatError, ChatTurn, Reply};
use metrics::Label;
use plugin_core::Call;

use crate::labels::OTHER;
use crate::recorder::{InFlight, Metrics, TOKENS, TURN_SECONDS, TURNS};

/// A turn that is running, in its call.
struct Turn(InFlight);

impl Metrics {
    pub(crate) fn turn_begins(&self, call: &Call) {
        call.insert(Turn(self.turn_in_flight()));
    }

    pub(crate) fn turn(&self, turn: &ChatTurn, result: Result<&Reply, &ChatError>, call: &Call) {
        let (model, backend, outcome) = match result {
            Ok(reply) => (self.models.answered(&reply.model), reply.backend.clone(), "ok"),
            Err(error) => (self.models.asked(&turn.model), failing(error), error.code()),
        };
        let labels = vec![Label::new("model", model), Label::new("backend", backend)];
        if let Some(turn) = call.get::<Turn>() {
            self.histogram(TURN_SECONDS, labels.clone()).record(turn.0.end());
        }
        let with = |key: &'static str, value: &'static str| {
            let mut labels = labels.clone();
            labels.push(Label::from_static_parts(key, value));
            labels
        };
        self.counter(TURNS, with("outcome", outcome)).increment(1);
        if let Ok(reply) = result {
            self.counter(TOKENS, with("direction", "in")).increment(reply.usage.prompt_tokens.into());
            self.counter(TOKENS, with("direction", "out")).increment(reply.usage.completion_tokens.into());
        }
    }
}

/// The backend that failed, where one did: plugins' names, so never many.
fn failing(error: &ChatError) -> String {
    match error {
        ChatError::Backend { backend, .. } | ChatError::Timeout { backend } => backend.clone(),
        _ => OTHER.to_owned(),
    }
}
