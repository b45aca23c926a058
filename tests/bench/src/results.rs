//! All that was measured, part by part, as files of JSON: each part is measured by a process of its own.

use std::path::Path;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::callgrind::Counted;
use crate::point::Fault;
use crate::rounds::{Mode, Timed};

/// What one process measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// `chains.json`: a list of [`Timed`].
    Chains,
    /// `counts.json`: a list of [`Counted`].
    Counts,
    /// `starts.json`: a list of [`Start`].
    Starts,
    /// `depths.json`: a list of [`Depth`].
    Depths,
    /// `web.json`: a list of [`Web`].
    Web,
    /// `size.json`: [`Size`], which `cargo xtask size` writes.
    Size,
}

impl Part {
    fn file(self) -> &'static str {
        match self {
            Self::Chains => "chains.json",
            Self::Counts => "counts.json",
            Self::Starts => "starts.json",
            Self::Depths => "depths.json",
            Self::Web => "web.json",
            Self::Size => "size.json",
        }
    }

    /// Writes the part into `folder`.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(self, folder: &Path, value: &impl Serialize) -> Result<(), Fault> {
        let text = serde_json::to_string(value).map_err(Fault::setup)?;
        std::fs::create_dir_all(folder).map_err(Fault::setup)?;
        let path = folder.join(self.file());
        std::fs::write(&path, text).map_err(|error| Fault::setup(format!("{}: {error}", path.display())))
    }

    /// Reads the part from `folder`; the default where it was not measured.
    fn read<T: DeserializeOwned + Default>(self, folder: &Path) -> Result<T, Fault> {
        let path = folder.join(self.file());
        let Ok(text) = std::fs::read_to_string(&path) else { return Ok(T::default()) };
        serde_json::from_str(&text).map_err(|error| Fault::setup(format!("{}: {error}", path.display())))
    }
}

/// The start of so many plugins; milliseconds, medians.
///
/// Each plugin hooks one of eight points, requires another plugin, needs a capability that one in eight offers, and says which plugin's
/// hooks run before its own.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Start {
    /// How many plugins.
    pub plugins: usize,
    /// `Registry`: what the linker left, put in order.
    pub collect: f64,
    /// `Builder::settings`: the configuration, read, merged and checked.
    pub configure: f64,
    /// `Plan::make`: all rules of the graph, and every order.
    pub plan: f64,
    /// `Builder::start`: all of it, then every `#[init]`, every chain and the manager.
    pub whole: f64,
}

impl Start {
    /// Without the configuration: collected, checked, ordered, started, chains built.
    #[must_use]
    pub fn composed(&self) -> f64 {
        // What two long times leave between them may be less than nothing.
        self.collect + self.plan + (self.whole - self.configure - self.plan).max(0.0)
    }
}

/// A long chain.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Depth {
    /// The kind of its hooks.
    pub kind: String,
    /// How many.
    pub hooks: usize,
    /// Nanoseconds per hook; the median of the rounds.
    pub nanos: f64,
}

/// How one server did; a sample a round.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Web {
    /// How many plugins were active; `None` for the server without any chain.
    pub plugins: Option<usize>,
    /// Requests per second with as many connections as keep both sides busy.
    pub rate: Vec<f64>,
    /// The median latency with one connection, in microseconds.
    pub p50: Vec<f64>,
    /// The 99th of a hundred latencies with one connection, in microseconds.
    pub p99: Vec<f64>,
}

/// What plugins cost a build.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// How many empty plugins were added.
    pub plugins: usize,
    /// Seconds that the first added to a release build in which all else but the app was built.
    pub first: f64,
    /// Seconds that each of all added.
    pub each: f64,
    /// KiB that each added to the release binary, stripped.
    pub kib: f64,
    /// Seconds of rustc that the check of a list of 200 plugins takes.
    pub check_200: f64,
    /// The same for 1,000.
    pub check_1000: f64,
}

/// All parts.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Results {
    /// The times of chains.
    pub times: Vec<Timed>,
    /// Their instructions and allocations.
    pub counts: Vec<Counted>,
    /// Starts.
    pub starts: Vec<Start>,
    /// Long chains.
    pub depths: Vec<Depth>,
    /// Servers.
    pub web: Vec<Web>,
    /// Builds.
    pub size: Option<Size>,
}

impl Results {
    /// What is there of all parts.
    ///
    /// # Errors
    ///
    /// If a file is not what [`Part::write`] writes.
    pub fn read(folder: &Path) -> Result<Self, Fault> {
        Ok(Self {
            times: Part::Chains.read(folder)?,
            counts: Part::Counts.read(folder)?,
            starts: Part::Starts.read(folder)?,
            depths: Part::Depths.read(folder)?,
            web: Part::Web.read(folder)?,
            size: Part::Size.read(folder)?,
        })
    }

    /// The time of a scenario.
    #[must_use]
    pub fn time(&self, group: &str, contender: &str) -> Option<&Timed> {
        self.times.iter().find(|one| one.group == group && one.contender == contender)
    }

    /// How many times as long `contender` takes as `other`.
    #[must_use]
    pub fn ratio(&self, group: &str, contender: &str, other: &str, mode: Option<Mode>) -> Option<f64> {
        self.time(group, contender)?.ratio(self.time(group, other)?, mode)
    }

    /// The counts of a scenario.
    #[must_use]
    pub fn count(&self, group: &str, contender: &str) -> Option<&Counted> {
        self.counts.iter().find(|one| one.group == group && one.contender == contender)
    }

    /// The start of so many plugins.
    #[must_use]
    pub fn start(&self, plugins: usize) -> Option<&Start> {
        self.starts.iter().find(|one| one.plugins == plugins)
    }

    /// The time per hook of a long chain, in nanoseconds.
    #[must_use]
    pub fn depth(&self, kind: &str, hooks: usize) -> Option<f64> {
        self.depths.iter().find(|one| one.kind == kind && one.hooks == hooks).map(|one| one.nanos)
    }

    /// The server with so many plugins.
    #[must_use]
    pub fn web(&self, plugins: Option<usize>) -> Option<&Web> {
        self.web.iter().find(|one| one.plugins == plugins)
    }
}
