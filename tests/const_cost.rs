//! What the const check of a list adds to the build of an app: the same generated crate, compiled with and without it.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;
const SIZES: [usize; 2] = [200, 1000];

fn main() {
    // `cargo test --benches` asks for a list or a quick run; this is neither.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for plugins in SIZES {
        let package = generate(plugins);
        build(&package, false);
        build(&package, true);
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            without.push(build(&package, false));
            with.push(build(&package, true));
        }
        let (without, with) = (median(without), median(with));
        let check = with.saturating_sub(without);
        println!(
            "{plugins} plugins: {without:.2?} without the check, {with:.2?} with it, so it takes {check:.2?}"
        );
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Compiles the package anew, dependencies excepted.
fn build(package: &Path, checked: bool) -> Duration {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["rustc", "--quiet", "--offline", "--profile", "check-cost", "--lib"]).current_dir(package);
    // Shared with nothing: a lock would be measured too.
    cargo
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env("CARGO_BUILD_BUILD_DIR", package.join("target"));
    cargo.args(["--", "--emit=metadata"]);
    if checked {
        cargo.args(["--cfg", "checked"]);
    }
    let source = package.join("src/lib.rs");
    let text = std::fs::read_to_string(&source).expect("the generated source is there");
    std::fs::write(source, text).expect("the generated source can be written");
    let begun = Instant::now();
    let status = cargo.status().expect("cargo runs");
    assert!(status.success(), "the generated package does not compile");
    begun.elapsed()
}

/// A package with as many plugins; each has three hooks, two needs, two capabilities and requires its predecessor.
fn generate(plugins: usize) -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("const-cost-{plugins}"));
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package stands in the workspace");
    std::fs::create_dir_all(package.join("src")).expect("the package's folder can be made");
    let core = workspace.join("plugin-core");
    let manifest = format!(
        "[package]\nname = \"const-cost\"\nedition = \"2024\"\n\n[lints.rust]\nunexpected_cfgs = \"allow\"\n\n\
         [dependencies]\nplugin-core = {{ path = {core:?} }}\n\n\
         [profile.check-cost]\ninherits = \"dev\"\nincremental = false\n\n[workspace]\n"
    );
    std::fs::write(package.join("Cargo.toml"), manifest).expect("the manifest can be written");
    std::fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock"))
        .expect("the workspace has a lock file");
    std::fs::write(package.join("src/lib.rs"), source(plugins)).expect("the source can be written");
    package
}

fn source(plugins: usize) -> String {
    let mut text = String::from(
        "use plugin_core::__private::*;
macro_rules! plugins { ($($id:ident $name:literal $first:literal $second:literal $requires:literal $needs:literal;)*) => {
    // A const each, as `#[plugin]` writes it.
    $(const $id: &PluginDescriptor = &PluginDescriptor {
        requires: &[Requirement { plugin: Anchor { name: $requires, id: Id::of($requires), location: HERE }, version: VersionReq {
            text: \">=0.0.0\",
            comparators: &[Comparator { op: Op::GreaterEq, major: 0, minor: Some(0), patch: Some(0), pre: \"\" }],
        } }],
        dependencies: &[
            Dependency { need: Need::One(CapabilityId::new($needs, $needs, \"1.0\")), location: HERE },
            Dependency { need: Need::All(CapabilityId::new($first, $first, \"1.0\")), location: HERE },
        ],
        hooks: &[hook(\"one\"), hook(\"two\"), hook(\"three\")],
        capabilities: &[offer($first), offer($second)],
        ..PluginDescriptor::stub($name)
    };)*
    pub const PLUGINS: PluginSet = PluginSet { entries: &[Entry::of(BASE), $(Entry::of($id),)*] };
}; }
const BASE: &PluginDescriptor =
    &PluginDescriptor { capabilities: &[offer(\"Base\")], ..PluginDescriptor::stub(\"base\") };
const HERE: Location = Location { file: \"lib.rs\", line: 1 };
const fn hook(name: &'static str) -> HookDescriptor {
    HookDescriptor {
        point: PointId::new(\"Point\", \"const_cost::Point\"), kind: HookKind::Before, name, location: HERE,
        idempotent: false,
        priority: 0, changes: true, before: &[], after: &[], bind: |_| Err(PluginError::new(\"never bound\")),
    }
}
const fn offer(name: &'static str) -> CapabilityDescriptor {
    CapabilityDescriptor {
        capability: CapabilityId::new(name, name, \"1.0\"), location: HERE, attributes: &[],
        provide: |_| Err(PluginError::new(\"never provided\")),
    }
}
#[cfg(checked)]
const _: () = {
    const FINDINGS: Findings = check_list(&PLUGINS, Scratch::<{ scratch_len(PLUGINS.entries) }>::new());
    if !FINDINGS.is_empty() {
        panic!(\"{}\", FINDINGS.text(PLUGINS.entries).as_str());
    }
};
#[cfg(not(checked))]
const _: () = assert!(!PLUGINS.entries.is_empty());
plugins! {
",
    );
    for at in 0..plugins {
        // The first requires and needs only what stands alone, so that there is no circle.
        let before = at.saturating_sub(1);
        let requires = if at == 0 { "base".to_owned() } else { plugin(before) };
        let needs = if at == 0 { "Base".to_owned() } else { capability(before, "First") };
        writeln!(
            text,
            "    P{at} {:?} {:?} {:?} {requires:?} {needs:?};",
            plugin(at),
            capability(at, "First"),
            capability(at, "Second")
        )
        .expect("a string can be written to");
    }
    text.push_str("}\n");
    text
}

fn plugin(at: usize) -> String {
    format!("plugin-with-a-usual-name-{at}")
}

fn capability(at: usize, which: &str) -> String {
    format!("some_api::capability::{which}Capability{at}")
}
