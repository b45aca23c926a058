//! What `dated` says in forms of plugin API 0.1, `renewed` says as `cargo xtask migrate` rewrites it.
// xtask migrate: keep

use plugin_core::prelude::*;

/// Does everything that has another form since. `every` in a comment, and "every = \"10s\"" in a text, are none.
#[plugin(
    api = "0.1", // of its time
    tags("dated"),
    on_error   = skip, rate_limit(rate = "600/min", /* each */ per=caller),
)]
pub mod dated {
    use super::*;
    use std::sync::Arc;

    #[derive(Default)]
    pub struct Dated {
        pub every: u32,
    }

    #[derive(Event)]
    pub struct Said;

    // Again after a failure,
    #[task(restart = "on-failure", /* but not */ intensity   =3 ,
        period= "1m", // too often
    )]
    async fn restarted(_: Arc<Dated>, _: Shutdown) {}

    #[task(restart = r"never")]
    async fn once(_: Arc<Dated>, _: Shutdown) {
        let (every, period, intensity) = (1, 2, "every = 3");
        let _ = (every, period, intensity);
    }

    #[subscribe(capacity = 5, overflow = drop_oldest)]
    fn heard(_: &Dated, _: &Said) {}

    #[cfg_attr(any(), other::health(every = "1s"))]
    #[plugin_core::health(every = "10s", timeout = "2s")]
    fn health(_: &Dated) -> Health {
        Health::Healthy
    }
}

pub mod further {
    pub mod within {
        use plugin_core::prelude::*;

        #[plugin]
        pub mod second {
            use super::*;

            #[derive(Default)]
            pub struct Second;

            #[health(every = "1m")] fn health(_: &Second) -> Health { Health::Healthy }
        }
    }
}
