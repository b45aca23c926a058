//! `cargo xtask dev`: builds the app anew whenever its sources change, and puts the new one in the place of the old one when it builds
//! and its plan holds. Until then the old one keeps serving.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, thread};

use crate::app::{self, plugin_features};
use crate::shell::Fault;
use crate::workspace::{self, APP};

/// How to run the app.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these plugins; without it all.
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    features: Vec<String>,
    /// Arguments of the app, such as `--config app.yaml`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

/// Between two looks at the files.
const LOOK: Duration = Duration::from_millis(400);
/// How long the old one may take to stop: its own grace, and a little.
const GRACE: Duration = Duration::from_secs(15);
/// Folders that hold no sources.
const PASSED: [&str; 4] = ["target", ".git", "docs", "data"];

/// Watches until it is interrupted, which ends the app too: both are in the terminal's foreground.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    let metadata = workspace::metadata(root)?;
    let all = plugin_features(workspace::package(&metadata, APP)?);
    let folder = metadata.target_directory.as_std_path().join("dev");
    // What an earlier session ran when it was interrupted; a binary that still runs somewhere needs its file no more.
    let _ = fs::remove_dir_all(&folder);
    let mut session = Session {
        root,
        features: if args.features.is_empty() { all } else { args.features.clone() },
        arguments: &args.arguments,
        folder,
        count: 0,
        serving: None,
    };
    let mut seen = Files::look(root);
    loop {
        session.turn()?;
        loop {
            thread::sleep(LOOK);
            session.notice_exit();
            let now = Files::look(root);
            if let Some(changed) = seen.difference(&now) {
                // An editor or a checkout writes several files; the last of them ends the wait.
                seen = settled(root, now);
                say(&format!("{} has changed", changed.strip_prefix(root).unwrap_or(&changed).display()));
                break;
            }
        }
    }
}

/// Looks until two looks in a row see the same.
fn settled(root: &Path, mut last: Files) -> Files {
    loop {
        thread::sleep(LOOK);
        let now = Files::look(root);
        if last.difference(&now).is_none() {
            return now;
        }
        last = now;
    }
}

fn say(text: &str) {
    eprintln!("dev: {text}");
}

/// What is built and what serves.
struct Session<'a> {
    root: &'a Path,
    features: Vec<String>,
    arguments: &'a [String],
    /// Where the binaries stand that run: cargo writes over its own.
    folder: PathBuf,
    count: u64,
    serving: Option<Serving>,
}

struct Serving {
    child: Child,
    binary: PathBuf,
}

impl Session<'_> {
    /// Builds, checks and exchanges; whatever does not succeed is told and leaves the old one serving.
    fn turn(&mut self) -> Result<(), Fault> {
        let began = Instant::now();
        let built = app::build(self.root, &self.features, false);
        let binary = match built.and_then(|binary| self.set_aside(&binary)) {
            Ok(binary) => binary,
            Err(fault) => return self.stay(&fault.to_string()),
        };
        // As it would start: the same arguments, configuration and environment.
        let checked = Command::new(&binary).arg("plan").args(self.arguments).stdin(Stdio::null()).output();
        let reason = match checked {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()),
            Err(error) => Some(format!("cannot run {}: {error}", binary.display())),
        };
        if let Some(reason) = reason {
            let _ = fs::remove_file(&binary);
            return self.stay(&reason);
        }
        say(&format!("built in {:.1} s", began.elapsed().as_secs_f32()));
        if let Some(old) = self.serving.take() {
            old.stop();
        }
        let child = Command::new(&binary)
            .args(self.arguments)
            .spawn()
            .map_err(|error| Fault::new(format!("cannot run {}: {error}", binary.display())))?;
        self.serving = Some(Serving { child, binary });
        Ok(())
    }

    fn stay(&self, reason: &str) -> Result<(), Fault> {
        eprintln!("{reason}");
        say(if self.serving.is_some() {
            "the old one keeps serving; waiting for a change"
        } else {
            "nothing serves; waiting for a change"
        });
        Ok(())
    }

    /// A copy that the next build does not touch.
    fn set_aside(&mut self, binary: &Path) -> Result<PathBuf, Fault> {
        self.count += 1;
        let extension = std::env::consts::EXE_SUFFIX;
        let copy = self.folder.join(format!("{APP}-{}-{}{extension}", std::process::id(), self.count));
        let copied = fs::create_dir_all(&self.folder).and_then(|()| fs::copy(binary, &copy));
        copied.map_err(|error| Fault::new(format!("cannot write {}: {error}", copy.display())))?;
        Ok(copy)
    }

    /// Says it once where the app has ended by itself.
    fn notice_exit(&mut self) {
        let ended = self.serving.as_mut().and_then(|serving| serving.child.try_wait().ok().flatten());
        if let (Some(status), Some(serving)) = (ended, self.serving.take_if(|_| ended.is_some())) {
            let _ = fs::remove_file(&serving.binary);
            say(&format!("the app has ended, {status}; waiting for a change"));
        }
    }
}

