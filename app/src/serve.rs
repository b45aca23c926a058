//! Serving: listen, start the plugins, answer, and on a signal drain and stop.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use plugin_core::StartError;
use plugin_core::config::ConfigErrors;
use plugin_core::manager::Builder;
use tokio::net::TcpListener;

use crate::host::Host;
use crate::settings::Server;
use crate::{Gateway, http};

/// What connections get to send their last words, once their time is over.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why it does not serve. Nothing runs then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ServeError {
    /// The configuration, the composition or a required plugin.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The host's own section.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// Routes that two want.
    #[error(transparent)]
    Routes(#[from] http::RouteConflict),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {problem}\n  help: {remedy}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The operating system fails.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// Serves until a signal, SIGTERM or SIGINT, says to stop, and stops in order. A second signal cuts the waiting short.
///
/// # Errors
///
/// If it could not start. What had started is stopped again.
pub(crate) async fn serve(builder: Builder<Gateway>) -> Result<(), ServeError> {
    let (_, settings) = builder.plan()?;
    let sources = builder.sources().clone();
    let server: Server = settings.section(Server::NAME)?;
    // Before any plugin runs: most starts that fail in use fail here.
    let listener = bind(&server.address).await?;
    let address = listener.local_addr()?;
    let mut signals = Signals::listen()?;
    let gateway = builder.start().await?;
    let host = match http::PluginRoutes::collect(&gateway.routes) {
        Ok(routes) => Arc::new(Host::new(gateway, server, sources, routes)),
        Err(conflict) => {
            gateway.stop().await;
            return Err(conflict.into());
        }
    };
    let following = host.gateway.follow(host.sources.clone());
    greet(&host, address);
    let result = answer(&host, listener, &mut signals).await;
    drop(following);
    let report = host.gateway.stop().await;
    match report.is_clean() {
        true => tracing::info!("stopped"),
        false => tracing::warn!("stopped: {report}"),
    }
    result
}

/// Answers until a signal comes and the connections have ended.
async fn answer(host: &Arc<Host>, listener: TcpListener, signals: &mut Signals) -> Result<(), ServeError> {
    let service = http::router(host.clone()).into_make_service_with_connect_info::<SocketAddr>();
    // Pieces of a stream are small and should not wait for each other.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let drained = host.draining.clone().cancelled_owned();
    let mut server =
        tokio::spawn(async move { axum::serve(listener, service).with_graceful_shutdown(drained).await });
    tokio::select! {
        signal = signals.next() => tracing::info!(signal, grace = %host.server.shutdown_grace, "stopping"),
        ended = &mut server => return ended.map_err(std::io::Error::other)?.map_err(ServeError::from),
    }
    host.draining.cancel();
    tokio::select! {
        _ = &mut server => return Ok(()),
        () = tokio::time::sleep(*host.server.shutdown_grace) => tracing::warn!("requests in flight are cut off: their time is over"),
        signal = signals.next() => tracing::warn!(signal, "requests in flight are cut off: a second signal"),
    }
    host.closing.cancel();
    if tokio::time::timeout(LAST_WORDS, &mut server).await.is_err() {
        server.abort();
    }
    Ok(())
}

async fn bind(address: &str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|error| {
        let (problem, remedy) = match error.kind() {
            std::io::ErrorKind::AddrInUse => (
                "another process listens there".to_owned(),
                "stop that process, or take another port: `--address 127.0.0.1:8081`, or port 0 for any that is free",
            ),
            std::io::ErrorKind::PermissionDenied => (
                "this user may not".to_owned(),
                "take a port from 1024 on, such as `--address 127.0.0.1:8080`",
            ),
            std::io::ErrorKind::AddrNotAvailable => (
                "this machine has no such address".to_owned(),
                "take 127.0.0.1 for this machine alone, or 0.0.0.0 for all its addresses",
            ),
            _ => (error.to_string(), "write `host:port`, such as `--address 127.0.0.1:8080` or `server.address` in the configuration"),
        };
        ServeError::Address { address: address.to_owned(), problem, remedy }
    })
}

/// Tells on stdout where it listens and how to try it.
fn greet(host: &Host, address: SocketAddr) {
    // An address that stands for all is none that a client can ask for.
    let reach = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, v6.port()))
        }
        other => other,
    };
    if !address.ip().to_canonical().is_loopback() && !host.authenticates() {
        tracing::warn!(%address, "anybody who reaches this address may chat: no plugin that recognises callers is enabled");
    }
    let mut out = std::io::stdout();
    // Nobody may be reading; it serves all the same.
    let _ = writeln!(
        out,
        "Switchboard listens on http://{reach}\n  try: curl http://{reach}/chat -H 'content-type: application/json' -d '{{\"message\": \"Hello\"}}'"
    );
    let _ = out.flush();
}

/// The signals that say to stop.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one. Cancellation safe.
    #[cfg(unix)]
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}
