//! Holds what a package needs against what its plugins declare, and that against the lock file.

use std::collections::BTreeMap;

use super::finding::{Finding, Level};
use super::load;
use super::lock::{FILE, Lock};
use super::needs::{self, Need};
use super::package::Package;
use super::permission::{Kind, Permission, Wanted};
use super::program::{Direct, Program};
use super::source::{Files, Place};
use crate::shell::Fault;

/// What was found in one package.
pub(super) struct Verdict {
    pub(super) findings: Vec<Finding>,
    /// The permissions that each of its plugins declares.
    pub(super) declared: BTreeMap<String, Vec<(Permission, Place)>>,
}

/// Reads the package's source and judges it.
///
/// # Errors
///
/// A root or a manifest that cannot be read.
pub(super) fn package(package: &Package, files: &mut Files) -> Result<Verdict, Fault> {
    let broken = |path, reason: &str| Fault::new(format!("cannot read {path}: {reason}"));
    let folder = package.manifest.parent().unwrap_or(&package.root);
    let mut program = load::program(files, &package.root, folder)
        .map_err(|reason| broken(files.name(&package.root), &reason))?;
    of_manifest(package, files, &mut program)
        .map_err(|error| broken(files.name(&package.manifest), &error.to_string()))?;
    let needs = needs::of(&program, &package.crates);
    let mut judge = Judge { package, files, program: &program, findings: Vec::new() };
    judge.unread();
    judge.needs(&needs);
    judge.unused(&needs);
    let findings = judge.findings;
    let mut declared = BTreeMap::<_, Vec<_>>::new();
    for plugin in program.plugins {
        declared.entry(plugin.name).or_default().extend(plugin.declared);
    }
    Ok(Verdict { findings, declared })
}

/// A build script and dependencies that no audit reads are part of what a plugin does.
fn of_manifest(package: &Package, files: &mut Files, program: &mut Program) -> std::io::Result<()> {
    if let Some(script) = &package.build_script {
        let file = files.read(script)?;
        let direct = Direct {
            kind: Kind::BuildScript,
            value: None,
            what: "a build script".to_owned(),
            place: files.line_of(file, "fn main()"),
        };
        program.direct.push(direct);
    }
    if !package.unaudited.is_empty() {
        let file = files.read(&package.manifest)?;
        program.direct.extend(package.unaudited.iter().map(|name| Direct {
            kind: Kind::Unseen,
            value: Some(name.clone()),
            what: format!("the source of `{name}` is not audited"),
            place: files.line_of(file, name),
        }));
    }
    Ok(())
}

struct Judge<'a> {
    package: &'a Package,
    files: &'a Files,
    program: &'a Program,
    findings: Vec<Finding>,
}

impl Judge<'_> {
    /// The plugin, where the package has one; the source of several is theirs together.
    fn who(&self) -> String {
        match &self.program.plugins[..] {
            [plugin] => format!("plugin `{}`", plugin.name),
            _ => format!("package `{}`", self.package.name),
        }
    }

    fn declared(&self) -> impl Iterator<Item = &(Permission, Place)> {
        self.program.plugins.iter().flat_map(|plugin| &plugin.declared)
    }

    fn add(
        &mut self,
        level: Level,
        code: &'static str,
        message: String,
        place: Place,
        label: &str,
    ) -> &mut Finding {
        let finding = Finding {
            level,
            code,
            package: self.package.name.clone(),
            message,
            place,
            label: label.to_owned(),
            notes: Vec::new(),
            others: Vec::new(),
            help: String::new(),
        };
        self.findings.push(finding);
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    /// What could not be read passes for nothing.
    fn unread(&mut self) {
        for (place, reason) in &self.program.unread {
            let message = format!("{} has source that cannot be audited: {reason}", self.who());
            self.add(Level::Error, "source", message, *place, "asked for here").help =
                "mend it, or remove it".to_owned();
        }
        for plugin in &self.program.plugins {
            for place in &plugin.malformed {
                let message = format!("plugin `{}` declares what is no permission", plugin.name);
                self.add(Level::Error, "source", message, *place, "").help =
                    "build it: `#[plugin]` says what is wrong with it".to_owned();
            }
        }
    }

    /// One report for each permission that is missing, with all places that need it.
    fn needs(&mut self, needs: &[Need]) {
        let mut missing: Vec<Vec<&Need>> = Vec::new();
        for need in needs {
            if self.declared().any(|(permission, _)| permission.covers(need.kind, &need.wanted)) {
                continue;
            }
            let same = |group: &&mut Vec<&Need>| group[0].kind == need.kind && group[0].wanted == need.wanted;
            match missing.iter_mut().find(same) {
                Some(group) => group.push(need),
                None => missing.push(vec![need]),
            }
        }
        missing.into_iter().for_each(|group| self.missing(&group));
    }

    fn missing(&mut self, group: &[&Need]) {
        let need = group[0];
        let kind = need.kind;
        let known = self.declared().filter(|(permission, _)| permission.kind == kind);
        let known: Vec<String> = known.map(|(permission, _)| format!("`{permission}`")).collect();
        let declares = if known.is_empty() {
            format!("no `{}`", kind.word())
        } else {
            format!("only {}", known.join(", "))
        };
        let asked = asked(kind, &need.wanted);
        let deed = match (kind, &need.wanted) {
            (Kind::Env, Wanted::Value(name)) => format!("reads the variable `{name}`"),
            (Kind::Env, Wanted::Any) => "reads any variable of the environment".to_owned(),
            (Kind::Fs, Wanted::Value(path)) => format!("touches the file `{path}`"),
            (Kind::Net, Wanted::Value(address)) => format!("uses the address `{address}`"),
            _ => kind.deed().to_owned(),
        };
        let message = format!("{} {deed}, and declares {declares}", self.who());
        let notes =
            need.via.iter().map(|place| format!("it comes in at {}", self.files.written(*place))).collect();
        let help = if self.program.plugins.is_empty() {
            "a package without a `#[plugin]` module cannot declare it: do without, or move it into a plugin"
                .to_owned()
        } else {
            format!("declare it, `#[plugin(permissions({asked}))]`, or do without")
        };
        let finding = self.add(Level::Error, kind.word(), message, need.place, &need.what);
        (finding.notes, finding.help) = (notes, help);
        finding.others = group[1..].iter().map(|need| (need.place, need.what.clone())).collect();
    }

    /// A permission that nothing needs is one too many. What is not seen may need it, so it is no error.
    fn unused(&mut self, needs: &[Need]) {
        let serves = |permission: &Permission, need: &Need| permission.covers(need.kind, &need.wanted);
        for plugin in &self.program.plugins {
            for (permission, place) in &plugin.declared {
                if !needs.iter().any(|need| serves(permission, need)) {
                    let message = format!(
                        "plugin `{}` declares `{permission}`, and nothing seen needs it",
                        plugin.name
                    );
                    self.add(Level::Warning, permission.kind.word(), message, *place, "").help =
                        "remove it, unless a dependency needs it".to_owned();
                }
            }
        }
    }
}

