//! `switchboard` as a command: started in a folder, and run to its end.

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

/// Long for a busy machine; what hangs should fail and not hang the tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// `switchboard`, not started yet, in `folder`.
pub(crate) fn switchboard(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.current_dir(folder).args(args).kill_on_drop(true);
    for variable in ["RUST_LOG", "SWITCHBOARD_CONFIG", "PLUGIN_PROFILE"] {
        command.env_remove(variable);
    }
    command
}

/// What a command printed, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `switchboard` to its end.
pub(crate) async fn run(folder: &Path, args: &[&str]) -> Ran {
    let output = tokio::time::timeout(PATIENCE, switchboard(folder, args).output()).await;
    let output = output.expect("it ends in time").expect("it can be started");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
