//! The app as these commands see it: which of its features are plugins, how it is built, and what it says of its plugins.

use std::ffi::OsStr;
use std::io::{BufReader, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Message, Package};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::shell::{self, Fault};
use crate::workspace::{self, APP};

/// What the app says of one of its plugins: a part of `switchboard plugins list --json`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) feature: String,
    pub(crate) state: String,
    pub(crate) version: String,
    /// The version of the plugin API that it states.
    pub(crate) api: Option<String>,
    pub(crate) description: String,
    pub(crate) package: String,
    pub(crate) file: String,
    pub(crate) stage: String,
    pub(crate) enabled_by_default: bool,
    pub(crate) required: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) requires: Vec<Requirement>,
    pub(crate) conflicts: Vec<String>,
    pub(crate) permissions: Vec<String>,
    pub(crate) needs: Vec<Need>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) commands: Vec<PluginCommand>,
    pub(crate) config: Vec<Key>,
}

/// A plugin that it requires by name.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Requirement {
    pub(crate) plugin: String,
    pub(crate) version: String,
}

/// A capability that it asks for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Need {
    pub(crate) capability: String,
    pub(crate) count: Count,
}

/// How many providers it asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Count {
    /// It cannot do without.
    One,
    /// One where there is one.
    Optional,
    /// All that there are.
    All,
}

/// One of its hooks.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Hook {
    pub(crate) point: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) priority: i32,
    pub(crate) before: Vec<String>,
    pub(crate) after: Vec<String>,
}

/// A capability that it offers.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Capability {
    pub(crate) name: String,
    pub(crate) attributes: Vec<Attribute>,
}

/// A fact about an offer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Attribute {
    pub(crate) key: String,
    pub(crate) value: serde_json::Value,
}

/// An event that it listens to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) event: String,
    pub(crate) name: String,
}

/// Its background work.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) restart: String,
}

/// A command of it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PluginCommand {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) arguments: Option<serde_json::Value>,
}

/// A key of its config.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Key {
    pub(crate) key: String,
    pub(crate) takes: String,
    pub(crate) default: Option<serde_json::Value>,
    pub(crate) description: String,
    pub(crate) secret: bool,
}

/// The features of the app that are plugins, in the order of their names.
pub(crate) fn plugin_features(app: &Package) -> Vec<String> {
    app.features.keys().filter(|feature| is_plugin(app, feature)).cloned().collect()
}

fn is_plugin(app: &Package, feature: &str) -> bool {
    app.features.get(feature).is_some_and(|enables| enables.iter().any(|one| one.starts_with("dep:plugin-")))
}

/// Cargo's arguments for the app with these features and no others.
pub(crate) fn selection(features: &[String]) -> Vec<String> {
    let mut arguments = ["--package", APP, "--no-default-features"].map(ToOwned::to_owned).to_vec();
    if !features.is_empty() {
        arguments.extend(["--features".to_owned(), features.join(",")]);
    }
    arguments
}

/// Builds the app with these features and no others, shows cargo's progress, and says where the binary is.
///
/// # Errors
///
/// It does not build; cargo has said why.
pub(crate) fn build(root: &Path, features: &[String], release: bool) -> Result<PathBuf, Fault> {
    let mut cargo = shell::cargo(root);
    cargo.arg("build").args(selection(features)).args(release.then_some("--release"));
    cargo.args(["--bin", APP, "--message-format", "json-render-diagnostics"]);
    if std::io::stderr().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        cargo.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = cargo
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Fault::new(format!("cannot run cargo: {error}")))?;
    let mut binary = None;
    if let Some(out) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(out)) {
            if let Ok(Message::CompilerArtifact(artifact)) = message
                && artifact.target.name == APP
                && let Some(path) = artifact.executable
            {
                binary = Some(path.into_std_path_buf());
            }
        }
    }
    let status = child.wait().map_err(|error| Fault::new(format!("cannot run cargo: {error}")))?;
    binary.filter(|_| status.success()).ok_or_else(|| Fault::new(format!("{APP} does not build; see above")))
}

/// The app's binary with these arguments, in a folder without a configuration and without the variables that are one: it
/// speaks of itself then, and not of this machine.
pub(crate) fn alone<I: AsRef<OsStr>>(binary: &Path, arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(binary);
    command.args(arguments).current_dir(binary.parent().unwrap_or(Path::new("."))).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("PLUGIN") || text.starts_with("SWITCHBOARD_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Builds the app with all its plugins, and says where the binary is.
///
/// # Errors
///
/// As [`build`].
pub(crate) fn whole(root: &Path) -> Result<PathBuf, Fault> {
    let metadata = workspace::metadata(root)?;
    build(root, &plugin_features(workspace::package(&metadata, APP)?), false)
}

/// What the binary answers, in JSON.
///
/// # Errors
///
/// It fails, with what it says; or its answer is another than expected.
pub(crate) fn ask<T: DeserializeOwned>(binary: &Path, arguments: &[&str]) -> Result<T, Fault> {
    let output = alone(binary, arguments)
        .output()
        .map_err(|error| Fault::new(format!("cannot run {}: {error}", binary.display())))?;
    let asked = arguments.join(" ");
    if !output.status.success() {
        let says = String::from_utf8_lossy(&output.stderr);
        return Err(Fault::new(format!("`{APP} {asked}` failed: {}", says.trim_end())));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| {
        Fault::new(format!("`{APP} {asked}` says what this command does not understand: {error}"))
    })
}

/// All plugins of the workspace, from a build that has them all.
///
/// # Errors
///
/// The app does not build, or does not say.
pub(crate) fn plugins(root: &Path) -> Result<Vec<Plugin>, Fault> {
    ask(&whole(root)?, &LIST)
}

/// What [`Plugin`]s are read from.
pub(crate) const LIST: [&str; 3] = ["plugins", "list", "--json"];

/// A value as JSON for programs.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Fault> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Fault::new(error.to_string()))?;
    println!("{text}");
    Ok(())
}
