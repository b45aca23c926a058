//! What migrations change, byte by byte, and what they leave.

mod properties;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::edit::{Found, apply};
use super::tree::Format;
use super::{Args, config, markdown, run, rust};
use crate::workspace;

fn rust(text: &str) -> (String, Found) {
    let found = rust::find(text);
    (apply(text, &found.edits), found)
}

fn config(text: &str, format: Format) -> (String, Found) {
    let found = config::find(text, format);
    (apply(text, &found.edits), found)
}

/// A case of tests/workspaces, which is compiled there.
fn case(name: &str) -> String {
    let path = workspace::root().join("tests/workspaces/plugins").join(name).join("src/lib.rs");
    fs::read_to_string(path).unwrap()
}

fn body(attribute: &str, inner: &str) -> String {
    format!("{attribute}\nmod a {{\n    {inner}\n    fn f() {{}}\n}}\n")
}

#[test]
fn a_source_becomes_what_compiles_without_a_warning_and_stays_so() {
    let (new, found) = rust(&case("dated"));
    assert_eq!(new, case("renewed"));
    assert!(found.left.is_empty(), "{found:?}");
    assert_eq!(rust(&new), (new.clone(), Found::default()));
}

#[test]
fn line_ends_marks_and_letters_of_more_bytes_stay() {
    let text = format!(
        "\u{feff}#!/usr/bin/env äöü\r\n// ü\r\n{}",
        body("#[plugin]", "/* ✓ */ #[health(every = \"1s\")]")
    );
    let text = text.replace("\n    ", "\r\n    ");
    let (new, _) = rust(&text);
    assert_eq!(new, text.replace("every", "interval"));
}

#[test]
fn plugins_in_functions_and_macros_are_seen() {
    for (before, after) in [
        ("fn test() {\n", "}"),
        ("macro_rules! many { ($name:ident) => {\n", "} }"),
        ("wrapped! {\n", "}"),
        ("mod outer { mod inner {\n", "} }"),
    ] {
        let text = format!("{before}{}{after}", body("#[plugin]", "#[health(every = \"1s\")]"));
        let text = if before.contains("$name") { text.replace("mod a", "pub mod $name") } else { text };
        assert_eq!(rust(&text).0, text.replace("every", "interval"), "{before}");
    }
}

#[test]
fn an_older_version_becomes_todays_and_none_is_added() {
    let attribute = |text: &str| rust(&body(text, "#[init]")).0.lines().next().unwrap().to_owned();
    assert_eq!(attribute("#[plugin(api = \"0.1\", tags(\"a\"))]"), "#[plugin(api = \"0.2\", tags(\"a\"))]");
    assert_eq!(
        attribute("#[plugin_core::plugin(name = \"b\", api=\"0.1\")]"),
        "#[plugin_core::plugin(name = \"b\", api=\"0.2\")]"
    );
    assert_eq!(
        attribute("#[cfg_attr(unix, plugin(api = \"0.1\"))]"),
        "#[cfg_attr(unix, plugin(api = \"0.2\"))]"
    );
    for same in
        ["#[plugin]", "#[plugin(api = \"0.2\")]", "#[plugin(api = \"7.0\")]", "#[plugin(api = \"old\")]"]
    {
        assert_eq!(attribute(same), same);
    }
}

#[test]
fn words_become_texts_also_within_parentheses() {
    let text = body(
        "#[plugin(on_error=skip, rate_limit(rate = \"1/s\", per /* ! */ = caller), retry(attempts = 2))]",
        "#[subscribe(capacity = 5, overflow = drop_oldest /* block */)]",
    );
    let (new, found) = rust(&text);
    let expected = text
        .replace("=skip", "=\"skip\"")
        .replace("= caller", "= \"caller\"")
        .replace("= drop_oldest", "= \"drop-oldest\"");
    assert_eq!((new.as_str(), found.left.len()), (expected.as_str(), 0));
    let told: Vec<_> = found.edits.iter().map(|edit| (edit.old.as_str(), edit.new.as_str())).collect();
    let same = [
        ("on_error = skip", "on_error = \"skip\""),
        ("per = caller", "per = \"caller\""),
        ("overflow = drop_oldest", "overflow = \"drop-oldest\""),
    ];
    assert_eq!(told, same);
    assert_eq!(rust(&new), (new.clone(), Found::default()));
}

