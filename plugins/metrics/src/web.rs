//! HTTP requests.

use gateway_api::{HttpExchange, HttpFailure, HttpResponse};
use metrics::Label;
use plugin_core::Call;

use crate::labels;
use crate::recorder::{InFlight, Metrics, REQUEST_SECONDS, REQUESTS};

/// A request that is being answered, in its call.
struct Request(InFlight);

impl Metrics {
    pub(crate) fn request_begins(&self, call: &Call) {
        call.insert(Request(self.request_in_flight()));
    }

    pub(crate) fn request(
        &self,
        exchange: &HttpExchange,
        result: Result<&HttpResponse, &HttpFailure>,
        call: &Call,
    ) {
        let status = result.map_or_else(|failure| failure.status, |response| response.status);
        let mut labels = vec![
            Label::new("method", labels::method(&exchange.method)),
            Label::new("path", self.paths.label(&exchange.path)),
        ];
        if let Some(request) = call.get::<Request>() {
            self.histogram(REQUEST_SECONDS, labels.clone()).record(request.0.end());
        }
        labels.push(Label::new("status", status.as_str().to_owned()));
        self.counter(REQUESTS, labels).increment(1);
    }
}
