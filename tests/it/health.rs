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
    let health: Vec<_> =
        host.status().await.plugins.into_iter().map(|one| one.health.unwrap().answer).collect();
    let expected = [
        Health::unhealthy("`#[health]` did not answer within 2s"),
        Health::unhealthy("`#[health]` panicked: too hot"),
        Health::Healthy,
    ];
    assert_eq!(health, expected);
    assert_eq!(asked.elapsed().as_secs(), 2);
    host.stop().await;
}

mod monitored {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use plugin_core::observe::HealthStatus;

    use super::*;
    use crate::support::yaml;

    static ASKED: AtomicU32 = AtomicU32::new(0);

    #[plugin]
    mod moody {
        use super::*;

        #[derive(Default)]
        pub struct Moody;

        /// Ill for the first four times.
        #[health(interval = "10s", failures = 3, successes = 2)]
        fn health(_: &Moody) -> Health {
            if ASKED.fetch_add(1, Ordering::SeqCst) < 4 { Health::unhealthy("ill") } else { Health::Healthy }
        }
    }

    #[derive(plugin_core::PluginManager)]
    #[manager(plugins = plugin_core::PluginSet::EMPTY)]
    struct Bare {}

    async fn host(config: &str) -> plugin_core::Running<Bare> {
        ASKED.store(0, Ordering::SeqCst);
        let builder = Bare::builder().registry(None).config(yaml(config));
        builder.plugin::<moody::Moody>().start().await.unwrap()
    }

    async fn told(host: &plugin_core::Running<Bare>) -> HealthStatus {
        host.status().await.plugins.remove(0).health.unwrap()
    }

    // One after another, as they share the count.
    #[tokio::test(start_paused = true)]
    async fn a_monitored_plugin_is_asked_at_intervals_and_its_last_answer_is_told() {
        let host = host("{}").await;
        let next = async || tokio::time::sleep(Duration::from_secs(10)).await;
        for (failures, fit) in [(1, true), (2, true), (3, false), (4, false), (0, false), (0, true)] {
            next().await;
            let health = told(&host).await;
            assert_eq!((health.failures, health.fit), (failures, fit));
            told(&host).await;
        }
        assert_eq!(ASKED.load(Ordering::SeqCst), 6, "whoever reads the status does not ask");
        host.stop().await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(ASKED.load(Ordering::SeqCst), 6, "it is not asked once it has stopped");
        assert!(host.status().await.plugins[0].health.is_none());

        let host = self::host("plugins: { moody: { health: { interval: 1s, failures: 1 } } }").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let health = told(&host).await;
        assert_eq!((health.failures, health.fit), (1, false), "the config stands over the attribute");
        drop(host);

        let host = self::host("plugins: { moody: { health: { interval: 0s } } }").await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(ASKED.load(Ordering::SeqCst), 0, "`0s` switches the monitor off");
        assert_eq!((told(&host).await.failures, told(&host).await.failures), (1, 2));
    }

    #[test]
    fn thresholds_of_nothing_are_refused() {
        let config = "plugins: { moody: { health: { failures: 0 } } }";
        let builder = Bare::builder().registry(None).config(yaml(config)).plugin::<moody::Moody>();
        let errors = builder.settings().unwrap_err().to_string();
        assert!(errors.contains("plugins.moody.health.failures"), "{errors}");
    }
}
