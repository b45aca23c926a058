//! `cargo xtask size`: what plugins cost a build, measured in a small workspace of its own with empty plugins that features choose.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::shell::{self, Fault};
use crate::workspace;

/// How many empty plugins there are.
const PLUGINS: usize = 10;
const ROUNDS: usize = 5;

/// How long to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One round only.
    #[arg(long)]
    quick: bool,
}

/// What plugins cost a build.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Size {
    /// Seconds that the first plugin adds to a build in which all else but the app is there.
    first: f64,
    /// Seconds that each of [`PLUGINS`] adds.
    each: f64,
    /// KiB that each adds to the stripped binary.
    kib: f64,
    /// Seconds of rustc for the check of a list of 200 plugins.
    check_200: f64,
    /// The same for 1,000.
    check_1000: f64,
}

impl Size {
    /// As `plugboard-bench report` reads it.
    fn json(&self) -> String {
        let Self { first, each, kib, check_200, check_1000 } = self;
        format!(
            "{{\"plugins\":{PLUGINS},\"first\":{first},\"each\":{each},\"kib\":{kib},\"check_200\":{check_200},\"check_1000\":{check_1000}}}"
        )
    }
}

/// Measures, prints, and leaves the numbers for the report of `cargo xtask bench`.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    let folder = workspace::metadata(root)?.target_directory.into_std_path_buf().join("bench");
    let size = measure(root, &folder, args.quick)?;
    println!(
        "an empty plugin adds {:.2} s to a warm release build, each of {PLUGINS} {:.2} s",
        size.first, size.each
    );
    println!("an empty plugin adds {:.1} KiB to the stripped release binary", size.kib);
    println!(
        "the const check takes {:.3} s at 200 plugins, {:.3} s at 1,000",
        size.check_200, size.check_1000
    );
    Ok(ExitCode::SUCCESS)
}

/// Measures, and writes `size.json` into `folder`.
///
/// # Errors
///
/// If something does not build.
pub(crate) fn measure(root: &Path, folder: &Path, quick: bool) -> Result<Size, Fault> {
    let sample = Sample::write(root, &folder.join("size"))?;
    let counts = [0, 1, PLUGINS];
    let mut bytes = Vec::new();
    for plugins in counts {
        sample.build(plugins)?;
        bytes.push(sample.bytes()?);
    }
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..if quick { 1 } else { ROUNDS } {
        for (plugins, times) in counts.into_iter().zip(&mut times) {
            sample.touch()?;
            times.push(sample.build(plugins)?);
        }
    }
    let [without, one, all] = times.map(|times| median(times).as_secs_f64());
    let (check_200, check_1000) = checks(root)?;
    let size = Size {
        first: one - without,
        each: (all - without) / PLUGINS as f64,
        kib: (bytes[2] as f64 - bytes[0] as f64) / 1024.0 / PLUGINS as f64,
        check_200,
        check_1000,
    };
    write(&folder.join("size.json"), &size.json())?;
    Ok(size)
}

/// What `tests/const_cost.rs` measures, in seconds.
fn checks(root: &Path) -> Result<(f64, f64), Fault> {
    let mut cargo = shell::cargo(root);
    // It only starts other builds, so its own profile is of no weight; this one is there already.
    cargo.args(["bench", "--profile", "dev", "--package", "plugboard-tests", "--bench", "const_cost"]);
    let printed = shell::tee(&mut cargo)?;
    let of = |plugins: usize| printed.lines.iter().find_map(|line| check(line, plugins));
    of(200).zip(of(1000)).ok_or_else(|| Fault::new("the bench `const_cost` did not say what the check takes"))
}

