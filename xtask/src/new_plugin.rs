//! `cargo xtask new-plugin NAME`: a small working plugin, and its lines in the app. All of it is written or nothing.

use std::path::Path;
use std::process::ExitCode;

use crate::changes::{Changes, read};
use crate::list::{self, LIST, MANIFEST};
use crate::name::Name;
use crate::shell::Fault;
use crate::yaml::{self, EXAMPLE};
use crate::{manifest, template};

/// What to write.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plugin's name: lower-case words joined by `-`.
    name: String,
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
    let description = description(args.description.as_deref())?;
    let changes = changes(root, &name, &description)?;
    if args.dry_run {
        print!("would\n{}", changes.text(root));
        return Ok(ExitCode::SUCCESS);
    }
    changes.apply()?;
    print!("{}", changes.text(root));
    println!("\nnext: cargo xtask test -p plugin-{}", name.kebab);
    Ok(ExitCode::SUCCESS)
}

/// Everything that the new plugin needs, checked against what is there.
fn changes(root: &Path, name: &Name, description: &str) -> Result<Changes, Fault> {
    let kebab = &name.kebab;
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
    for (path, text) in template::files(root, name, description)? {
        changes.create(root.join("plugins").join(kebab).join(path), text);
    }
    let added = manifest::add(&manifest_text, kebab)?;
    changes.edit(root.join(MANIFEST), manifest_text, added);
    let added = list::add(&list_text, kebab)?;
    changes.edit(root.join(LIST), list_text, added);
    if root.join(EXAMPLE).exists() {
        let text = read(&root.join(EXAMPLE))?;
        let added = yaml::add(&text, kebab, &template::section(name, description)?)?;
        changes.edit(root.join(EXAMPLE), text, added);
    }
    Ok(changes)
}

/// One sentence on one line.
fn description(text: Option<&str>) -> Result<String, Fault> {
    let text = text.unwrap_or("Tells the model how to answer, before each conversation.").trim();
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
        Args { name: name.to_owned(), description: Some("Greets".to_owned()), dry_run }
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
        for name in ["x", "a-name-so-long-that-lines-break-at-other-places"] {
            run(copy.path(), &args(name, false)).unwrap();
            for path in ["src/lib.rs".to_owned(), format!("tests/{name}.rs")] {
                let path = copy.path().join("plugins").join(name).join(path);
                let mut rustfmt = Command::new("rustfmt");
                rustfmt
                    .args(["--check", "--edition", "2024", "--config-path"])
                    .arg(copy.path().join("rustfmt.toml"));
                let output = rustfmt.arg(&path).output().unwrap();
                assert!(
                    output.status.success(),
                    "{}\n{}",
                    path.display(),
                    String::from_utf8_lossy(&output.stdout)
                );
            }
        }
    }

    #[test]
    fn the_example_configuration_gets_a_section() {
        let copy = copy();
        fs::write(copy.path().join(EXAMPLE), "plugins:\n  local:\n    enabled: true\n").unwrap();
        run(copy.path(), &args("greeter", false)).unwrap();
        let text = read(&copy.path().join(EXAMPLE)).unwrap();
        assert!(
            text.starts_with("plugins:\n  greeter:\n    # Greets.\n    config:\n      instruction:"),
            "{text}"
        );
        assert!(text.ends_with("  local:\n    enabled: true\n"), "{text}");
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
    fn a_dry_run_changes_nothing() {
        let copy = copy();
        let before = snapshot(copy.path());
        run(copy.path(), &args("greeter", true)).unwrap();
        assert_eq!(snapshot(copy.path()), before);
    }

    #[test]
    fn a_description_is_one_sentence_on_one_line() {
        assert_eq!(description(Some(" Greets ")).unwrap(), "Greets.");
        assert_eq!(description(Some("Greets!")).unwrap(), "Greets!");
        assert!(description(Some("one\ntwo")).is_err());
        assert!(description(Some("  ")).is_err());
    }
}
