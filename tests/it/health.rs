//! What plugins say of their health, and what stands for those that do not say.

use plugin_core::config::Sources;
use plugin_core::prelude::*;

#[plugin]
mod hangs {
    use super::*;

    #[derive(Default)]
    pub struct Hangs;

    #[health]
    async fn health(_: &Hangs) -> Health {
        std::future::pending().await
    }
}

#[plugin]
mod panics {
    use super::*;

    #[derive(Default)]
    pub struct Panics;

    #[health]
    fn health(_: &Panics) -> Health {
        panic!("too hot")
    }
}

#[plugin]
mod silent {
    use super::*;

    #[derive(Default)]
    pub struct Silent;

    #[hook(observe)]
    fn see(_: &Silent, _: &Look, _: Result<&(), &PluginError>) {}
}

/// A look.
#[derive(HookPoint)]
pub struct Look;

#[derive(plugin_core::PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    #[expect(dead_code, reason = "the manager runs it, this test does not")]
    look: Chain<Look>,
}

#[tokio::test(start_paused = true)]
async fn a_plugin_that_hangs_or_panics_when_asked_is_unhealthy_and_delays_nobody() {
    let builder = Host::builder().registry(None).config(Sources::new().environment([]));
    let builder = builder.plugin::<hangs::Hangs>().plugin::<panics::Panics>().plugin::<silent::Silent>();
    let host = builder.start().await.unwrap();
    let asked = tokio::time::Instant::now();
    let health: Vec<_> = host.status().await.plugins.into_iter().map(|one| one.health.unwrap()).collect();
    let expected = [
        Health::unhealthy("`#[health]` did not answer within 2s"),
        Health::unhealthy("`#[health]` panicked: too hot"),
        Health::Healthy,
    ];
    assert_eq!(health, expected);
    assert_eq!(asked.elapsed().as_secs(), 2);
    host.stop().await;
}
