//! The commands that look at the configuration and the composition, and the one that runs a plugin's command. Each yields what
//! is to be printed.

use std::fmt::Write;
use std::path::Path;

use plugin_core::config::{self, Sources};
use plugin_core::graph::{Absent, Entry, FieldNeed};
use plugin_core::manager::Builder;
use plugin_core::{PluginDescriptor, PluginManager};
use serde_json::Value;

use super::describe::Listed;
use super::graph::{Format, Graph};
use super::plan::Preview;
use super::plugin;
use super::{Failure, Options};
use crate::Gateway;
use crate::settings::Server;

/// `config check FILE`
pub(super) fn check(options: &Options, file: &Path) -> Result<String, Failure> {
    let (plan, settings) = options.over(Sources::new().file(file)).plan()?;
    settings.section::<Server>(Server::NAME)?;
    let mut out =
        format!("{}: ok, profile {}, {} plugins\n", file.display(), settings.profile(), plan.plugins().len());
    for old in settings.old_keys() {
        out.push_str(&format!("warning: {old}\n"));
    }
    for note in plan.notes() {
        out.push_str(&format!("note: {note}\n"));
    }
    for ambiguity in plan.ambiguities() {
        out.push_str(&format!("note: {ambiguity}\n"));
    }
    Ok(out)
}

/// `config show`
pub(super) fn show(builder: &Builder<Gateway>, json: bool) -> Result<String, Failure> {
    let settings = builder.settings()?;
    if json { pretty(&settings.show()) } else { Ok(settings.show().to_string()) }
}

/// `config schema`
pub(super) fn schema(builder: &Builder<Gateway>) -> Result<String, Failure> {
    pretty(&config::schema(builder.entries(), builder.sections()))
}

/// `config default`
pub(super) fn default(builder: &Builder<Gateway>) -> Result<String, Failure> {
    config::default_file(builder.entries(), builder.sections()).map_err(Failure::Plugin)
}

/// `plugins list`
pub(super) fn plugins(builder: &Builder<Gateway>, json: bool) -> Result<String, Failure> {
    let settings = builder.settings()?;
    if json {
        let entries = builder.entries().iter();
        return pretty(
            &entries.map(|one| Listed::of(one, settings.plugin(one.name()).enabled)).collect::<Vec<_>>(),
        );
    }
    let mut rows = vec![["NAME", "VERSION", "STATE", "OFFERS", "WHAT IT DOES"].map(str::to_owned)];
    for entry in builder.entries() {
        rows.push(match entry.plugin {
            Ok(plugin) => {
                let state = if settings.plugin(plugin.name).enabled { "enabled" } else { "disabled" };
                let offers =
                    plugin.capabilities.iter().map(|one| one.capability.name).collect::<Vec<_>>().join(", ");
                [plugin.name, plugin.version.text, state, &offers, summary(plugin)].map(str::to_owned)
            }
            Err(Absent::Disabled(plugin)) => [plugin.name, "", "disabled", "", ""].map(str::to_owned),
            Err(Absent::Feature) => {
                let remedy = format!("not in this build; its feature is `{}`", entry.feature);
                [entry.name().to_owned(), String::new(), "absent".to_owned(), String::new(), remedy]
            }
        });
    }
    Ok(table(&rows))
}

fn summary(plugin: &PluginDescriptor) -> &'static str {
    plugin.description.trim().lines().next().unwrap_or_default()
}

fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// `graph`
pub(super) fn graph(builder: &Builder<Gateway>, format: Format) -> Result<String, Failure> {
    let (plan, _) = builder.plan()?;
    Ok(Graph::of(&plan).write(format))
}

/// `plan [FILE]`
pub(super) fn plan(builder: &Builder<Gateway>, json: bool) -> Result<String, Failure> {
    let (plan, settings) = builder.plan()?;
    settings.section::<Server>(Server::NAME)?;
    let preview = Preview::of(&plan, &settings, builder.entries());
    if json { pretty(&preview) } else { Ok(preview.text()) }
}

/// `explain POINT` and `explain PLUGIN`
pub(super) fn explain(builder: &Builder<Gateway>, subject: &str) -> Result<String, Failure> {
    let (plan, settings) = builder.plan()?;
    if let Some(text) = plan.explain(subject) {
        return Ok(text + "\n");
    }
    if let Some(entry) = builder.entries().iter().find(|entry| entry.name() == subject) {
        return Ok(plugin::explain(entry, &plan, &settings));
    }
    let points = Gateway::SPEC.fields.iter().filter_map(|field| match &field.need {
        FieldNeed::Chain(point) => Some(point.name),
        _ => None,
    });
    let points: Vec<&str> = points.collect();
    if points.contains(&subject) {
        return Ok(format!("{subject}\n  no enabled plugin hooks it\n"));
    }
    let plugins: Vec<&str> = builder.entries().iter().map(Entry::name).collect();
    Err(Failure::Other(format!(
        "the gateway runs no point `{subject}`, and no plugin is called so\n  help: the points are {}; the plugins are {}",
        points.join(", "),
        plugins.join(", ")
    )))
}

/// `run PLUGIN COMMAND [JSON]`
pub(super) async fn run(
    builder: Builder<Gateway>,
    plugin: &str,
    command: &str,
    arguments: Option<&str>,
) -> Result<String, Failure> {
    let arguments = match arguments.map(serde_json::from_str::<Value>) {
        None => Value::Null,
        Some(Ok(arguments)) => arguments,
        Some(Err(error)) => {
            let help = "help: write them as one JSON text, such as '{\"limit\": 5}'";
            return Err(Failure::Other(format!("the arguments are not valid JSON: {error}\n  {help}")));
        }
    };
    let gateway = builder.start().await?;
    let result = if gateway.commands().any(|(of, one)| of.name == plugin && one.name == command) {
        gateway.command(plugin, command, arguments).await.map_err(Failure::Plugin)
    } else {
        let mut text = format!("no running plugin has the command `{plugin} {command}`\n  help: there are");
        for (of, one) in gateway.commands() {
            // A `String` takes whatever is written.
            let _ = write!(
                text,
                "\n    {} {}  {}",
                of.name,
                one.name,
                one.description.trim().lines().next().unwrap_or_default()
            );
        }
        if gateway.commands().next().is_none() {
            text.push_str(" none");
        }
        Err(Failure::Other(text))
    };
    gateway.stop().await;
    match result? {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text + "\n"),
        value => pretty(&value),
    }
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| Failure::Other(error.to_string()))
}
