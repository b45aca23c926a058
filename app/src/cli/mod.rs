//! The command line.

mod describe;
pub(crate) mod graph;
mod inspect;
mod log;
mod plan;
mod plugin;
mod svg;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use plugin_core::config::{ConfigErrors, Sources};
use plugin_core::manager::Builder;
use plugin_core::{PluginError, StartError};

use crate::serve::{self, ServeError};
use crate::settings::Server;
use crate::{Gateway, http};

/// An AI and API gateway whose every feature is a plugin.
#[derive(Parser, Debug)]
#[command(name = "switchboard", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Args, Debug, Default)]
struct Options {
    /// The configuration: YAML, TOML or JSON [default: plugins.yaml, if there is one]
    #[arg(long, short, global = true, value_name = "FILE", env = "SWITCHBOARD_CONFIG")]
    config: Option<PathBuf>,
    /// The profile of the configuration, such as `production`
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// Sets one key of the configuration, such as `plugins.memory.enabled=false`; may be given several times
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Where to listen, `host:port`; port 0 takes a free one
    #[arg(long, global = true, value_name = "ADDRESS")]
    address: Option<String>,
    /// How the log on stderr is written
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// A JSON object a line.
    Json,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serves; what `switchboard` alone does
    Serve,
    /// Checks, shows or describes the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Says which plugins there are
    #[command(subcommand)]
    Plugins(PluginsCommand),
    /// Prints which plugin waits for which at start
    Graph {
        /// How it is written
        #[arg(long, default_value = "text")]
        format: graph::Format,
    },
    /// Says what would start, in which order, and with which hooks where, without starting anything
    Plan {
        /// The configuration, instead of the one that `--config` names
        file: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Says why the hooks of a point run in their order, or why a plugin is enabled, what it needs and what it does
    Explain {
        /// The point, such as `ChatTurn`, or the plugin, such as `memory`
        subject: String,
    },
    /// Starts the plugins, runs a command of one of them, and stops
    Run {
        /// The plugin
        plugin: String,
        /// Its command
        command: String,
        /// The arguments, as JSON
        arguments: Option<String>,
    },
}

#[derive(Subcommand, Debug)]
enum ConfigCommand {
    /// Checks a file without starting anything
    Check {
        /// The file
        file: PathBuf,
    },
    /// Prints every value and where it comes from, without secrets
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints the JSON Schema of the file that this binary reads
    Schema,
    /// Prints a file with every key at its default, commented
    Default,
}

#[derive(Subcommand, Debug)]
enum PluginsCommand {
    /// Lists all, also those that are disabled or not in this build
    List {
        /// As JSON, with all that is known of each before it runs
        #[arg(long)]
        json: bool,
    },
}

/// Why a command did not do what it should. Its text is for people.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Routes(#[from] http::RouteConflict),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("{0}")]
    Plugin(PluginError),
    #[error("{0}")]
    Other(String),
}

/// Does what the command line says. 0 where that went well, 1 where it did not; nothing runs any more either way.
pub async fn run(cli: Cli) -> ExitCode {
    let Cli { options, command } = cli;
    let command = command.unwrap_or(Command::Serve);
    if let Err(error) = log::init(options.log_format, matches!(command, Command::Serve)) {
        return failed(&Failure::Other(error));
    }
    let done = match command {
        Command::Serve => {
            serve::serve(options.builder()).await.map(|()| String::new()).map_err(Failure::from)
        }
        Command::Config(ConfigCommand::Check { file }) => inspect::check(&options, &file),
        Command::Config(ConfigCommand::Show { json }) => inspect::show(&options.builder(), json),
        Command::Config(ConfigCommand::Schema) => inspect::schema(&options.builder()),
        Command::Config(ConfigCommand::Default) => inspect::default(&options.builder()),
        Command::Plugins(PluginsCommand::List { json }) => inspect::plugins(&options.builder(), json),
        Command::Graph { format } => inspect::graph(&options.builder(), format),
        Command::Plan { file, json } => inspect::plan(&options.with_file(file), json),
        Command::Explain { subject } => inspect::explain(&options.builder(), &subject),
        Command::Run { plugin, command, arguments } => {
            inspect::run(options.builder(), &plugin, &command, arguments.as_deref()).await
        }
    };
    match done {
        Ok(text) => {
            // Whoever reads it may have seen enough: a closed pipe is no failure.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {failure}");
    ExitCode::FAILURE
}

impl Options {
    /// The gateway over the configuration that the options name.
    fn builder(&self) -> Builder<Gateway> {
        let sources = match &self.config {
            Some(file) => Sources::new().file(file),
            None => Sources::new().optional_file("plugins.yaml"),
        };
        self.over(sources)
    }

    /// The gateway over `file`, or over what the options name where there is none.
    fn with_file(&self, file: Option<PathBuf>) -> Builder<Gateway> {
        file.map_or_else(|| self.builder(), |file| self.over(Sources::new().file(file)))
    }

    /// The gateway over `sources`, with what the command line sets.
    fn over(&self, mut sources: Sources) -> Builder<Gateway> {
        if let Some(profile) = &self.profile {
            sources = sources.profile(profile);
        }
        for (key, value) in &self.set {
            sources = sources.set(key, value);
        }
        if let Some(address) = &self.address {
            sources = sources.set(format!("{}.address", Server::NAME), address);
        }
        Gateway::builder().config(sources).section(Server::section())
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("write `key=value`, such as `plugins.memory.enabled=false`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_stand_before_or_behind_the_command() {
        let cli = Cli::try_parse_from([
            "switchboard",
            "--set",
            "a.b=c=d",
            "config",
            "show",
            "--profile",
            "production",
        ])
        .unwrap();
        assert_eq!(cli.options.set, [("a.b".to_owned(), "c=d".to_owned())]);
        assert_eq!(cli.options.profile.as_deref(), Some("production"));
        assert!(Cli::try_parse_from(["switchboard", "--set", "nothing"]).is_err());
    }
}
