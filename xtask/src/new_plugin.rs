//! `cargo xtask new-plugin NAME`: a small working plugin, and its lines in the app. All of it is written or nothing.

use std::path::Path;
use std::process::ExitCode;

use crate::changes::{Changes, read};
use crate::kind::{self, Kind, Template};
use crate::list::{self, LIST, MANIFEST};
use crate::manifest;
use crate::name::Name;
use crate::nearest::nearest;
use crate::shell::Fault;
use crate::template::Scaffold;
use crate::yaml::{self, EXAMPLE};

/// What to write.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plugin's name: lower-case words joined by `-`.
    name: String,
    /// What it is to be; without it a hook, or what `--capability` says.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// The capability of gateway-api that it offers, such as `Storage`.
    #[arg(long, value_name = "TRAIT")]
    capability: Option<String>,
    /// A plugin that must be there for it; may be given several times.
    #[arg(long, value_name = "PLUGIN")]
    requires: Vec<String>,
    /// What it does, in one sentence.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Says what would be written, and writes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Writes the plugin and says what to do next.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    let name = Name::parse(&args.name)?;
    let template = kind::template(args.kind, args.capability.as_deref())?;
    let description = description(args.description.as_deref().unwrap_or(template.description))?;
    let requires = requires(root, &args.requires)?;
    let scaffold = Scaffold { name: &name, description: &description, template, requires: &requires };
    let changes = changes(root, &scaffold)?;
    if args.dry_run {
        print!("would\n{}", changes.text(root));
        return Ok(ExitCode::SUCCESS);
    }
    changes.apply()?;
    print!("{}", changes.text(root));
    print!("\n{}", next(&name, template));
    Ok(ExitCode::SUCCESS)
}

/// What to do next, as commands that can be copied as they stand.
fn next(name: &Name, template: &Template) -> String {
    let kebab = &name.kebab;
    let [options, try_it] = [template.options, template.try_it].map(|text| text.replace("NAME", kebab));
    let beside = if try_it.starts_with("curl") { "in another terminal" } else { "or at once" };
    format!(
        "next\n  cargo xtask test -p plugin-{kebab}   # its tests\n  cargo run{options}   # the app with it; then, {beside}:\n  {try_it}\n\
         change plugins/{kebab}/src/lib.rs, and do it again\n"
    )
}

/// Everything that the new plugin needs, checked against what is there.
fn changes(root: &Path, scaffold: &Scaffold<'_>) -> Result<Changes, Fault> {
    let kebab = &scaffold.name.kebab;
    let manifest_text = read(&root.join(MANIFEST))?;
    let list_text = read(&root.join(LIST))?;
    let taken = |place: &str| {
        Err(Fault::new(format!("`{kebab}` is taken: {place}; choose another name, nothing is changed")))
    };
    for folder in [format!("plugins/{kebab}"), format!("plugin-{kebab}")] {
        if root.join(&folder).exists() {
            return taken(&format!("there is {folder}"));
        }
    }
    if manifest::has_feature(&manifest_text, kebab)? {
        return taken(&format!("{MANIFEST} has a feature of that name"));
    }
    if list::parse(&list_text)?.iter().any(|line| line.feature == *kebab || line.krate == list::krate(kebab))
    {
        return taken(&format!("{LIST} lists it"));
    }

    let mut changes = Changes::default();
    for (path, text) in scaffold.files(root)? {
        changes.create(root.join("plugins").join(kebab).join(path), text);
    }
    let added = manifest::add(&manifest_text, kebab)?;
    changes.edit(root.join(MANIFEST), manifest_text, added);
    let added = list::add(&list_text, kebab)?;
    changes.edit(root.join(LIST), list_text, added);
    if root.join(EXAMPLE).exists() {
        let text = read(&root.join(EXAMPLE))?;
        let added = yaml::add(&text, kebab, &scaffold.section()?)?;
        changes.edit(root.join(EXAMPLE), text, added);
    }
    Ok(changes)
}