/// The permission to declare.
fn asked(kind: Kind, wanted: &Wanted) -> String {
    let value = match wanted {
        Wanted::Value(value) if kind == Kind::Net => {
            Some(address(value).unwrap_or_else(|| "host:443".to_owned()))
        }
        // `..` is no permission: what it leads to cannot be told.
        Wanted::Value(value) if kind == Kind::Fs && value.contains("..") => Some("*".to_owned()),
        Wanted::Value(value) => Some(value.clone()),
        Wanted::Any => Some("*".to_owned()),
        Wanted::Some => kind.has_value().then(|| "…".to_owned()),
    };
    Permission { kind, value }.to_string()
}

/// The host and port of an address or a URL, as a permission names them. Port 0 is any that is free.
fn address(value: &str) -> Option<String> {
    let (host, port) = super::permission::split(value)?;
    Some(format!("{host}:{}", if matches!(port, "" | "0") { "*" } else { port }))
}

/// Where the declared permissions and the granted ones differ. `plugins` are all of the workspace, by name: the package and what
/// each declares; `everything` says whether the lock file's other plugins are gone.
pub(super) fn lock(
    lock: &Lock,
    declared: &BTreeMap<String, Declared<'_>>,
    lock_file: Option<super::source::FileId>,
    files: &Files,
    everything: bool,
) -> Vec<Finding> {
    let help =
        "if that is meant, run `cargo xtask audit --accept` and let a review read the difference".to_owned();
    let finding = |package: &str, message: String, place, label: &str| Finding {
        level: Level::Error,
        code: "lock",
        package: package.to_owned(),
        message,
        place,
        label: label.to_owned(),
        notes: Vec::new(),
        others: Vec::new(),
        help: help.clone(),
    };
    let mut findings = Vec::new();
    for (name, plugin) in declared {
        let granted = lock.granted.get(name);
        for (permission, place) in plugin.permissions {
            if !granted.is_some_and(|granted| granted.contains(permission)) {
                let message = format!("plugin `{name}` declares `{permission}`, which {FILE} does not grant");
                findings.push(finding(plugin.package, message, *place, "not granted"));
            }
        }
    }
    let Some(file) = lock_file else { return findings };
    for (name, granted) in &lock.granted {
        let plugin = declared.get(name);
        let place = || files.line_of(file, &format!("[{name}]"));
        match plugin {
            None if everything => {
                let message = format!("{FILE} grants permissions to `{name}`, and there is no such plugin");
                findings.push(finding("", message, place(), "no such plugin"));
            }
            None => {}
            Some(plugin) => {
                for permission in granted
                    .iter()
                    .filter(|one| !plugin.permissions.iter().any(|(declared, _)| declared == *one))
                {
                    let message =
                        format!("{FILE} grants `{permission}` to `{name}`, which no longer declares it");
                    findings.push(finding(plugin.package, message, place(), "granted"));
                }
            }
        }
    }
    findings
}

/// What a plugin declares, and the package that holds it.
pub(super) struct Declared<'a> {
    pub(super) package: &'a str,
    pub(super) permissions: &'a [(Permission, Place)],
}