#[test]
fn what_only_looks_alike_stays() {
    for text in [
        body("#[other::plugin]", "#[health(every = \"1s\")]"),
        body("#[plugin::core]", "#[health(every = \"1s\")]"),
        body("#[plugin]", "#[other::health(every = \"1s\")]"),
        body("#[plugin]", "#[hook(every = \"1s\")]"),
        body("#[plugin]", "#[task(restart = \"sometimes\")]"),
        body("#[plugin]", "#[task(restart = restart_of(\"never\"), backoff = \"period\")]"),
        body("#[plugin]", "#[subscribe(overflow = Overflow::block, capacity = block)]"),
        body("#[plugin]", "#[subscribe(overflow = wait, overflow(block), block)]"),
        body("#[plugin]", "#[task(restart = never)]"),
        body(
            "#[plugin(per = caller, retry(per = caller), rate_limit(rate_limit(per = caller)), tags(skip))]",
            "#[init]",
        ),
        body("#[plugin]", "#[hook(around, rate_limit(per = caller), on_error = skip)]"),
        body("#[plugin]", "fn g() { health!(every = \"1s\") }"),
        body("#[plugin]", "// #[health(every = \"1s\")]"),
        body("#[plugin]", "mod b { #[health(every = \"1s\")] fn g() {} }"),
        body("#[derive(plugin)]", "#[health(every = \"1s\")]"),
        "#[plugin] use a; mod a { #[health(every = \"1s\")] fn g() {} }".to_owned(),
        "#[health(every = \"1s\")] fn plugin() {}".to_owned(),
    ] {
        assert_eq!(rust(&text), (text.clone(), Found::default()), "{text}");
    }
}

#[test]
fn another_crates_attribute_of_the_same_name_stays_and_is_told() {
    let text = format!(
        "use bevy::{{app, plugin}};\n{}",
        body("#[plugin(api = \"0.1\", on_error = skip)]", "#[health(every = \"1s\")]")
    );
    let (new, found) = rust(&text);
    assert_eq!(new, text);
    let [outer, inner] = &found.left[..] else { panic!("{found:?}") };
    assert_eq!(outer.why, "`on_error = skip` stays, as `#[plugin]` is `bevy::plugin` here");
    assert_eq!(inner.why, "`every` stays, as `#[plugin]` is `bevy::plugin` here");
    // And ours by another name is ours.
    let text = format!(
        "use plugin_core::{{hook, plugin as feature}};\n{}",
        body("#[feature]", "#[health(every = \"1s\")]")
    );
    assert_eq!(rust(&text).0, text.replace("every", "interval"));
}

#[test]
fn what_has_both_names_stays_and_keeps_its_version() {
    let text = body("#[plugin(api = \"0.1\")]", "#[health(every = \"1s\", interval = \"2s\")]");
    let (new, found) = rust(&text);
    assert_eq!(new, text);
    assert_eq!(found.left.len(), 1, "{found:?}");
}

#[test]
fn a_source_that_cannot_be_read_is_told_where() {
    let found = rust::find("#[plugin]\nmod a { \"unclosed }\n");
    assert!(found.edits.is_empty() && found.left[0].broken, "{found:?}");
    assert!(found.left[0].why.starts_with("this is no Rust"), "{found:?}");
}

const OLD_YAML: &str = r#"# All of it. every: 5s
plugins:
  feeds:   # comes first
    health: {every: 10s,  failures: 3}   # every
    supervision:
      # how often
      "restarts" : 20   # restarts

      'period': ${PERIOD:10m}
    config:
      health: { every: 1s }
      note: |
        supervision:
          period: 5s
  über: {supervision: {? period : 1m, window2: x}}
profiles:
  production:
    plugins:
      feeds: &feeds
        health:
          every: 1m
      other: *feeds
      third:
        <<: *feeds
        enabled: false
server: {health: {every: 5}}
"#;

#[test]
fn yaml_keeps_comments_quotes_and_layout() {
    let expected = OLD_YAML
        .replace("{every: 10s,", "{interval: 10s,")
        .replace("\"restarts\" :", "\"max_restarts\" :")
        .replace("'period': $", "'window': $")
        .replace("? period :", "? window :")
        .replace("          every: 1m", "          interval: 1m");
    let (new, found) = config(OLD_YAML, Format::Yaml);
    assert_eq!(new, expected);
    assert!(found.left.is_empty() && found.edits.len() == 5, "{found:?}");
    assert_eq!(found.edits[0].old, "plugins.feeds.health.every");
    assert_eq!(config(&new, Format::Yaml), (new.clone(), Found::default()));
    let crlf = OLD_YAML.replace('\n', "\r\n");
    assert_eq!(config(&crlf, Format::Yaml).0, expected.replace('\n', "\r\n"));
}

