//! The app's list of plugins, `plugins! { "name" => plugin_name, }`: read, added to, and compared with the other places that name plugins.

use std::collections::BTreeSet;
use std::path::Path;

use crate::changes::read;
use crate::manifest;
use crate::shell::Fault;

/// Where the list stands.
pub(crate) const LIST: &str = "app/src/lib.rs";
/// Where the features stand.
pub(crate) const MANIFEST: &str = "app/Cargo.toml";

/// One line of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    /// The feature, which is the plugin's name.
    pub(crate) feature: String,
    /// The crate's name in Rust.
    pub(crate) krate: String,
    /// Its place among the lines of the file, from 0.
    at: usize,
    /// The column of `=>`, in characters.
    arrow: usize,
}

/// The name of the plugin's crate in Rust.
pub(crate) fn krate(name: &str) -> String {
    format!("plugin_{}", name.replace('-', "_"))
}

/// The lines of the list in `text`.
///
/// # Errors
///
/// No list, or a line in it that is none.
pub(crate) fn parse(text: &str) -> Result<Vec<Line>, Fault> {
    let (start, end) = block(text)?;
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate().take(end).skip(start + 1) {
        let content = line.trim();
        if !content.is_empty() && !content.starts_with("//") {
            lines.push(entry(at, line).ok_or_else(|| {
                Fault::new(format!(
                    "{LIST}:{}: expected `\"name\" => plugin_name,`, found `{content}`",
                    at + 1
                ))
            })?);
        }
    }
    Ok(lines)
}

/// `text` with a line for the plugin `name`, in its place where the list is sorted, with the arrows aligned.
///
/// # Errors
///
/// As [`parse`].
pub(crate) fn add(text: &str, name: &str) -> Result<String, Fault> {
    let (start, end) = block(text)?;
    let entries = parse(text)?;
    let mut lines = text.lines().map(ToOwned::to_owned).collect::<Vec<_>>();

    let needed = format!("    \"{name}\" ").chars().count();
    let widest = entries.iter().map(|entry| entry.arrow).max().unwrap_or(needed);
    let column = widest.max(needed);
    if needed > widest {
        for entry in &entries {
            let line = &mut lines[entry.at];
            line.insert_str(line.find("=>").unwrap_or(line.len()), &" ".repeat(column - entry.arrow));
        }
    }
    let names = entries.iter().map(|entry| entry.feature.as_str()).collect::<Vec<_>>();
    let mut at = entries.get(place(&names, name)).map_or(end, |entry| entry.at);
    // A comment above a line belongs to it.
    while at > start + 1 && lines[at - 1].trim_start().starts_with("//") && at < end {
        at -= 1;
    }
    lines.insert(at, format!("{:<column$}=> {},", format!("    \"{name}\""), krate(name)));
    Ok(lines.join("\n") + "\n")
}

/// Where `name` goes among `names`: in its place if they are sorted, else last.
pub(crate) fn place(names: &[&str], name: &str) -> usize {
    if names.is_sorted() { names.partition_point(|other| *other < name) } else { names.len() }
}

/// What the list, the features, the optional dependencies and the folders do not agree about, a sentence each.
///
/// # Errors
///
/// A file that cannot be read or understood.
pub(crate) fn disagreements(root: &Path) -> Result<Vec<String>, Fault> {
    let listed = parse(&read(&root.join(LIST))?)?;
    let plugins = manifest::plugins(&read(&root.join(MANIFEST))?)?;
    let folders = folders(root)?;
    let list = listed.iter().map(|line| line.feature.clone()).collect::<BTreeSet<_>>();
    let mut sentences = Vec::new();
    for line in listed.iter().filter(|line| line.krate != krate(&line.feature)) {
        let Line { feature, krate: found, .. } = line;
        sentences.push(format!("{LIST} lists `{feature}` as `{found}`; write `{}`", krate(feature)));
    }
    let all = [&list, &plugins.features, &plugins.dependencies, &folders]
        .into_iter()
        .flatten()
        .collect::<BTreeSet<_>>();
    for name in all {
        let places = [
            (&list, format!("the list `plugins!` in {LIST}: add `\"{name}\" => {},`", krate(name))),
            (&plugins.features, format!("[features] of {MANIFEST}: add `{name} = [\"dep:plugin-{name}\"]`")),
            (
                &plugins.dependencies,
                format!(
                    "[dependencies] of {MANIFEST}: add `plugin-{name} = {{ path = \"../plugins/{name}\", optional = true }}`"
                ),
            ),
            (&folders, format!("the folder plugins/{name}, with a package plugin-{name}")),
        ];
        for (_, place) in places.iter().filter(|(names, _)| !names.contains(name)) {
            sentences.push(format!("plugin `{name}` is missing in {place}"));
        }
    }
    Ok(sentences)
}

/// The names of the folders in `plugins/` that are packages named after them.
fn folders(root: &Path) -> Result<BTreeSet<String>, Fault> {
    let folder = root.join("plugins");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| Fault::new(format!("cannot read {}: {error}", folder.display())))?;
    let mut names = BTreeSet::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let manifest = entry.path().join("Cargo.toml");
        if manifest.is_file() && manifest::package_name(&read(&manifest)?)? == format!("plugin-{name}") {
            names.insert(name);
        }
    }
    Ok(names)
}

