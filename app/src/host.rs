//! What serves: the running gateway, its settings, and how far it is on its way out.

use std::time::Instant;

use plugin_core::{Capability, Running};
use tokio_util::sync::CancellationToken;

use crate::Gateway;
use crate::http::PluginRoutes;
use crate::settings::Server;

/// A started gateway, as every request sees it.
pub(crate) struct Host {
    /// The plugins' side.
    pub(crate) gateway: Running<Gateway>,
    /// The host's own settings.
    pub(crate) server: Server,
    /// The routes that plugins answer.
    pub(crate) routes: PluginRoutes,
    /// When it started.
    pub(crate) started: Instant,
    /// Cancelled at the signal to stop: no new work is wanted.
    pub(crate) draining: CancellationToken,
    /// Cancelled when the time for work in flight is over: whatever still runs ends with an error.
    pub(crate) closing: CancellationToken,
}

impl Host {
    /// What serves `gateway`, whose plugins answer `routes`.
    #[must_use]
    pub(crate) fn new(gateway: Running<Gateway>, server: Server, routes: PluginRoutes) -> Self {
        Self {
            gateway,
            server,
            routes,
            started: Instant::now(),
            draining: CancellationToken::new(),
            closing: CancellationToken::new(),
        }
    }

    /// Whether callers must show who they are before they may administrate. A plugin that should recognise them and has failed
    /// counts: nothing opens up because it is gone.
    pub(crate) fn authenticates(&self) -> bool {
        let id = <dyn gateway_api::Authenticator as Capability>::ID.id;
        let offers = |plugin: &plugin_core::PluginDescriptor| {
            plugin.capabilities.iter().any(|one| one.capability.id == id)
        };
        self.gateway.plan().plugins().iter().any(|plugin| offers(plugin))
    }
}