impl Serving {
    /// Asks it to stop, as an operator would, and ends it where it does not.
    fn stop(mut self) {
        if ask_to_stop(self.child.id()) {
            let began = Instant::now();
            while began.elapsed() < GRACE {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        // One that has ended is not killed again.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.binary);
    }
}

/// Sends the signal to terminate; whether that is possible here.
fn ask_to_stop(process: u32) -> bool {
    cfg!(unix)
        && Command::new("kill")
            .args(["-TERM", &process.to_string()])
            .status()
            .is_ok_and(|status| status.success())
}

/// The files of which the app is made, each with when and how long it was written.
#[derive(PartialEq, Eq, Debug)]
struct Files(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Files {
    fn look(root: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            // A folder that has just gone has no files.
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let (path, name) = (entry.path(), entry.file_name());
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() {
                    let name = name.to_string_lossy();
                    let passed = name.starts_with('.') || PASSED.contains(&&*name);
                    // `target` may stand anywhere, the others at the top.
                    if !(passed && (folder == root || name == "target" || name.starts_with('.'))) {
                        folders.push(path);
                    }
                } else if is_source(&path)
                    && let Ok(metadata) = entry.metadata()
                {
                    files.insert(path, (metadata.modified().ok(), metadata.len()));
                }
            }
        }
        Self(files)
    }

    /// A file that is new, gone or changed.
    fn difference(&self, now: &Self) -> Option<PathBuf> {
        let changed = now.0.iter().find(|(path, facts)| self.0.get(*path) != Some(facts));
        let gone = || self.0.iter().find(|(path, _)| !now.0.contains_key(*path));
        changed.or_else(gone).map(|(path, _)| path.clone())
    }
}

/// Sources, manifests and what is built in. Configurations are not: the app follows those by itself.
fn is_source(path: &Path) -> bool {
    let of_app = path.components().any(|part| part.as_os_str() == "assets");
    let extension = path.extension().and_then(|extension| extension.to_str());
    of_app || matches!(extension, Some("rs" | "toml" | "lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "app/src/main.rs",
            "app/assets/page.html",
            "Cargo.toml",
            "target/x.rs",
            "docs/a.rs",
            ".git/b.rs",
            "app/target/c.rs",
            "a.yaml",
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "1").unwrap();
        }
        root
    }

    #[test]
    fn sources_manifests_and_assets_are_watched_and_nothing_that_is_built() {
        let root = workspace();
        let files = Files::look(root.path());
        let names = files.0.keys().map(|path| path.strip_prefix(root.path()).unwrap().to_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["Cargo.toml", "app/assets/page.html", "app/src/main.rs"]);
    }

    #[test]
    fn a_file_that_is_new_or_changed_or_gone_is_a_difference() {
        let root = workspace();
        let before = Files::look(root.path());
        assert_eq!(before.difference(&Files::look(root.path())), None);
        let main = root.path().join("app/src/main.rs");
        fs::write(&main, "12").unwrap();
        let changed = Files::look(root.path());
        assert_eq!(before.difference(&changed).as_deref(), Some(&*main));
        fs::remove_file(&main).unwrap();
        let gone = Files::look(root.path());
        assert_eq!(changed.difference(&gone).as_deref(), Some(&*main));
        assert_eq!(gone.difference(&changed).as_deref(), Some(&*main));
    }

    #[cfg(unix)]
    #[test]
    fn an_app_that_is_asked_to_stop_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (binary, ended) = (folder.path().join("app"), folder.path().join("ended"));
        fs::write(&binary, "").unwrap();
        let script = format!(
            "trap 'echo well > {}; exit 0' TERM; echo; while :; do sleep 0.01; done",
            ended.display()
        );
        let mut child = Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
        // The trap is set when the line has come.
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        Serving { child, binary: binary.clone() }.stop();
        assert_eq!(fs::read_to_string(ended).unwrap(), "well\n");
        assert!(!binary.exists());
    }
}
