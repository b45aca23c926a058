use plugin_core::prelude::*;

#[plugin(
    on_error = skp,
    timeout = 200,
    rate_limit = "600/fortnight",
    max_concurrent = 0,
    retry(attempts = 2, backoff = "0s"),
    breaker(failures = 5, window = "soon")
)]
mod sample {}

fn main() {}
