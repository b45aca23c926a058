//! Each mistake, and all at once, as a person sees them.

use super::super::{Mistake, Origin};
use super::*;

fn at(line: usize) -> Origin {
    Origin::File { file: "plugins.yaml".to_owned(), line: Some(line), column: None, profile: None }
}

#[test]
fn ten_mistakes_make_ten_reports_at_once() {
    let text = r#"
ambiguity: wran
capabilities: { Storage: 3 }
server:
  workers: many
plugins:
  content-filter:
    enabld: true
    start_timeout: 10
    config:
      mask: 5
      limit: -1
      threshold: 1.5
      refresh: soon
  redis-store:
    enabled: true
"#;
    let errors = refused(&yaml(text));
    let report = errors.to_string();
    println!("{report}");
    assert_eq!(errors.errors.len(), 10, "{report}");
    let expected = r#"10 mistakes in the configuration

1. plugins.yaml:2: `ambiguity`
   expected one of `allow`, `warn` or `deny`, found the text "wran"
   help: did you mean `warn`?

2. plugins.yaml:3: `capabilities.Storage`
   expected a text, found the number 3
   help: write it in quotes: "3"

3. plugins.yaml:5: `server.workers`
   expected a whole number from 0 to 65535, found the text "many"
   help: correct it, or remove the key: the default is 2

4. plugins.yaml:8: `plugins.content-filter.enabld`
   expected one of the 15 keys that belong here, found `enabld`
   help: did you mean `enabled`?

5. plugins.yaml:9: `plugins.content-filter.start_timeout`
   expected a length of time such as `1s`, `200ms` or `1h30m`, found the number 10
   help: add the unit: `10s`

6. plugins.yaml:11: `plugins.content-filter.config.mask`
   expected a single character, found the number 5
   help: write it in quotes: "5"

7. plugins.yaml:12: `plugins.content-filter.config.limit`
   expected a whole number of at least 0 or nothing (null), found the number -1
   help: correct it, or remove the key: the default is null

8. plugins.yaml:13: `plugins.content-filter.config.threshold`
   expected a number from 0 to 1, found the number 1.5
   help: correct it, or remove the key: the default is 0.5

9. plugins.yaml:14: `plugins.content-filter.config.refresh`
   expected a length of time such as `1s`, `200ms` or `1h30m`, found the text "soon"
   help: correct it, or remove the key: the default is "1m30s"

10. plugins.yaml:15: `plugins.redis-store`
   expected a plugin of this build, found `redis-store`
   help: `redis-store` is not in this build; build with `--features redis-store`, or remove the section
"#;
    assert_eq!(report, expected);
}

#[test]
fn mistakes_of_all_sources_come_together() {
    let sources = yaml("plugins: { memory: { config: { limits: { port: x } } } }")
        .text("more.toml", Format::Toml, "[server]\nworker = 1\n")
        .text("last.json", Format::Json, "{\"plugins\":")
        .environment(vars([
            ("PLUGIN__CONTENT_FILTER__CONFIG__SMALL", "300"),
            ("PLUGIN__AUDIT__ENABLED", "maybe"),
        ]))
        .set("plugins.audit.config.x", "1");
    let errors = refused(&sources);
    let kinds: Vec<_> = errors.errors.iter().map(|error| error.kind).collect();
    assert_eq!(
        kinds,
        [
            Mistake::WrongType,
            Mistake::UnknownKey,
            Mistake::Syntax,
            Mistake::WrongType,
            Mistake::OutOfRange,
            Mistake::UnknownKey
        ],
        "{errors}"
    );
    let sources: Vec<String> = errors.errors.iter().map(|error| error.origin.to_string()).collect();
    assert_eq!(sources[1], "more.toml:2");
    assert!(sources[2].starts_with("last.json:1:"), "{}", sources[2]);
    assert_eq!(sources[3], "environment variable PLUGIN__AUDIT__ENABLED");
    assert_eq!(sources[5], "command line");
}

#[test]
fn an_unknown_plugin_names_the_nearest() {
    let error = mistake(&yaml("plugins:\n  content-fliter: {}\n"));
    assert_eq!((error.kind, error.nearest.as_deref()), (Mistake::UnknownPlugin, Some("content-filter")));
    let error = mistake(&yaml("plugins:\n  redis-stroe: {}\n"));
    assert_eq!((error.kind, error.nearest.as_deref()), (Mistake::UnknownPlugin, Some("redis-store")));
    assert!(error.hint.as_deref().unwrap_or_default().contains("--features redis-store"), "{error}");
}

#[test]
fn a_key_on_the_wrong_side_of_config_says_where_it_belongs() {
    let error = mistake(&yaml("plugins: { memory: { store: { kind: here } } }"));
    assert_eq!(error.nearest.as_deref(), Some("plugins.memory.config.store"));
    let error = mistake(&yaml("plugins: { memory: { config: { enabled: false } } }"));
    assert_eq!(error.nearest.as_deref(), Some("plugins.memory.enabled"));
}

#[test]
fn a_plugin_without_config_accepts_an_empty_one_only() {
    loaded(&yaml("plugins: { audit: { config: {} } }"));
    loaded(&yaml("plugins:\n  audit:\n    config:\n"));
    let error = mistake(&yaml("plugins: { audit: { config: { a: 1 } } }"));
    assert_eq!(error.key, "plugins.audit.config.a");
    assert!(error.hint.as_deref().unwrap_or_default().contains("takes no config"), "{error}");
}

