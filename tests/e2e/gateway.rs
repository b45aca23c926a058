//! A running `switchboard` of one test: in a folder of its own, on a free port, killed when it is dropped.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Long for a busy machine; what hangs should fail and not hang the tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the user's documents say.
const GUIDE: &str = "# Espresso machine\n\n## Descaling\n\nDescale the espresso machine every three months with citric acid.\n\n\
                     ## Grinder\n\nThe grinder has forty settings; setting twelve suits espresso.\n";

/// `switchboard`, not started yet, in `folder`.
pub fn switchboard(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.current_dir(folder).args(args).kill_on_drop(true);
    for variable in ["RUST_LOG", "SWITCHBOARD_CONFIG", "PLUGIN_PROFILE"] {
        command.env_remove(variable);
    }
    command
}

/// What a command printed, and how it ended.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `switchboard` to its end.
pub async fn run(folder: &Path, args: &[&str]) -> Ran {
    let output = tokio::time::timeout(PATIENCE, switchboard(folder, args).output()).await;
    let output = output.expect("it ends in time").expect("it can be started");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A running gateway.
pub struct Gateway {
    pub url: String,
    pub client: reqwest::Client,
    process: Child,
    out: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
}

impl Gateway {
    /// Starts it beside a document, with nothing configured but a free port.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts it with more arguments.
    pub async fn start_with(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("docs")).expect("a folder for documents");
        std::fs::write(folder.path().join("docs/guide.md"), GUIDE).expect("a document");
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let mut process = switchboard(folder.path(), &[&["--address", "127.0.0.1:0"], args].concat())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("it can be started");
        let mut out = BufReader::new(process.stdout.take().expect("its stdout")).lines();
        let line = tokio::time::timeout(PATIENCE, out.next_line())
            .await
            .expect("it starts in time")
            .expect("it prints UTF-8");
        let url = line.as_deref().and_then(|line| line.strip_prefix("Switchboard listens on "));
        let Some(url) = url.map(str::to_owned) else {
            panic!("it did not start: {}", read(folder.path(), "log"));
        };
        Self { url, client: reqwest::Client::new(), process, out, folder }
    }

    /// `GET`
    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer")
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: &serde_json::Value) -> reqwest::Response {
        self.client.post(format!("{}{path}", self.url)).json(body).send().await.expect("an answer")
    }

    /// The next line it prints.
    pub async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.out.next_line()).await.expect("a line in time");
        line.expect("it prints UTF-8").expect("another line")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        read(self.folder.path(), "log")
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub async fn signal(&self, name: &str) {
        let id = self.process.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await.expect("`kill` can be run");
        assert!(sent.success());
    }

    /// Waits for its end.
    pub async fn end(&mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.process.wait())
            .await
            .expect("it ends in time")
            .expect("its status")
    }
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default()
}
