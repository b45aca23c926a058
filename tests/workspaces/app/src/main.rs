//! Says what is linked and in which state it is, runs a job and stops.

use app::Host;
use plugin_core::registry::Registry;
// Linked, but not in the list.
#[cfg(feature = "extra")]
use plugin_extra as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    for plugin in Registry::linked().iter() {
        println!("linked {}", plugin.name);
    }
    let host = match Host::builder().start().await {
        Ok(host) => host,
        Err(error) => {
            eprintln!("{error}");
            return std::process::ExitCode::FAILURE;
        }
    };
    for plugin in host.status().await.plugins {
        println!("{} {:?}", plugin.name, plugin.state);
    }
    let done = host.job.run_sync(&mut api::Job, |_| Ok(()));
    println!("job {}", if done.is_ok() { "done" } else { "failed" });
    host.stop().await;
    std::process::ExitCode::SUCCESS
}
