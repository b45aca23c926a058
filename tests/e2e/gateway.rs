//! A running `switchboard` of one test: in a folder of its own, on a free port, killed when it is dropped.

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
#[cfg(unix)]
use tokio::process::Command;
use tokio::process::{Child, ChildStdout};

use crate::binary::{PATIENCE, switchboard};

/// What the user's documents say.
const GUIDE: &str = "# Espresso machine\n\n## Descaling\n\nDescale the espresso machine every three months with citric acid.\n\n\
                     ## Grinder\n\nThe grinder has forty settings; setting twelve suits espresso.\n";

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    process: Child,
    out: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
}

impl Gateway {
    /// Starts it beside a document, with nothing configured but a free port.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts it with more arguments.
    pub(crate) async fn start_with(args: &[&str]) -> Self {
        let guide = |folder: &Path| {
            std::fs::create_dir(folder.join("docs")).expect("a folder for documents");
            std::fs::write(folder.join("docs/guide.md"), GUIDE).expect("a document");
        };
        Self::start_in(guide, args).await
    }

    /// Starts it in a folder that `fill` fills, with more arguments.
    pub(crate) async fn start_in(fill: impl FnOnce(&Path), args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fill(folder.path());
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
    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer")
    }

    /// `POST` of JSON.
    pub(crate) async fn post(&self, path: &str, body: &serde_json::Value) -> reqwest::Response {
        self.client.post(format!("{}{path}", self.url)).json(body).send().await.expect("an answer")
    }

    /// The next line it prints.
    pub(crate) async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.out.next_line()).await.expect("a line in time");
        line.expect("it prints UTF-8").expect("another line")
    }

    /// Writes a file of its folder as editors do: beside it, then in its place.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let beside = self.folder.path().join(format!("{name}.new"));
        std::fs::write(&beside, text).expect("a file");
        std::fs::rename(&beside, self.folder.path().join(name)).expect("its name");
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        read(self.folder.path(), "log")
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.process.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await.expect("`kill` can be run");
        assert!(sent.success());
    }

    /// Waits for its end.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.process.wait())
            .await
            .expect("it ends in time")
            .expect("its status")
    }
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default()
}