/// The first and the last line of the list, from 0.
fn block(text: &str) -> Result<(usize, usize), Fault> {
    let mut lines = text.lines().enumerate();
    let start = lines.find(|(_, line)| matches!(line.trim(), "plugins! {" | "plugin_core::plugins! {"));
    let end = lines.find(|(_, line)| line.trim() == "}");
    match (start, end) {
        (Some((start, _)), Some((end, _))) => Ok((start, end)),
        _ => Err(Fault::new(format!(
            "{LIST} has no list of plugins: a line `plugins! {{`, its lines, and a line `}}`"
        ))),
    }
}

/// `"feature" => krate: Capability,`
fn entry(at: usize, line: &str) -> Option<Line> {
    let (feature, rest) = line.split_once("=>")?;
    let feature = feature.trim().strip_prefix('"')?.strip_suffix('"')?;
    let krate = rest.split("//").next()?.trim().trim_end_matches(',').split(':').next()?.trim();
    let named = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let arrow = line.split("=>").next()?.chars().count();
    (!krate.is_empty() && krate.chars().all(named)).then(|| Line {
        feature: feature.to_owned(),
        krate: krate.to_owned(),
        at,
        arrow,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "use plugin_core::plugins;\n\nplugins! {\n    \"api-keys\" => plugin_api_keys,\n    // Remembers.\n    \
        \"memory\"   => plugin_memory, // needs storage\n    \"storage\"  => plugin_storage: Storage + Scan,\n}\n\npub struct Gateway;\n";

    #[test]
    fn the_list_of_this_workspace_agrees_with_features_dependencies_and_folders() {
        let sentences = disagreements(&crate::workspace::root()).unwrap();
        assert!(sentences.is_empty(), "\n{}\n", sentences.join("\n"));
    }

    #[test]
    fn lines_are_read_with_comments_and_hints() {
        let lines = parse(APP).unwrap();
        let pairs = lines.iter().map(|line| (line.feature.as_str(), line.krate.as_str())).collect::<Vec<_>>();
        assert_eq!(
            pairs,
            [("api-keys", "plugin_api_keys"), ("memory", "plugin_memory"), ("storage", "plugin_storage")]
        );
    }

    #[test]
    fn a_new_line_stands_sorted_and_aligned_and_leaves_comments_with_their_lines() {
        let text = add(APP, "greeter").unwrap();
        assert!(
            text.contains("plugin_api_keys,\n    \"greeter\"  => plugin_greeter,\n    // Remembers.\n"),
            "{text}"
        );
        assert!(text.ends_with("}\n\npub struct Gateway;\n"), "{text}");
    }

    #[test]
    fn a_longer_name_moves_all_arrows() {
        let text = add(APP, "zebra-crossing").unwrap();
        let arrows = text.lines().filter_map(|line| line.find("=>")).collect::<BTreeSet<_>>();
        assert_eq!(arrows.len(), 1, "{text}");
        assert!(text.contains("Scan,\n    \"zebra-crossing\" => plugin_zebra_crossing,\n}"), "{text}");
    }

    #[test]
    fn an_unsorted_list_grows_at_its_end() {
        let text = APP.replace("api-keys", "zoo-keys");
        assert!(add(&text, "greeter").unwrap().contains("Scan,\n    \"greeter\"  => plugin_greeter,\n}"));
    }

    #[test]
    fn the_first_plugin_enters_an_empty_list() {
        assert_eq!(add("plugins! {\n}\n", "one").unwrap(), "plugins! {\n    \"one\" => plugin_one,\n}\n");
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let fault = parse("plugins! {\n    memory,\n}\n").unwrap_err().to_string();
        assert!(fault.contains("app/src/lib.rs:2") && fault.contains("`memory,`"), "{fault}");
    }

    #[test]
    fn whatever_is_missing_is_named_with_its_place() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(LIST, "plugins! {\n    \"one\" => plugin_one,\n    \"two\" => plugin_zwei,\n}\n");
        write(
            MANIFEST,
            "[features]\none = [\"dep:plugin-one\"]\nthree = [\"dep:plugin-three\"]\n[dependencies]\n\
             plugin-one = { path = \"../plugins/one\", optional = true }\nplugin-two = { path = \"../plugins/two\" }\n",
        );
        write("plugins/one/Cargo.toml", "[package]\nname = \"plugin-one\"\n");
        write("plugins/four/Cargo.toml", "[package]\nname = \"plugin-four\"\n");
        let sentences = disagreements(root.path()).unwrap().join("\n");
        for expected in [
            "lists `two` as `plugin_zwei`; write `plugin_two`",
            "`two` is missing in [features]",
            "`two` is missing in [dependencies]",
            "`two` is missing in the folder plugins/two",
            "`three` is missing in the list",
            "`four` is missing in the list",
        ] {
            assert!(sentences.contains(expected), "{expected}\n---\n{sentences}");
        }
        assert!(!sentences.contains("`one`"), "{sentences}");
    }
}