/// The plugins of the workspace of these names, each once.
fn requires(root: &Path, asked: &[String]) -> Result<Vec<Name>, Fault> {
    let listed = list::parse(&read(&root.join(LIST))?)?;
    let known = listed.iter().map(|line| line.feature.as_str()).collect::<Vec<_>>();
    let mut names: Vec<Name> = Vec::new();
    for other in asked {
        if !known.contains(&other.as_str()) {
            let hint = nearest(other, known.iter().copied()).map_or_else(
                || format!("there are {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Fault::new(format!(
                "no plugin is called `{other}`, so none can require it\n  help: {hint}"
            )));
        }
        let name = Name::parse(other)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// One sentence on one line.
fn description(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_control) {
        return Err(Fault::new("a description is one line of text: it becomes the plugin's doc comment"));
    }
    Ok(if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;
    use crate::{shell, workspace};

    /// Tells `cargo xtask test` that a test could not run here.
    fn skip(line: &str) {
        use std::io::Write as _;
        if let Some(path) = std::env::var_os(crate::test::SKIPS) {
            let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
            writeln!(file, "{line}").unwrap();
        }
    }

    /// A copy of what the command reads and writes of this workspace.
    fn copy() -> tempfile::TempDir {
        let (from, to) = (workspace::root(), tempfile::tempdir().unwrap());
        let mut paths = vec![PathBuf::from(MANIFEST), LIST.into(), "rustfmt.toml".into()];
        if from.join(EXAMPLE).exists() {
            paths.push(EXAMPLE.into());
        }
        for entry in fs::read_dir(from.join("plugins")).unwrap().map(Result::unwrap) {
            // The lock file of permissions stands beside the plugins.
            if entry.path().is_dir() {
                paths.push(Path::new("plugins").join(entry.file_name()).join("Cargo.toml"));
            }
        }
        for path in paths {
            let target = to.path().join(&path);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(from.join(&path), target).unwrap();
        }
        to
    }

    fn args(name: &str, dry_run: bool) -> Args {
        Args {
            name: name.to_owned(),
            kind: None,
            capability: None,
            requires: Vec::new(),
            description: Some("Greets".to_owned()),
            dry_run,
        }
    }

    /// What is asked for each template, after its name.
    fn every_kind() -> Vec<(&'static str, Args)> {
        let kind = |name, kind, capability: Option<&str>, requires: &[&str]| {
            let requires = requires.iter().map(|&other| other.to_owned()).collect();
            let capability = capability.map(ToOwned::to_owned);
            (name, Args { kind, capability, requires, description: None, ..args(name, false) })
        };
        vec![
            kind("my-hook", Some(Kind::Hook), None, &["memory", "storage-sqlite"]),
            kind("my-middleware", Some(Kind::Middleware), None, &[]),
            kind("my-backend", Some(Kind::Backend), None, &[]),
            kind("my-handler", Some(Kind::Handler), None, &[]),
            kind("my-command", Some(Kind::Command), None, &[]),
            kind("my-task", Some(Kind::Task), None, &["local"]),
            kind("my-storage", None, Some("Storage"), &["metrics"]),
            kind("my-authenticator", Some(Kind::Capability), Some("Authenticator"), &[]),
        ]
    }

    /// Every file below `root` with its text.
    fn snapshot(root: &Path) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), read(&path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    #[test]
    fn a_new_plugin_stands_in_the_list_the_features_the_dependencies_and_the_folders() {
        let copy = copy();
        run(copy.path(), &args("greeter", false)).unwrap();
        assert_eq!(list::disagreements(copy.path()).unwrap(), Vec::<String>::new());
        let manifest = read(&copy.path().join(MANIFEST)).unwrap().parse::<toml_edit::DocumentMut>().unwrap();
        let default = manifest["features"]["default"].as_array().unwrap();
        assert!(default.iter().any(|name| name.as_str() == Some("greeter")), "{default}");
        for path in ["Cargo.toml", "README.md", "src/lib.rs", "tests/greeter.rs"] {
            let text = read(&copy.path().join("plugins/greeter").join(path)).unwrap();
            assert!(text.ends_with('\n') && !text.contains("{{"), "{path}\n{text}");
        }
        let source = read(&copy.path().join("plugins/greeter/src/lib.rs")).unwrap();
        assert!(source.contains("/// Greets.\n#[plugin]\npub mod greeter {"), "{source}");
    }

    #[test]
    fn the_sources_are_formatted_whatever_the_length_of_the_name() {
        if !shell::answers(&mut Command::new("rustfmt")) {
            return skip(
                "the_sources_are_formatted_whatever_the_length_of_the_name: no rustfmt; rustup component add rustfmt",
            );
        }
        let copy = copy();
        let mut asked = every_kind().into_iter().map(|(_, args)| args).collect::<Vec<_>>();
        for (_, args) in every_kind() {
            let name = format!("{}-so-long-that-lines-break-elsewhere", args.name.trim_start_matches("my-"));
            asked.push(Args { name, ..args });
        }
        asked.push(args("x", false));
        for args in asked {
            run(copy.path(), &args).unwrap();
            let mut rustfmt = Command::new("rustfmt");
            rustfmt
                .args(["--check", "--edition", "2024", "--config-path"])
                .arg(copy.path().join("rustfmt.toml"));
            let folder = copy.path().join("plugins").join(&args.name);
            rustfmt.arg(folder.join("src/lib.rs")).arg(folder.join(format!("tests/{}.rs", args.name)));
            let output = rustfmt.output().unwrap();
            assert!(output.status.success(), "{}\n{}", args.name, String::from_utf8_lossy(&output.stdout));
        }
    }

    #[test]
    fn the_example_configuration_gets_a_section() {
        let copy = copy();
        fs::write(copy.path().join(EXAMPLE), "plugins:\n  local:\n    enabled: true\n").unwrap();
        run(copy.path(), &args("greeter", false)).unwrap();
        let text = read(&copy.path().join(EXAMPLE)).unwrap();
        assert!(
            text.starts_with("plugins:\n  greeter:\n    # Greets.\n    config:\n      # The message"),
            "{text}"
        );
        assert!(text.contains("\n      answer: pong"), "{text}");
        assert!(text.ends_with("  local:\n    enabled: true\n"), "{text}");
    }

    /// A copy of the whole workspace, without what was built, always at the same place so that a build of it is found again.
    fn workspace_copy(to: &Path) {
        let from = workspace::root();
        let mut git = Command::new("git");
        git.current_dir(&from).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let output = git.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let _ = fs::remove_dir_all(to);
        for path in String::from_utf8(output.stdout).unwrap().split_terminator('\0') {
            // A file may be deleted and not yet committed so.
            if let Ok(text) = fs::read(from.join(path)) {
                fs::create_dir_all(to.join(path).parent().unwrap()).unwrap();
                fs::write(to.join(path), text).unwrap();
            }
        }
    }

    #[test]
    fn plugins_of_every_kind_pass_their_tests_and_make_one_app() {
        let target = workspace::metadata(&workspace::root()).unwrap().target_directory.into_std_path_buf();
        if !workspace::root().join(".git").exists() {
            return skip("plugins_of_every_kind_pass_their_tests_and_make_one_app: no git checkout to copy");
        }
        let root = target.join("new-plugin");
        workspace_copy(&root);
        let mut tests = shell::cargo(&root);
        tests.args(["test", "--offline", "--quiet"]).env("CARGO_TARGET_DIR", &target);
        for (name, args) in every_kind() {
            run(&root, &args).unwrap();
            tests.args(["--package", &format!("plugin-{name}")]);
        }
        let tests = shell::capture(&mut tests).unwrap();
        assert!(tests.success, "{}", tests.lines.join("\n"));
        let mut app = shell::cargo(&root);
        app.args(["check", "--offline", "--quiet", "--package", workspace::APP])
            .env("CARGO_TARGET_DIR", &target);
        let app = shell::capture(&mut app).unwrap();
        assert!(app.success, "{}", app.lines.join("\n"));
        // Where rustc points into a new plugin, it has something to say.
        let printed = || tests.lines.iter().chain(&app.lines);
        let warned = printed().any(|line| line.trim_start().starts_with("--> plugins/my-"));
        assert!(!warned, "{}", printed().map(|line| format!("{line}\n")).collect::<String>());
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_plugin_that_nobody_has_cannot_be_required() {
        let copy = copy();
        let before = snapshot(copy.path());
        let asked = Args { requires: vec!["memroy".to_owned()], ..args("greeter", false) };
        let fault = run(copy.path(), &asked).unwrap_err().to_string();
        assert!(
            fault.contains("no plugin is called `memroy`") && fault.contains("did you mean `memory`?"),
            "{fault}"
        );
        assert_eq!(snapshot(copy.path()), before);
    }

    #[test]
    fn a_second_time_is_refused_and_changes_nothing() {
        let copy = copy();
        run(copy.path(), &args("greeter", false)).unwrap();
        let before = snapshot(copy.path());
        let fault = run(copy.path(), &args("greeter", false)).unwrap_err().to_string();
        assert!(fault.contains("`greeter` is taken: there is plugins/greeter"), "{fault}");
        assert_eq!(snapshot(copy.path()), before);
    }

    #[test]
    fn a_feature_that_is_no_plugin_takes_its_name_too() {
        let copy = copy();
        let before = snapshot(copy.path());
        for name in ["inventory", "default"] {
            let fault = run(copy.path(), &args(name, false)).unwrap_err().to_string();
            assert!(fault.contains("has a feature of that name"), "{fault}");
        }
        assert_eq!(snapshot(copy.path()), before);
    }

    #[test]
    fn what_to_do_next_is_said_in_commands_of_the_plugin() {
        for (_, args) in every_kind() {
            let template = kind::template(args.kind, args.capability.as_deref()).unwrap();
            let name = Name::parse(&args.name).unwrap();
            let text = next(&name, template);
            assert!(text.contains(&format!("cargo xtask test -p plugin-{}", name.kebab)), "{text}");
            assert!(!text.contains("NAME") && text.matches("\n  ").count() == 3, "{text}");
            let enables = format!("--set plugins.{}.enabled=true", name.kebab);
            assert_eq!(text.contains(&enables), !template.enabled, "{text}");
        }
    }

    #[test]
    fn a_dry_run_changes_nothing() {
        let copy = copy();
        let before = snapshot(copy.path());
        run(copy.path(), &args("greeter", true)).unwrap();
        assert_eq!(snapshot(copy.path()), before);
    }

    #[test]
    fn a_description_is_one_sentence_on_one_line() {
        assert_eq!(description(" Greets ").unwrap(), "Greets.");
        assert_eq!(description("Greets!").unwrap(), "Greets!");
        assert!(description("one\ntwo").is_err());
        assert!(description("  ").is_err());
    }
}
