//! Writes a line for each request and each turn.

#![forbid(unsafe_code)]

mod line;

use plugin_core::prelude::*;

/// Writes a line for each request and each turn: who, what, how it ended and how long it took. It never writes what was said,
/// headers, queries or credentials.
#[plugin(stage = Infrastructure, tags("logs"))]
pub mod request_log {
    use gateway_api::{ChatError, ChatTurn, HttpExchange, HttpFailure, HttpResponse, Reply};

    use super::line::{self, Began};
    use super::*;

    /// Which lines are written.
    #[config]
    pub struct Config {
        /// How loud they are.
        #[config(default = Level::Info)]
        pub level: Level,
        /// Paths whose requests are not told, exactly.
        #[config(default = ["/health", "/ready", "/metrics"].map(str::to_owned).to_vec())]
        pub skip_paths: Vec<String>,
    }

    /// How loud a line is.
    #[config(nested)]
    #[derive(Copy, PartialEq, Eq)]
    pub enum Level {
        /// For those who look for a fault in the gateway.
        Trace,
        /// For those who look for a fault in their requests.
        Debug,
        /// For those who run the gateway.
        Info,
    }

    /// The config is all there is; when a call began, the call knows.
    #[derive(Debug)]
    pub struct RequestLog(Config);

    #[init]
    fn init(config: Config) -> RequestLog {
        RequestLog(config)
    }

    // Which of the two looks at the clock first matters to nobody; that it is said keeps the order from being ambiguous.
    #[hook(before, before("metrics"))]
    fn request_begins(_: &RequestLog, _exchange: &HttpExchange, call: &Call) {
        call.insert(Began::<HttpExchange>::now());
    }

    #[hook(before, before("metrics"))]
    fn turn_begins(_: &RequestLog, _turn: &ChatTurn, call: &Call) {
        call.insert(Began::<ChatTurn>::now());
    }

    #[hook(observe)]
    fn request(
        log: &RequestLog,
        exchange: &HttpExchange,
        result: Result<&HttpResponse, &HttpFailure>,
        call: &Call,
    ) {
        if !log.0.skip_paths.contains(&exchange.path) {
            line::request(log.0.level, exchange, result, call);
        }
    }

    #[hook(observe)]
    fn turn(log: &RequestLog, turn: &ChatTurn, result: Result<&Reply, &ChatError>, call: &Call) {
        line::turn(log.0.level, turn, result, call);
    }
}
