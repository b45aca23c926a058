//! What several tests share.

pub mod builds;

/// The pages whose blocks of Rust are whole programs: rustdoc compiles and runs them.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../docs/audit.md")]
    mod audit {}
    #[doc = include_str!("../docs/migrate.md")]
    mod migrate {}
}
