use plugin_core::prelude::*;

#[plugin(
    on_error = "skp",
    timeout("1s"),
    rate_limit(burst = 5, per = "user"),
    retry = 2,
    breaker(falures = 5, failures = 20000, "10s")
)]
mod sample {}

fn main() {}
