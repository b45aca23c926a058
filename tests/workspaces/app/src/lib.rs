//! The app: its list of plugins and its manager. No other line of its code names a plugin.

use api::Job;
#[cfg(feature = "storage")]
use api::Storage;
use plugin_core::{Chain, PluginManager};

plugin_core::plugins! {
    // Sound.
    "file"     => plugin_file: Storage,
    "heap"     => plugin_heap: Storage,
    "notes"    => plugin_notes,
    "digest"   => plugin_digest,
    // Of two times.
    "dated"    => plugin_dated,
    "renewed"  => plugin_renewed,
    // Each a mistake.
    "ahead"    => plugin_ahead,
    "boast"    => plugin_boast: Sheet,
    "library"  => plain_library,
    "paper"    => plugin_paper: Sheet,
    "rock"     => plugin_rock,
    "scissors" => plugin_scissors,
    "stranger" => plugin_stranger,
    "stray"    => plugin_stray,
    "twin"     => plugin_twin,
    "typo"     => plugin_typo,
}

/// Runs jobs.
#[derive(PluginManager)]
pub struct Host {
    pub job: Chain<Job>,
    #[cfg(feature = "storage")]
    pub storage: plugin_core::Provider<dyn Storage>,
}
