//! `cargo xtask audit`: what the source of each plugin touches, against what the plugin declares, against what was granted.
//!
//! manifest → [`package`], source → [`load`] → [`collect`] and [`tokens`] → [`program`] → [`resolve`] and [`known`] → [`needs`] →
//! [`judge`], with [`plugin`] and [`lock`] → [`finding`]

mod cfg;
mod collect;
mod finding;
mod imports;
mod judge;
mod known;
mod load;
mod lock;
mod needs;
mod package;
mod permission;
mod plugin;
mod program;
mod resolve;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal, Write as _};
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use self::finding::{Finding, Level};
use self::judge::Declared;
use self::lock::{FILE, Lock};
use self::package::Package;
use self::source::Files;
use crate::report::Report;
use crate::shell::Fault;
use crate::workspace;

const HELP: &str = "\
A plugin declares what its source may touch:

    #[plugin(permissions(fs(\"./data\"), net(\"api.openai.com:443\"), env(\"OPENAI_API_KEY\"), process))]

and may also declare unsafe_code, ffi, build_script and unseen(\"crate\"). The audit reads the source of the library of each
package in plugins/ and reports what it touches beyond that; and where the declared permissions differ from those in
plugins/permissions.lock, which is committed, so that a review sees each new one.

What it cannot see:
  - what dependencies do. It knows some by name (reqwest is network, rusqlite is files) and takes the others for harmless;
    plugin-core and gateway-api too. A method of a value that a dependency made is a dependency's doing.
  - types. It knows `.canonicalize()` and the like by their names alone.
  - what a value is at run time. Any fs(…) or net(…) allows each path or address that is computed; only texts and constants
    are compared. A variable of the environment with a computed name needs env(\"*\").
  - what macros of other crates make, if it knows the crate for harmless. Of the rest it says so: unseen(\"crate\").
  - a module that a glob of an unknown crate brings in; paths that macro_rules! puts together from pieces.
  - what a build script does: build_script grants all of it.
  - memory: unsafe_code and ffi can do everything, and need no other permission for it.
Nothing here is enforced at run time. Code for tests is not read: #[cfg(test)], tests/, examples/, benches/, dev-dependencies.

Exit code: 0 if nothing is wrong (warnings do not count), 1 if something is. docs/audit.md says more.";

/// What to audit, and how to tell.
#[derive(clap::Args, Default)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// Only this package; may be given several times.
    #[arg(short, long = "package", value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Prints one JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Grants what is declared: rewrites plugins/permissions.lock. What the source touches beyond that stays an error.
    #[arg(long)]
    accept: bool,
}

/// What an audit came to.
struct Outcome {
    files: Files,
    /// How many source files were read.
    read: usize,
    packages: usize,
    findings: Vec<Finding>,
    /// What the lock file should say.
    wanted: Lock,
}

/// Audits and prints what was found.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    let metadata = workspace::metadata(root)?;
    let mut packages = package::all(root, &metadata);
    if !args.packages.is_empty() {
        chosen(&mut packages, &args.packages)?;
    }
    let all = args.packages.is_empty();
    let mut outcome = audit(root, &packages, all)?;
    if args.accept {
        accept(root, &outcome.wanted)?;
        outcome.findings.retain(|finding| finding.code != "lock");
    }
    let text = if args.json { format!("{:#}\n", outcome.json()) } else { outcome.text(colours()) };
    // A reader that has gone away changes nothing about the exit code.
    let _ = io::stdout().write_all(text.as_bytes());
    Ok(if outcome.count(Level::Error) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Audits all plugins, prints what was found and counts a check for each package.
pub(crate) fn report(root: &Path) -> Result<Report, Fault> {
    let packages = package::all(root, &workspace::metadata(root)?);
    let outcome = audit(root, &packages, true)?;
    eprint!("\naudit of plugins\n{}", outcome.text(false));
    let mut report = Report::default();
    let errors = || outcome.findings.iter().filter(|finding| finding.level == Level::Error);
    let failed = errors().map(|finding| finding.package.as_str()).collect::<BTreeSet<_>>();
    let passed = packages.iter().filter(|package| !failed.contains(package.name.as_str())).count();
    report.passed += u64::try_from(passed).unwrap_or(u64::MAX);
    errors().for_each(|finding| {
        report.fail(format!("audit: {}: {}", outcome.files.written(finding.place), finding.message));
    });
    Ok(report)
}

fn audit(root: &Path, packages: &[Package], all: bool) -> Result<Outcome, Fault> {
    let mut files = Files::new(root);
    let path = root.join(FILE);
    let granted = Lock::read(&path)?;
    let mut findings = Vec::new();
    let mut declared = BTreeMap::new();
    for package in packages {
        let verdict = judge::package(package, &mut files)?;
        findings.extend(verdict.findings);
        declared.extend(
            verdict.declared.into_iter().map(|(name, permissions)| (name, (&package.name, permissions))),
        );
    }
    let read = files.len();
    let lock_file = if path.is_file() {
        let file = files.read(&path).map_err(|error| Fault::new(format!("cannot read {FILE}: {error}")))?;
        Some(file)
    } else {
        None
    };
    let plugins = declared
        .iter()
        .map(|(name, (package, permissions))| (name.clone(), Declared { package, permissions }))
        .collect::<BTreeMap<_, _>>();
    findings.extend(judge::lock(&granted, &plugins, lock_file, &files, all));
    findings.sort_by_key(|finding| finding.place.key());
    let mut wanted = if all { Lock::default() } else { granted };
    for (name, (_, permissions)) in &declared {
        wanted.granted.insert(name.clone(), permissions.iter().map(|(one, _)| one.clone()).collect());
    }
    Ok(Outcome { files, read, packages: packages.len(), findings, wanted })
}

impl Outcome {
    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// The findings, a line between them, and the line that counts them.
    fn text(&self, colours: bool) -> String {
        let findings = self.findings.iter().map(|finding| finding.text(&self.files, colours) + "\n");
        let (errors, warnings) = (self.count(Level::Error), self.count(Level::Warning));
        let many = |count, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let (packages, files) = (many(self.packages, "package"), many(self.read, "file"));
        let (errors, warnings) = (many(errors, "error"), many(warnings, "warning"));
        findings.collect::<String>() + &format!("audit: {packages}, {files}: {errors}, {warnings}\n")
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "packages": self.packages,
            "files": self.read,
            "errors": self.count(Level::Error),
            "warnings": self.count(Level::Warning),
            "findings": self.findings.iter().map(|finding| finding.json(&self.files)).collect::<Vec<_>>(),
        })
    }
}

fn chosen(packages: &mut Vec<Package>, names: &[String]) -> Result<(), Fault> {
    for name in names {
        if !packages.iter().any(|package| package.name == *name) {
            let known: Vec<_> = packages.iter().map(|package| package.name.as_str()).collect();
            return Err(Fault::new(format!(
                "there is no package `{name}` in plugins/; there are {}",
                known.join(", ")
            )));
        }
    }
    packages.retain(|package| names.contains(&package.name));
    Ok(())
}

fn accept(root: &Path, lock: &Lock) -> Result<(), Fault> {
    let path = root.join(FILE);
    let text = lock.text();
    if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
        eprintln!("{FILE} is as it was");
        return Ok(());
    }
    std::fs::write(&path, text).map_err(|error| Fault::new(format!("cannot write {FILE}: {error}")))?;
    eprintln!("{FILE} is rewritten; commit it with the change it allows");
    Ok(())
}

/// Only for a person who looks.
fn colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