#[test]
fn toml_keeps_comments_quotes_and_layout() {
    let old = "# every\nambiguity = \"deny\" # period\n\n[plugins.feeds.health] # one\nevery = \"10s\"  # two\n\n[plugins.\"ü\"]\nsupervision = { \"restarts\" = 5, \
        period = '1m' }\nhealth.every = \"1s\"\n[plugins.feeds.config]\nevery = 5\n[profiles.production.plugins.feeds]\nhealth = {every=\"1m\"}\n";
    let expected = old
        .replace("\nevery = \"10s\"", "\ninterval = \"10s\"")
        .replace("\"restarts\"", "\"max_restarts\"")
        .replace("period =", "window =")
        .replace("health.every", "health.interval")
        .replace("{every=", "{interval=");
    let (new, found) = config(old, Format::Toml);
    assert_eq!(new, expected);
    assert!(found.left.is_empty(), "{found:?}");
    assert_eq!(config(&new, Format::Toml), (new.clone(), Found::default()));
}

#[test]
fn json_keeps_its_layout() {
    let old = "{\n\t\"plugins\" : {\"feeds\\u0021\":{ \"health\":{\"every\" :\"10s\",\"failures\":3},\n\t\"config\": {\"health\": {\"every\": [1, {\"every\": \"\\\"every\\\\\"}]}}},\n\
        \"b\": {\"supervision\": {\"restarts\":-1.5e3, \"period\": \"ü\"}}}\n}";
    let expected = old
        .replace("{\"every\" :", "{\"interval\" :")
        .replace("\"restarts\"", "\"max_restarts\"")
        .replace("\"period\"", "\"window\"");
    let (new, found) = config(old, Format::Json);
    assert_eq!(new, expected);
    assert!(found.left.is_empty(), "{found:?}");
    assert_eq!(config(&new, Format::Json), (new.clone(), Found::default()));
}

#[test]
fn keys_that_an_edit_would_not_get_right_stay_and_are_told() {
    let shared = "plugins:\n  a:\n    config:\n      health: &h {every: 1s}\n  b:\n    health: *h\n";
    let both = "plugins: {a: {health: {every: 1s, interval: 2s}}}\n";
    let escaped = "plugins: {a: {health: {\"\\x65very\": 1s}}}\n# every\n";
    for (text, why) in [
        (shared, "`plugins.b.health.every` stays, as what is written here also stands for other keys"),
        (both, "`plugins.a.health.every` stays, as `interval` is given as well"),
        (escaped, "`plugins.a.health.every` stays, as it is written with escapes"),
    ] {
        let (new, found) = config(text, Format::Yaml);
        assert_eq!(new, text);
        assert_eq!(found.left.iter().map(|left| left.why.as_str()).collect::<Vec<_>>(), [why], "{found:?}");
    }
    let mut bomb = "every: &a0 [1, 1]\n".to_owned();
    for level in 1..40 {
        bomb += &format!("k{level}: &a{level} [*a{0}, *a{0}]\n", level - 1);
    }
    assert!(config(&bomb, Format::Yaml).1.left[0].broken);
    let broken = config("plugins: {a: {health: {every: 1s}\n", Format::Yaml).1;
    assert!(broken.edits.is_empty() && broken.left[0].broken, "{broken:?}");
}

#[test]
fn code_blocks_of_markdown_are_rewritten_and_its_words_stay() {
    let old = "# every: `#[health(every = \"1s\")]`\n\n```rust,ignore\n#[plugin(api = \"0.1\", …)]\nmod a {\n    #[health(every = \"1s\")] // ü …\n    \
        fn health(…) { … }\n}\n```\n\n  ~~~~yaml\n  plugins:\n    a:\n      health: { every: 1s }   # every\n  ~~~\n  ~~~~\n\n```text\n#[plugin]\nmod a { \
        #[health(every = \"1s\")] }\n```\n\n```rust\n#[task(intensity = 3, …)]\nasync fn f(…) { \"unclosed }\n```\n\n```rust\n#[plugin(on_error = skip)]\n```\n\n```rs\n#[task(intensity = 3, …)]\nasync fn f(…) { … }\n";
    let expected = old
        .replacen("api = \"0.1\"", "api = \"0.2\"", 1)
        .replace("    #[health(every", "    #[health(interval")
        .replace("health: { every:", "health: { interval:");
    let (before, last) = expected.rsplit_once("intensity").unwrap();
    let expected = format!("{before}max_restarts{last}").replace("= skip", "= \"skip\"");
    let found = markdown::find(old);
    let new = apply(old, &found.edits);
    // The sketch that is closed by `~~~` inside is no YAML.
    assert_eq!(new, expected.replace("health: { interval:", "health: { every:"), "{found:?}");
    let closed = old.replace("  ~~~\n", "");
    assert_eq!(apply(&closed, &markdown::find(&closed).edits), expected.replace("  ~~~\n", ""));
    assert!(markdown::find(&expected.replace("  ~~~\n", "")).is_empty());
    let meant = old.replace("rust,ignore", "rust,compile_fail");
    assert!(!markdown::find(&meant).edits.iter().any(|edit| edit.new == "api = \"0.2\""));
    let foreign = "```rust\nuse bevy::plugin;\n#[health(every = \"1s\")]\nfn f() {}\n```\n";
    assert!(markdown::find(foreign).is_empty());
}