/// `200 plugins: 1.31s without the check, 1.40s with it, so it takes 90.12ms`, in seconds.
fn check(line: &str, plugins: usize) -> Option<f64> {
    let time = line.strip_prefix(&format!("{plugins} plugins: "))?.rsplit_once(' ')?.1;
    let units = [("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9), ("s", 1.0)];
    units
        .into_iter()
        .find_map(|(unit, seconds)| Some(time.strip_suffix(unit)?.parse::<f64>().ok()? * seconds))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// An app and the plugins that its features choose, in a workspace of their own.
struct Sample {
    folder: PathBuf,
}

impl Sample {
    /// Writes it, with the dependencies that this workspace has locked.
    fn write(root: &Path, folder: &Path) -> Result<Self, Fault> {
        let sample = Self { folder: folder.to_owned() };
        let core = root.join("plugin-core");
        write(&folder.join("Cargo.toml"), &WORKSPACE.replace("CORE", &format!("{core:?}")))?;
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
            .map_err(|error| Fault::new(format!("the workspace's Cargo.lock cannot be copied: {error}")))?;
        let plugins: Vec<String> = (0..PLUGINS).map(name).collect();
        let features = plugins.iter().map(|name| format!("{name} = [\"dep:{name}\"]\n")).collect::<String>();
        let paths = plugins
            .iter()
            .map(|name| format!("{name} = {{ path = \"../plugins/{name}\", optional = true }}\n"))
            .collect::<String>();
        let manifest = format!("{}\n[features]\n{features}\n[dependencies]\n{APP}{paths}", package("app"));
        write(&folder.join("app/Cargo.toml"), &manifest)?;
        for plugin in &plugins {
            let manifest = format!("{}\n[dependencies]\nplugin-core.workspace = true\n", package(plugin));
            write(&folder.join("plugins").join(plugin).join("Cargo.toml"), &manifest)?;
        }
        sample.touch()?;
        Ok(sample)
    }

    /// Writes every source anew, so that all of it is compiled again.
    fn touch(&self) -> Result<(), Fault> {
        let mut list = String::new();
        for plugin in (0..PLUGINS).map(name) {
            let module = plugin.replace('-', "_");
            list.push_str(&format!("    {plugin:?} => {module},\n"));
            let source = PLUGIN.replace("MODULE", &module);
            write(&self.folder.join("plugins").join(&plugin).join("src/lib.rs"), &source)?;
        }
        write(&self.folder.join("app/src/main.rs"), &MAIN.replace("LIST", &list))
    }

    /// Builds the app with the first so many plugins and tells how long it took.
    fn build(&self, plugins: usize) -> Result<Duration, Fault> {
        let features = (0..plugins).map(name).collect::<Vec<_>>().join(",");
        let mut cargo = shell::cargo(&self.folder);
        cargo.args([
            "build",
            "--release",
            "--quiet",
            "--offline",
            "--package",
            "app",
            "--features",
            &features,
        ]);
        // Shared with nothing: a lock would be measured too.
        cargo.env("CARGO_TARGET_DIR", self.target()).env("CARGO_BUILD_BUILD_DIR", self.target());
        let begun = Instant::now();
        shell::succeed(&mut cargo, &format!("an app with {plugins} empty plugins does not build"))?;
        Ok(begun.elapsed())
    }

    fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    fn bytes(&self) -> Result<u64, Fault> {
        let binary = self.target().join("release/app").with_extension(std::env::consts::EXE_EXTENSION);
        let file = fs::metadata(&binary)
            .map_err(|error| Fault::new(format!("there is no {}: {error}", binary.display())))?;
        Ok(file.len())
    }
}

fn name(at: usize) -> String {
    format!("empty-{at}")
}

fn package(name: &str) -> String {
    format!("[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n")
}

fn write(path: &Path, text: &str) -> Result<(), Fault> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, text))
        .map_err(|error| Fault::new(format!("{} cannot be written: {error}", path.display())))
}

const WORKSPACE: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"app\", \"plugins/*\"]\n\n\
    [workspace.dependencies]\nplugin-core = { path = CORE }\n\n[profile.release]\npanic = \"unwind\"\nstrip = true\n";

const APP: &str = "plugin-core.workspace = true\n\
    tokio = { version = \"1\", default-features = false, features = [\"macros\", \"rt\"] }\n";

const PLUGIN: &str = "//! A plugin that does nothing.

use plugin_core::prelude::*;

/// Does nothing.
#[plugin]
pub mod MODULE {
    /// Holds nothing.
    #[derive(Default)]
    pub struct Nothing;
}
";

const MAIN: &str = "//! Starts what is built in and stops again.

plugin_core::plugins! {
LIST}

/// Runs nothing.
#[derive(plugin_core::PluginManager)]
struct Host {}

#[tokio::main(flavor = \"current_thread\")]
async fn main() -> std::process::ExitCode {
    match Host::builder().start().await {
        Ok(host) => {
            host.stop().await;
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!(\"{error}\");
            std::process::ExitCode::FAILURE
        }
    }
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_check_is_read_in_any_unit() {
        let line = |time| format!("200 plugins: 1.31s without the check, 1.40s with it, so it takes {time}");
        assert_eq!(check(&line("90.12ms"), 200), Some(0.09012));
        assert_eq!(check(&line("1.50s"), 200), Some(1.5));
        assert_eq!(check(&line("90.12ms"), 1000), None);
    }

    #[test]
    fn a_sample_is_a_whole_workspace() {
        let folder = tempfile::tempdir().unwrap();
        Sample::write(&workspace::root(), folder.path()).unwrap();
        let metadata = workspace::metadata(folder.path()).unwrap();
        let app = workspace::package(&metadata, "app").unwrap();
        assert_eq!(app.features.len(), PLUGINS);
        assert_eq!(metadata.workspace_packages().len(), PLUGINS + 1);
        let main = fs::read_to_string(folder.path().join("app/src/main.rs")).unwrap();
        assert!(main.contains("\"empty-0\" => empty_0,"), "{main}");
    }
}