#[test]
fn a_secret_is_never_printed() {
    let error = mistake(&yaml("plugins:\n  content-filter:\n    config:\n      api_key: [sk-123]\n"));
    assert_eq!(error.origin, at(4));
    assert!(!error.to_string().contains("sk-123"), "{error}");
    let error = mistake(&yaml("plugins: { content-filter: { config: { api_key: 5551234 } } }"));
    assert!(!format!("{error} {error:?}").contains("5551234"), "{error}");
    let error = mistake(&yaml("plugins: { content-filter: { config: { api_kye: sk-123 } } }"));
    assert!(!error.to_string().contains("sk-123"), "{error}");
    let sources = yaml("plugins: { content-filter: { config: { api_key: sk-123, label: sk } } }");
    let settings = loaded(&sources);
    assert_eq!(filter(&settings)["api_key"], "sk-123");
    let shown = settings.show();
    assert_eq!(shown.get("plugins.content-filter.config.api_key").unwrap().value, "[redacted]");
    assert!(!format!("{shown} {settings:?} {:?}", settings.plugin("content-filter")).contains("sk-123"));
}

#[test]
fn the_placeholder_of_a_secret_is_no_secret() {
    let error = mistake(&yaml("plugins: { content-filter: { config: { api_key: '[redacted]' } } }"));
    assert_eq!(error.kind, Mistake::Malformed);
}

#[test]
fn a_variant_is_judged_by_its_tag() {
    let store =
        |text: &str| mistake(&yaml(&format!("plugins: {{ memory: {{ config: {{ store: {text} }} }} }}")));
    let error = store("{ kind: fiel, path: a }");
    assert_eq!((error.kind, error.nearest.as_deref()), (Mistake::NotOneOf, Some("file")), "{error}");
    let error = store("{ kind: file, path: 3 }");
    assert_eq!(error.key, "plugins.memory.config.store.path");
    let error = store("{ kind: file, pth: x }");
    assert_eq!(
        (error.key.as_str(), error.nearest.as_deref()),
        ("plugins.memory.config.store.pth", Some("path"))
    );
    let error = store("file");
    assert_eq!(error.kind, Mistake::WrongType, "{error}");
    let error = store("{ kind: file }");
    assert_eq!(
        (error.kind, error.key.as_str()),
        (Mistake::Missing, "plugins.memory.config.store.path"),
        "{error}"
    );
}

#[test]
fn an_entry_of_a_list_is_named_by_its_place() {
    let error = mistake(&yaml(
        "plugins:\n  memory:\n    config:\n      rules:\n        - from: a\n        - to: b\n",
    ));
    assert_eq!((error.kind, error.key.as_str()), (Mistake::Missing, "plugins.memory.config.rules[1].from"));
    assert_eq!(error.origin, at(6));
}

#[test]
fn a_broken_text_names_file_line_and_column() {
    let error = mistake(&yaml("plugins:\n  memory: [1, 2\n  audit: {}\n"));
    println!("{error}");
    assert_eq!(error.kind, Mistake::Syntax);
    assert!(matches!(&error.origin, Origin::File { line: Some(2..), column: Some(_), .. }), "{error:?}");
}

#[test]
fn a_variable_that_means_nothing_names_the_nearest_variable() {
    let error = |name: &str| mistake(&Sources::new().environment(vars([(name, "1")])));
    let near = |name: &str| error(name).nearest;
    assert_eq!(
        near("PLUGIN__CONTNT_FILTER__CONFIG__MASK").as_deref(),
        Some("PLUGIN__CONTENT_FILTER__CONFIG__MASK")
    );
    assert_eq!(near("PLUGIN__CONTENT_FILTER__PRIORTY").as_deref(), Some("PLUGIN__CONTENT_FILTER__PRIORITY"));
    assert_eq!(near("PLUGIN__CONTENT_FILTER__MASK").as_deref(), Some("PLUGIN__CONTENT_FILTER__CONFIG__MASK"));
    assert_eq!(near("HOST__SERVER__ADRESS").as_deref(), Some("HOST__SERVER__ADDRESS"));
    assert_eq!(error("PLUGIN__REDIS_STORE__ENABLED").kind, Mistake::NotInBuild);
    assert_eq!(error("PLUGIN____X").kind, Mistake::UnknownKey);
    assert_eq!(error("PLUGIN__CONTENT_FILTER__ENABLED__X").kind, Mistake::UnknownKey);
}

#[test]
fn an_argument_that_means_nothing_names_the_nearest_key() {
    let error = mistake(&yaml("").set("plugins.memory.config.limit.per_user", "1"));
    assert_eq!(error.nearest.as_deref(), Some("plugins.memory.config.limits.per_user"));
    assert_eq!(error.origin, Origin::CommandLine);
}

#[test]
fn an_unset_variable_names_file_key_and_variable_once() {
    let error = mistake(&yaml("plugins:\n  memory:\n    config:\n      limits: { port: '${PORT}' }\n"));
    assert_eq!(
        (error.kind, error.key.as_str()),
        (Mistake::UnsetVariable, "plugins.memory.config.limits.port")
    );
    assert!(error.expected.contains("`PORT`"), "{error}");
    assert_eq!(error.origin, at(4));
}

#[test]
fn a_missing_file_is_a_mistake_unless_it_is_optional() {
    let error = mistake(&Sources::new().environment([]).file("/nowhere/plugins.yaml"));
    assert_eq!(error.kind, Mistake::Unreadable);
    loaded(&Sources::new().environment([]).optional_file("/nowhere/plugins.yaml"));
    let error = mistake(&Sources::new().environment([]).optional_file("plugins.ini"));
    assert_eq!(error.kind, Mistake::Unreadable);
}

#[test]
fn a_disabled_plugin_may_lack_what_it_would_need() {
    loaded(&yaml("plugins: { memory: { enabled: false, config: { store: { kind: file } } } }"));
}
