//! The rules of the graph as an author meets them: real builds of the app in tests/workspaces, whose features choose the case.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use plugboard_tests::builds::{self, Diagnostic};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workspaces")
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("workspaces")
}

/// Cargo over the app of that workspace with these features. The file is a lock, held as long as the program may run.
fn cargo(command: &str, features: &str) -> (Command, File) {
    let (mut cargo, lock) = builds::cargo(&workspace(), &target(), command).unwrap();
    cargo.args(["--package", "app", "--no-default-features", "--features", features]);
    (cargo, lock)
}

/// Whether a package is one of that workspace.
fn is_ours(package: &str) -> bool {
    package.contains("/tests/workspaces/")
}

/// All that `cargo check` says of the app and its plugins with these features.
fn check(features: &str) -> Vec<Diagnostic> {
    let (mut cargo, _lock) = cargo("check", features);
    let output = cargo.arg("--message-format=json").output().unwrap();
    let told = builds::diagnostics(&output, is_ours);
    assert_eq!(
        output.status.success(),
        told.is_empty(),
        "another failure: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    told
}

#[track_caller]
fn passes(features: &str) {
    let told: String = check(features).iter().map(|one| one.rendered.as_str()).collect();
    assert!(told.is_empty(), "{told}");
}

/// The one thing that is told.
#[track_caller]
fn fails(features: &str) -> Diagnostic {
    let mut told = check(features);
    let all: String = told.iter().map(|one| one.rendered.as_str()).collect();
    assert_eq!(told.len(), 1, "one mistake is told once:\n{all}");
    told.remove(0)
}

/// What const evaluation says, word by word. In it, `file#token` stands for the place of that token.
#[track_caller]
fn refused(features: &str, words: &str) {
    let told = fails(features);
    let words: Vec<String> = words.lines().map(located).collect();
    assert_eq!(told.message, format!("evaluation panicked: {}", words.join("\n")), "{}", told.rendered);
    assert_eq!(told.code, "E0080");
}

#[track_caller]
fn located(line: &str) -> String {
    let Some((file, token)) = line.trim_start().strip_prefix("--> ").and_then(|place| place.split_once('#'))
    else {
        return line.to_owned();
    };
    format!("  --> {file}:{}", line_of(file, token))
}

/// The one line of the file that holds the token.
#[track_caller]
fn line_of(file: &str, token: &str) -> u64 {
    let text = fs::read_to_string(workspace().join(file)).unwrap();
    let lines: Vec<_> = (1..).zip(text.lines()).filter(|(_, line)| line.contains(token)).collect();
    let [(line, _)] = lines[..] else { panic!("`{token}` does not stand once in {file}: {lines:?}") };
    line
}

#[test]
fn sound_plugins_compile_each_alone_together_and_not_at_all() {
    for features in ["", "file", "heap", "file,notes", "heap,notes", "file,notes,digest", "file,storage"] {
        passes(features);
    }
}

#[test]
fn each_old_form_is_a_warning_at_its_own_token_and_what_migrate_makes_of_them_has_none() {
    let (mut cargo, lock) = cargo("check", "dated");
    let output = cargo.arg("--message-format=json").output().unwrap();
    drop(lock);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = "plugins/dated/src/lib.rs";
    let mut expected = [
        ("skip", "`on_error = skip` of `#[plugin]` is `on_error = \"skip\"`"),
        ("caller", "`per = caller` of `#[plugin(rate_limit(…))]` is `per = \"caller\"`"),
        ("drop_oldest", "`overflow = drop_oldest` of `#[subscribe]` is `overflow = \"drop-oldest\"`"),
        ("intensity", "`intensity` of `#[task]` is `max_restarts`"),
        ("period", "`period` of `#[task]` is `window`"),
        ("every", "`every` of `#[health]` is `interval`"),
        ("every", "`every` of `#[health]` is `interval`"),
    ]
    .map(|(under, says)| (under.to_owned(), says.to_owned()));
    let mut found = builds::diagnostics(&output, is_ours).into_iter().map(|one| {
        assert_eq!((one.code.as_str(), one.place.0.as_str()), ("deprecated", file), "{}", one.rendered);
        assert!(one.message.ends_with("`cargo xtask migrate` rewrites it"), "{}", one.rendered);
        let says = one
            .message
            .split("old_form`: ")
            .nth(1)
            .and_then(|text| text.split(" since plugin API 0.2").next());
        (one.place.2, says.unwrap_or_default().to_owned())
    });
    let mut found: Vec<_> = found.by_ref().collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    passes("renewed");
}

#[test]
fn two_providers_compile_because_a_config_may_select_one() {
    passes("file,heap,notes,digest,storage");
}

#[test]
fn a_missing_capability_names_the_features_that_provide_it() {
    refused(
        "notes",
        "plugin `notes` needs the capability `Storage`, which no selected plugin provides [PB0904]
  --> plugins/notes/src/lib.rs#fn init(storage: Provider<dyn Storage>)
  help: enable the feature `file`, or `heap`, or take it as `Option<Provider<dyn Storage>>`
  see: docs/errors/PB0904.md",
    );
}

#[test]
fn a_managers_field_without_provider_names_the_features_that_provide_it() {
    refused(
        "storage",
        "the manager `Host` needs the capability `Storage` in its field `storage`, which no selected plugin provides [PB0904]
  --> app/src/lib.rs#pub storage:
  help: enable the feature `file`, or `heap`
  see: docs/errors/PB0904.md",
    );
}

#[test]
fn a_required_plugin_that_is_not_selected_names_its_feature() {
    refused(
        "digest",
        "plugin `digest` requires the plugin `notes`, which is not there [PB0902]
  --> plugins/digest/src/lib.rs#requires(
  help: enable the feature `notes`
  see: docs/errors/PB0902.md",
    );
}

#[test]
fn a_misspelt_plugin_names_the_nearest() {
    refused(
        "file,notes,typo",
        "plugin `typo` requires the plugin `ntoes`, which is not there [PB0902]
  --> plugins/typo/src/lib.rs#requires(
  help: did you mean `notes`?
  see: docs/errors/PB0902.md",
    );
}

#[test]
fn a_version_that_does_not_fit_names_both_plugins() {
    refused(
        "file,notes,ahead",
        "plugin `ahead` requires `notes` in version `>=9`, but its version is `0.1.0` [PB0903]
  --> plugins/ahead/src/lib.rs#requires(
  --> plugins/notes/src/lib.rs#pub mod
  help: take a version of `notes` that fits, or widen the requirement
  see: docs/errors/PB0903.md",
    );
}

#[test]
fn two_crates_of_one_name_are_both_named() {
    refused(
        "file,twin",
        "two plugins are named `file` [PB0901]
  --> plugins/file/src/lib.rs#pub mod
  --> plugins/twin/src/lib.rs#pub mod
  help: give one of them another name: #[plugin(name = \"…\")]
  see: docs/errors/PB0901.md",
    );
}

#[test]
fn a_circle_of_three_crates_prints_the_whole_path_and_the_token_of_each_step() {
    refused(
        "paper,rock,scissors",
        "these plugins require each other in a circle, so none can start first: `paper` → `rock` → `scissors` → `paper` [PB0905]
  --> plugins/paper/src/lib.rs#requires(
  --> plugins/rock/src/lib.rs#requires(
  --> plugins/scissors/src/lib.rs#fn init(
  help: remove one of these requirements, or make it optional: `Option<Provider<dyn …>>`
  see: docs/errors/PB0905.md",
    );
}

#[test]
fn a_hook_on_a_point_that_no_field_runs_names_the_field_to_add() {
    refused(
        "stray",
        "plugin `stray` hooks `Parade` with `touch`, but the manager `Host` runs no such point [PB0906]
  --> plugins/stray/src/lib.rs#fn touch(
  help: add a field `Chain<Parade>` to `Host` and run it, or remove the hook
  see: docs/errors/PB0906.md",
    );
}

#[test]
fn a_false_hint_of_the_list_names_the_line() {
    refused(
        "boast",
        "the list says that `boast` provides `Sheet`, but it does not [PB0907]
  --> app/src/lib.rs#plugin_boast
  --> plugins/boast/src/lib.rs#pub mod
  help: remove `Sheet` from this line of `plugins!`, or let `boast` provide it
  see: docs/errors/PB0907.md",
    );
}

#[test]
fn a_crate_that_is_no_plugin_is_refused_at_its_line() {
    let told = fails("library");
    assert_eq!(told.message, "this is not a plugin: there is no `#[plugin]` module at its root [PB0804]");
    let line = line_of("app/src/lib.rs", "plain_library");
    assert_eq!(told.place, ("app/src/lib.rs".into(), line, "plain_library".into()), "{}", told.rendered);
    assert!(told.rendered.contains("`plugins!` takes crates whose root holds"), "{}", told.rendered);
}

#[test]
fn a_crate_that_is_no_dependency_is_refused_once_at_its_line() {
    let one = fails("stranger");
    let line = line_of("app/src/lib.rs", "plugin_stranger");
    assert_eq!(one.place, ("app/src/lib.rs".into(), line, "plugin_stranger".into()), "{}", one.rendered);
    assert_eq!(one.code, "E0432", "{}", one.rendered);
    assert!(one.message.contains("`plugin_stranger`"), "{}", one.rendered);
}

#[test]
fn several_mistakes_of_a_list_are_told_at_once_and_numbered() {
    let told = fails("digest,ahead,boast");
    let mistakes: Vec<_> =
        told.message.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).collect();
    let expected = [
        "evaluation panicked: 3 mistakes in this composition of plugins",
        "1. plugin `digest` requires the plugin `notes`, which is not there [PB0902]",
        "2. plugin `ahead` requires the plugin `notes`, which is not there [PB0902]",
        "3. the list says that `boast` provides `Sheet`, but it does not [PB0907]",
    ];
    assert_eq!(mistakes, expected, "{}", told.rendered);
}

