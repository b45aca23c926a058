//! `cargo xtask docs`: what of the documentation is made from other things: a page for each plugin, from what the plugin itself declares,
//! its line in the book, and the table of old forms.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use crate::app::{self, Count, Hook, Key, Plugin};
use crate::changes::read;
use crate::migrate::page;
use crate::shell::Fault;

/// Where the pages stand.
const FOLDER: &str = "docs/reference";
/// Where the book lists its chapters.
const SUMMARY: &str = "docs/SUMMARY.md";
/// The line of the book behind which those of the pages stand.
const FIRST: &str = "- [Plugins](reference/README.md)\n";
const MARK: &str =
    "<!-- Written by `cargo xtask docs` from what the plugins declare. Change their sources, not this. -->";

/// What to do with them.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Writes nothing; fails where a page is not what it would be.
    #[arg(long)]
    check: bool,
}

/// Writes the pages that differ, or says which do.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    if args.check {
        return Ok(if is_current(root)? { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let stale = stale(root)?;
    write(root, &stale)?;
    for (path, text) in &stale {
        println!("{} {path}", if text.is_some() { "wrote  " } else { "removed" });
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether all of it is as it should be; says what is not.
///
/// # Errors
///
/// The app does not build, or a page cannot be read.
pub(crate) fn is_current(root: &Path) -> Result<bool, Fault> {
    let stale = stale(root)?;
    stale.keys().for_each(|path| println!("{path} is not what it would be made now"));
    if !stale.is_empty() {
        println!("  help: cargo xtask docs, and commit what it writes");
    }
    Ok(stale.is_empty())
}

/// What is other than it should be, by its path, each with its text; a page that should not be has none.
fn stale(root: &Path) -> Result<BTreeMap<String, Option<String>>, Fault> {
    let binary = app::whole(root)?;
    let plugins: Vec<Plugin> = app::ask(&binary, &app::LIST)?;
    let plan: Value = app::ask(&binary, &["plan", "--json"])?;
    let pages = differing(&root.join(FOLDER), &pages(&plugins, &plan))?;
    let mut stale: BTreeMap<_, _> =
        pages.into_iter().map(|(name, text)| (format!("{FOLDER}/{name}"), text)).collect();
    let mut hold = |path: &str, make: &dyn Fn(&str) -> Result<String, Fault>| {
        let text = read(&root.join(path))?;
        let made = make(&text)?;
        if made != text {
            stale.insert(path.to_owned(), Some(made));
        }
        Ok::<(), Fault>(())
    };
    hold(SUMMARY, &|text| summary(text, &plugins))?;
    hold(page::PAGE, &page::with_table)?;
    Ok(stale)
}

/// The list of the book's chapters with a line for each plugin's page.
fn summary(text: &str, plugins: &[Plugin]) -> Result<String, Fault> {
    let Some((before, after)) = text.split_once(FIRST) else {
        return Err(Fault::new(format!("{SUMMARY} has no line `{}`: put it back", FIRST.trim())));
    };
    let mut rest = after.lines().peekable();
    while rest.next_if(|line| line.starts_with("  - [")).is_some() {}
    let mut names = plugins.iter().map(|plugin| plugin.name.as_str()).collect::<Vec<_>>();
    names.sort_unstable();
    let pages = names.iter().map(|name| format!("  - [{name}](reference/{name}.md)\n"));
    let rest = rest.map(|line| format!("{line}\n"));
    Ok(format!("{before}{FIRST}{}{}", pages.collect::<String>(), rest.collect::<String>()))
}

/// Every page by its name.
fn pages(plugins: &[Plugin], plan: &Value) -> BTreeMap<String, String> {
    let page = |plugin: &Plugin| (format!("{}.md", plugin.name), page(plugin, plugins));
    let mut pages = plugins.iter().map(page).collect::<BTreeMap<_, _>>();
    pages.insert("README.md".to_owned(), index(plugins, plan));
    pages
}

/// The pages that are other than they should be, each with its text; none where it should not be.
fn differing(
    folder: &Path,
    pages: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Option<String>>, Fault> {
    let mut differing = BTreeMap::new();
    for (name, text) in pages {
        let path = folder.join(name);
        if !path.exists() || read(&path)? != *text {
            differing.insert(name.clone(), Some(text.clone()));
        }
    }
    let present = fs::read_dir(folder).into_iter().flatten().flatten();
    for name in present.map(|entry| entry.file_name().to_string_lossy().into_owned()) {
        let ours = name.ends_with(".md") && !pages.contains_key(&name);
        if ours && read(&folder.join(&name))?.starts_with(MARK) {
            differing.insert(name, None);
        }
    }
    Ok(differing)
}

fn write(root: &Path, stale: &BTreeMap<String, Option<String>>) -> Result<(), Fault> {
    for (path, text) in stale {
        let path = root.join(path);
        let folder = path.parent().unwrap_or(root);
        fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
        let done = text.as_ref().map_or_else(|| fs::remove_file(&path), |text| fs::write(&path, text));
        done.map_err(|error| unwritten(&path, &error))?;
    }
    Ok(())
}

fn unwritten(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(format!("cannot write {}: {error}", path.display()))
}

fn index(plugins: &[Plugin], plan: &Value) -> String {
    let mut out = format!(
        "{MARK}\n\n# Plugins\n\nAll plugins of this repository, each with a page of what it hooks, offers, needs and can be told.\n"
    );
    let rows = plugins.iter().map(|plugin| {
        let offers = plugin.capabilities.iter().map(|one| code(&one.name)).collect::<Vec<_>>().join(", ");
        vec![format!("[{0}]({0}.md)", plugin.name), first_line(&plugin.description), offers]
    });
    table(&mut out, &["plugin", "what it does", "offers"], rows.collect());
    out.push_str("\n## Order\n\nThe hooks of each point where nothing is configured, in the order in which they run.\n");
    let mut rows = Vec::new();
    for point in plan["points"].as_array().into_iter().flatten() {
        for kind in point["kinds"].as_array().into_iter().flatten() {
            let hooks = kind["hooks"].as_array().into_iter().flatten();
            let mut names = hooks.filter_map(|hook| hook["plugin"].as_str()).collect::<Vec<_>>();
            // They stand first to last, and `after` hooks run last to first.
            if kind["kind"] == "after" {
                names.reverse();
            }
            let [point, kind] =
                [&point["point"], &kind["kind"]].map(|name| code(name.as_str().unwrap_or_default()));
            rows.push(vec![point, kind, names.join(", ")]);
        }
    }
    table(&mut out, &["point", "kind", "plugins"], rows);
    out
}

fn page(plugin: &Plugin, all: &[Plugin]) -> String {
    let Plugin { name, description, .. } = plugin;
    let mut out = format!("{MARK}\n\n# {name}\n\n{}\n", description.trim());
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let mut facts = vec![
        vec!["feature".to_owned(), code(&plugin.feature)],
        vec![
            "package".to_owned(),
            format!("{} {}, [source](../../{})", code(&plugin.package), plugin.version, plugin.file),
        ],
        vec!["stage".to_owned(), plugin.stage.clone()],
        vec!["enabled by default".to_owned(), yes(plugin.enabled_by_default)],
        vec!["required".to_owned(), yes(plugin.required)],
    ];
    if let Some(api) = &plugin.api {
        facts.insert(2, vec!["plugin API".to_owned(), format!("[{api}](../migrate.md)")]);
    }
    if !plugin.tags.is_empty() {
        facts.push(vec!["tags".to_owned(), plugin.tags.join(", ")]);
    }
    if !plugin.conflicts.is_empty() {
        facts.push(vec!["conflicts with".to_owned(), plugin.conflicts.join(", ")]);
    }
    table(&mut out, &["", ""], facts);
    section(&mut out, "Needs", &["what", "from"], needs(plugin, all));
    section(
        &mut out,
        "Hooks",
        &["point", "kind", "function", "order"],
        plugin.hooks.iter().map(hook).collect(),
    );
    let offers = plugin.capabilities.iter().map(|one| {
        let facts = one
            .attributes
            .iter()
            .map(|fact| format!("{} = {}", code(&fact.key), code(&fact.value.to_string())));
        vec![code(&one.name), facts.collect::<Vec<_>>().join(", ")]
    });
    section(&mut out, "Capabilities", &["capability", "attributes"], offers.collect());
    let events = plugin.subscriptions.iter().map(|one| vec![code(&one.event), code(&one.name)]);
    section(&mut out, "Events", &["listens to", "function"], events.collect());
    let tasks = plugin.tasks.iter().map(|one| vec![code(&one.name), one.restart.clone()]);
    section(&mut out, "Tasks", &["task", "started again"], tasks.collect());
    let commands = plugin.commands.iter().map(|one| {
        let keys = one.arguments.as_ref().and_then(|schema| schema["properties"].as_object());
        let keys = keys.into_iter().flatten().map(|(key, _)| code(key)).collect::<Vec<_>>().join(", ");
        vec![code(&format!("switchboard run {name} {}", one.name)), keys, first_line(&one.description)]
    });
    section(&mut out, "Commands", &["command", "arguments", "what it does"], commands.collect());
    let config = plugin.config.iter().map(key).collect();
    section(&mut out, "Config", &["key", "takes", "default", "meaning"], config);
    let permissions = plugin.permissions.iter().map(|one| vec![code(one)]).collect();
    section(&mut out, "Permissions", &["what its source may touch"], permissions);
    out
}

fn needs(plugin: &Plugin, all: &[Plugin]) -> Vec<Vec<String>> {
    let by_name = plugin.requires.iter().map(|one| {
        vec![format!("the plugin {} {}", code(&one.plugin), one.version).trim_end().to_owned(), String::new()]
    });
    let by_capability = plugin.needs.iter().map(|need| {
        let how = match need.count {
            Count::One => "",
            Count::Optional => ", where there is one",
            Count::All => ", all that there are",
        };
        let providers =
            all.iter().filter(|other| other.capabilities.iter().any(|one| one.name == need.capability));
        let links = providers.map(|other| format!("[{0}]({0}.md)", other.name)).collect::<Vec<_>>();
        vec![format!("the capability {}{how}", code(&need.capability)), links.join(", ")]
    });
    by_name.chain(by_capability).collect()
}

fn hook(hook: &Hook) -> Vec<String> {
    let mut order = Vec::new();
    let names =
        |word: &str, names: &[String]| (!names.is_empty()).then(|| format!("{word} {}", names.join(", ")));
    order.extend(names("before", &hook.before));
    order.extend(names("after", &hook.after));
    if hook.priority != 0 {
        order.push(format!("priority {}", hook.priority));
    }
    vec![code(&hook.point), code(&hook.kind), code(&hook.name), order.join("; ")]
}

fn key(key: &Key) -> Vec<String> {
    let default = match &key.default {
        _ if key.secret => "secret".to_owned(),
        Some(value) => code(&value.to_string()),
        None => String::new(),
    };
    vec![code(&key.key), cell(&key.takes), default, cell(&key.description)]
}

/// A table under its title; nothing where it has no rows.
fn section(out: &mut String, title: &str, head: &[&str], rows: Vec<Vec<String>>) {
    if !rows.is_empty() {
        // A `String` takes whatever is written.
        let _ = writeln!(out, "\n## {title}");
        table(out, head, rows);
    }
}

fn table(out: &mut String, head: &[&str], rows: Vec<Vec<String>>) {
    let _ = writeln!(out, "\n| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Code that stays in its cell, backquotes and all.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = text.replace('|', "\\|");
    let fence = if text.contains('`') { "``" } else { "`" };
    let space = if text.contains('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

fn first_line(text: &str) -> String {
    cell(text.trim().split("\n\n").next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plugins() -> Vec<Plugin> {
        let memory = json!({
            "name": "memory", "feature": "memory", "description": "Remembers.\nFor long.", "package": "plugin-memory",
            "version": "0.1.0", "api": "0.2", "file": "plugins/memory/src/lib.rs", "stage": "Middleware", "enabled_by_default": true,
            "needs": [{ "capability": "Storage", "count": "one" }],
            "hooks": [{ "point": "ChatTurn", "kind": "before", "name": "recall", "priority": 5, "before": ["x"], "after": [] }],
            "config": [
                { "key": "limit", "takes": "`a` | `b`", "default": "a|b", "description": "How much.", "secret": false },
                { "key": "token", "takes": "a text", "default": null, "description": "", "secret": true },
            ],
            "permissions": ["fs(\"*\")"],
        });
        let storage = json!({
            "name": "storage", "capabilities": [{ "name": "Storage", "version": "1", "attributes": [{ "key": "fast", "value": true }] }],
        });
        serde_json::from_value(json!([memory, storage])).unwrap()
    }

    fn plan() -> Value {
        let hooks = json!([{ "plugin": "one" }, { "plugin": "two" }]);
        json!({ "points": [{ "point": "ChatTurn", "kinds": [{ "kind": "before", "hooks": hooks }, { "kind": "after", "hooks": hooks }] }] })
    }

    #[test]
    fn a_page_has_all_that_is_declared_and_no_empty_section() {
        let plugins = plugins();
        let text = page(&plugins[0], &plugins);
        for part in [
            "# memory\n\nRemembers.\nFor long.\n",
            "| plugin API | [0.2](../migrate.md) |",
            "| the capability `Storage` | [storage](storage.md) |",
            "| `ChatTurn` | `before` | `recall` | before x; priority 5 |",
            "| `limit` | `a` \\| `b` | `\"a\\|b\"` | How much. |",
            "| `token` | a text | secret |  |",
            "| `fs(\"*\")` |",
        ] {
            assert!(text.contains(part), "no {part} in\n{text}");
        }
        for title in ["## Tasks", "## Commands", "## Events", "## Capabilities"] {
            assert!(!text.contains(title), "{text}");
        }
    }

    #[test]
    fn the_index_shows_the_order_in_which_hooks_run() {
        let text = index(&plugins(), &plan());
        assert!(text.contains("| [memory](memory.md) | Remembers. For long. |"), "{text}");
        assert!(text.contains("| `ChatTurn` | `before` | one, two |"), "{text}");
        assert!(text.contains("| `ChatTurn` | `after` | two, one |"), "{text}");
    }

    #[test]
    fn the_book_lists_a_page_for_each_plugin_and_keeps_its_other_chapters() {
        let text = format!("# S\n\n- [A](a.md)\n{FIRST}  - [gone](reference/gone.md)\n\n# More\n");
        let listed = summary(&text, &plugins()).unwrap();
        let pages = "  - [memory](reference/memory.md)\n  - [storage](reference/storage.md)\n";
        assert_eq!(listed, format!("# S\n\n- [A](a.md)\n{FIRST}{pages}\n# More\n"));
        assert_eq!(summary(&listed, &plugins()).unwrap(), listed);
        assert!(summary("# S\n", &plugins()).err().unwrap().to_string().contains("put it back"));
    }

    #[test]
    fn pages_are_written_when_they_differ_and_removed_when_their_plugin_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("reference");
        let pages = pages(&plugins(), &plan());
        write(&folder, &differing(&folder, &pages).unwrap()).unwrap();
        assert!(differing(&folder, &pages).unwrap().is_empty());

        fs::write(folder.join("memory.md"), "else").unwrap();
        fs::write(folder.join("gone.md"), format!("{MARK}\n")).unwrap();
        fs::write(folder.join("by-hand.md"), "# Mine\n").unwrap();
        let stale = differing(&folder, &pages).unwrap();
        assert_eq!(stale.keys().collect::<Vec<_>>(), ["gone.md", "memory.md"]);
        write(&folder, &stale).unwrap();
        assert!(!folder.join("gone.md").exists() && folder.join("by-hand.md").exists());
        assert!(differing(&folder, &pages).unwrap().is_empty());
    }
}