#[test]
fn other_programs_keys_stay() {
    for text in [
        "every: 1\n",
        "plugins: {a: {every: 1s}}\n",
        "health: {every: 1s}\n",
        "plugins: [{health: {every: 1s}}]\n",
    ] {
        assert_eq!(config(text, Format::Yaml), (text.to_owned(), Found::default()), "{text}");
    }
}

/// A repository with one file of each kind, all of it committed.
fn repository() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_path_buf();
    fs::create_dir_all(root.join("src/nested")).unwrap();
    fs::create_dir_all(root.join("target")).unwrap();
    fs::write(root.join("target/CACHEDIR.TAG"), "").unwrap();
    fs::write(root.join("target/old.yaml"), OLD_YAML).unwrap();
    fs::write(root.join("plugins.yaml"), OLD_YAML).unwrap();
    fs::write(root.join("other.json"), "{ // no JSON, and none of ours\n every }").unwrap();
    fs::write(root.join("kept.yaml"), format!("# xtask migrate: keep\n{OLD_YAML}")).unwrap();
    fs::write(root.join("src/nested/lib.rs"), body("#[plugin]", "#[health(every = \"1s\")]")).unwrap();
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "Old"],
    ] {
        assert!(Command::new("git").current_dir(&root).args(arguments).status().unwrap().success());
    }
    (folder, root)
}

fn migrated(root: &Path, args: &Args) -> Result<bool, String> {
    let Args { check, dry_run, json, allow_dirty, allow_no_vcs, .. } = *args;
    let args = Args { paths: vec![root.to_path_buf()], check, dry_run, json, allow_dirty, allow_no_vcs };
    let code = run(root, &args).map_err(|fault| fault.to_string())?;
    Ok(format!("{code:?}") == format!("{:?}", std::process::ExitCode::SUCCESS))
}

fn texts(root: &Path) -> Vec<String> {
    ["plugins.yaml", "src/nested/lib.rs", "kept.yaml", "target/old.yaml"]
        .map(|path| fs::read_to_string(root.join(path)).unwrap())
        .to_vec()
}

#[test]
fn a_folder_is_migrated_once_and_only_then_is_the_check_content() {
    let (_folder, root) = repository();
    let before = texts(&root);
    let check = || migrated(&root, &Args { check: true, ..Args::default() });
    let dry = Args { dry_run: true, json: true, ..Args::default() };
    assert_eq!((check(), migrated(&root, &dry)), (Ok(false), Ok(true)));
    assert_eq!(texts(&root), before, "neither writes");
    assert_eq!(migrated(&root, &Args::default()), Ok(true));
    let after = texts(&root);
    assert!(
        after[0].contains("interval: 10s") && after[1].contains("#[health(interval = \"1s\")]"),
        "{after:?}"
    );
    assert_eq!(after[2..], before[2..], "what says so and what cargo built stay");
    assert_eq!((check(), migrated(&root, &Args::default())), (Ok(true), Ok(true)));
    assert_eq!(texts(&root), after, "the second time changes nothing");
}

#[test]
fn changes_that_are_not_committed_are_not_mixed_with_a_migration() {
    let (_folder, root) = repository();
    fs::write(root.join("mine.txt"), "not yet committed").unwrap();
    let before = texts(&root);
    let told = migrated(&root, &Args::default()).unwrap_err();
    assert!(told.contains("mine.txt") && told.contains("--allow-dirty"), "{told}");
    assert_eq!(texts(&root), before);
    assert_eq!(migrated(&root, &Args { check: true, ..Args::default() }), Ok(false), "a check needs no git");
    assert_eq!(migrated(&root, &Args { allow_dirty: true, ..Args::default() }), Ok(true));
    assert_ne!(texts(&root), before);
}

#[test]
fn files_that_no_git_holds_need_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("a.yaml"), OLD_YAML).unwrap();
    let told = migrated(root, &Args::default()).unwrap_err();
    assert!(told.contains("--allow-no-vcs"), "{told}");
    assert_eq!(migrated(root, &Args { allow_no_vcs: true, ..Args::default() }), Ok(true));
    assert_ne!(fs::read_to_string(root.join("a.yaml")).unwrap(), OLD_YAML);
}

#[test]
fn a_path_that_is_none_is_told() {
    let root = tempfile::tempdir().unwrap();
    let told = |name: &str| {
        let args = Args { paths: vec![root.path().join(name)], ..Args::default() };
        run(root.path(), &args).unwrap_err().to_string()
    };
    assert!(told("gone").contains("there is no"), "{}", told("gone"));
    fs::write(root.path().join("notes.txt"), "").unwrap();
    assert!(told("notes.txt").contains("is neither a Rust source, nor a configuration, nor Markdown"));
}