/// Builds and runs the app: whether it succeeded, and what it wrote.
#[track_caller]
fn run(features: &str, registry: &str) -> (bool, String, String) {
    let (mut cargo, _lock) = cargo("build", &format!("{features},{registry}"));
    let built = cargo.output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let program = target().join("debug").join(format!("app{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(program).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// The features that choose how plugins register: `linkme` needs none.
const REGISTRIES: [&str; 2] = ["", "inventory"];

#[test]
fn a_plugin_that_only_the_list_names_is_linked_and_runs() {
    for registry in REGISTRIES {
        let (done, out, err) = run("file,notes,digest", registry);
        assert!(done && err.is_empty(), "{registry}: {out}{err}");
        let linked: Vec<_> = out.lines().filter_map(|line| line.strip_prefix("linked ")).collect();
        assert_eq!(linked, ["digest", "file", "notes"], "{registry}: {out}");
        let active: Vec<_> = out.lines().filter_map(|line| line.strip_suffix(" Active")).collect();
        assert_eq!(active, linked, "{registry}: {out}");
        assert!(out.ends_with("noted in file\njob done\n"), "{registry}: {out}");
    }
}

#[test]
fn an_app_without_a_plugin_runs() {
    for registry in REGISTRIES {
        let (done, out, err) = run("", registry);
        assert!(done && err.is_empty(), "{registry}: {out}{err}");
        assert!(!out.contains("linked ") && !out.contains("Active"), "{registry}: {out}");
        assert!(out.ends_with("job done\n"), "{registry}: {out}");
    }
}

#[test]
fn two_enabled_providers_are_refused_at_start_by_name() {
    for registry in REGISTRIES {
        let (done, out, err) = run("file,heap,notes", registry);
        assert!(!done, "{registry}: {out}");
        let words = [
            "plugin `notes` needs one provider of the capability `Storage`, and 2 are enabled [PB0908]",
            "  --> plugins/notes/src/lib.rs#fn init(storage: Provider<dyn Storage>)",
            "  provided by `file`",
            "  --> plugins/file/src/lib.rs#pub mod",
            "  provided by `heap`",
            "  --> plugins/heap/src/lib.rs#pub mod",
            "  help: select one in the config: `capabilities.Storage: file`, or disable the others",
            "  see: docs/errors/PB0908.md",
        ];
        assert_eq!(err.trim_end(), words.map(located).join("\n"), "{registry}");
    }
}

#[test]
fn a_plugin_that_is_linked_but_not_listed_is_refused_at_start_with_the_line_to_add() {
    for registry in REGISTRIES {
        let (done, out, err) = run("file,extra", registry);
        assert!(!done, "{registry}: {out}");
        let words = [
            "plugin `extra` is linked into this program, but `plugins!` does not list it [PB0915]",
            "  --> plugins/extra/src/lib.rs#pub mod",
            "  help: add the line `\"extra\" => plugin_extra` to `plugins!`",
            "  see: docs/errors/PB0915.md",
        ];
        assert_eq!(err.trim_end(), words.map(located).join("\n"), "{registry}");
    }
}

#[test]
fn expansions_of_what_is_named_are_written_and_the_build_is_made_again_when_another_is() {
    let folder = target().join("plugin-macros");
    let _ = fs::remove_dir_all(&folder);
    let told = |asked: &str| {
        let (mut cargo, _lock) = cargo("check", "file,notes");
        let output = cargo.env("PLUGIN_MACROS_DEBUG", asked).output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    told("0");
    assert!(!folder.exists());
    let file = folder.join("plugin-notes/notes.plugin.rs");
    assert_eq!(
        told("notes"),
        [format!("PLUGIN_MACROS_DEBUG: plugin notes of plugin-notes: {}", file.display())]
    );
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("/// ") || text.starts_with("pub mod notes {"), "{text}");
    assert!(text.contains("PluginDescriptor {") && text.contains("name: \"notes\""), "{text}");
    let rest = told("file,Job,Host,plugins").join("\n");
    for name in [
        "plugin file of plugin-file",
        "HookPoint Job of api",
        "PluginManager Host of app",
        "plugins plugins of app",
    ] {
        assert!(rest.contains(name), "{rest}");
    }
    assert!(told("").is_empty());
}

#[test]
fn a_build_that_aborts_on_panics_is_refused_with_the_reason_and_the_key_to_remove() {
    let (mut cargo, _lock) = cargo("check", "");
    cargo.args(["--config", "profile.dev.panic=\"abort\""]);
    let output = cargo.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{told}");
    assert_eq!(
        told.matches("\nerror").count() + usize::from(told.starts_with("error")),
        2,
        "and the count: {told}"
    );
    assert!(
        told.contains("plugin-core isolates the panics of plugins, which needs unwinding [PB0916]"),
        "{told}"
    );
    assert!(told.contains("remove `panic = \"abort\"` from this profile"), "{told}");
}
