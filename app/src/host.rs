//! What serves: the running gateway, its settings, and how far it is on its way out.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use plugin_core::config::Sources;
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
    /// Where the configuration comes from.
    pub(crate) sources: Sources,
    routes: ArcSwap<PluginRoutes>,
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
    pub(crate) fn new(
        gateway: Running<Gateway>,
        server: Server,
        sources: Sources,
        routes: PluginRoutes,
    ) -> Self {
        Self {
            gateway,
            server,
            sources,
            routes: ArcSwap::from_pointee(routes),
            started: Instant::now(),
            draining: CancellationToken::new(),
            closing: CancellationToken::new(),
        }
    }

    /// The routes that plugins answer.
    pub(crate) fn routes(&self) -> Arc<PluginRoutes> {
        self.routes.load_full()
    }

    /// Asks the plugins again for their routes. Where two want the same one, all stay as they were.
    pub(crate) fn ask_routes(&self) -> Arc<PluginRoutes> {
        match PluginRoutes::collect(&self.gateway.routes) {
            Ok(routes) => self.routes.store(Arc::new(routes)),
            Err(conflict) => tracing::error!(%conflict, "the routes stay as they were"),
        }
        self.routes()
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
