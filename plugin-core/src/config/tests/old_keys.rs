//! Keys by the names that they had before.

use std::time::Duration;

use super::super::renamed::RENAMED;
use super::super::{Mistake, Origin};
use super::*;

fn seconds(period: Option<Period>) -> Option<u64> {
    period.map(|period| period.0.as_secs())
}

#[test]
fn an_old_key_is_read_as_the_new_one_and_told_with_its_place() {
    let text = "plugins:\n  memory:\n    health: { failures: 2, every: 7s }\n    supervision:\n      restarts: 9\n      period: 1m\nprofiles:\n  development:\n    \
        plugins:\n      audit:\n        health:\n          every: 3s\n";
    let settings = loaded(&yaml(text));
    let memory = settings.plugin("memory");
    assert_eq!((seconds(memory.health.interval), memory.health.failures), (Some(7), Some(2)));
    assert_eq!((memory.supervision.max_restarts, seconds(memory.supervision.window)), (Some(9), Some(60)));
    assert_eq!(seconds(settings.plugin("audit").health.interval), Some(3));
    let mut told: Vec<String> = settings.old_keys().iter().map(ToString::to_string).collect();
    told.sort();
    let line = |line: &str, key: &str, new: &str| {
        format!(
            "plugins.yaml:{line}: `{key}` is `{new}` since plugin API 0.2\n  help: write `{new}`; `cargo xtask migrate` rewrites it"
        )
    };
    assert_eq!(
        told,
        [
            line("12", "profiles.development.plugins.audit.health.every", "interval"),
            line("3", "plugins.memory.health.every", "interval"),
            line("5", "plugins.memory.supervision.restarts", "max_restarts"),
            line("6", "plugins.memory.supervision.period", "window"),
        ]
    );
    let shown = settings.show().to_string();
    assert!(shown.contains("plugins.memory.supervision.window") && !shown.contains("period"), "{shown}");
    assert!(shown.contains("plugins.yaml:6"), "{shown}");
}

#[test]
fn the_same_words_elsewhere_and_new_keys_are_not_told() {
    let text = "plugins: { memory: { health: { interval: 1s }, supervision: { max_restarts: 1, window: 1s }, config: { headers: { every: x, period: y } } } }";
    let settings = loaded(&yaml(text));
    assert_eq!(settings.old_keys(), []);
    assert_eq!(settings.plugin("memory").config["headers"], json!({ "every": "x", "period": "y" }));
}

#[test]
fn variables_and_the_command_line_may_say_it_too() {
    let sources = Sources::new()
        .environment(vars([("PLUGIN__CONTENT_FILTER__HEALTH__EVERY", "4s")]))
        .set("plugins.memory.supervision.restarts", "3");
    let settings = loaded(&sources);
    assert_eq!(seconds(settings.plugin("content-filter").health.interval), Some(4));
    assert_eq!(settings.plugin("memory").supervision.max_restarts, Some(3));
    let told: Vec<String> = settings.old_keys().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "environment variable PLUGIN__CONTENT_FILTER__HEALTH__EVERY: `plugins.content-filter.health.every` is `interval` since plugin API 0.2\n  \
             help: write `interval`",
            "command line: `plugins.memory.supervision.restarts` is `max_restarts` since plugin API 0.2\n  help: write `max_restarts`",
        ]
    );
}

#[test]
fn a_map_in_a_variable_may_hold_them() {
    let with = |name: &str, map: &str| Sources::new().environment(vars([(name, map)]));
    let settings = loaded(&with("PLUGIN__MEMORY__SUPERVISION", "{ restarts: 3, period: 1m, backoff: 1s }"));
    let supervision = settings.plugin("memory").supervision;
    assert_eq!((supervision.max_restarts, seconds(supervision.window)), (Some(3), Some(60)));
    let keys: Vec<&str> = settings.old_keys().iter().map(|old| old.key.as_str()).collect();
    assert_eq!(keys, ["plugins.memory.supervision.restarts", "plugins.memory.supervision.period"]);
    let error = mistake(&with("PLUGIN__MEMORY", "{ health: { every: 1s, interval: 1s } }"));
    assert_eq!((error.kind, error.key.as_str()), (Mistake::Twice, "plugins.memory.health.every"));
}

#[test]
fn an_old_key_of_a_file_yields_to_the_new_one_of_a_stronger_source() {
    let sources = Sources::new().environment(vars([("PLUGIN__MEMORY__HEALTH__INTERVAL", "4s")])).text(
        "plugins.yaml",
        Format::Yaml,
        "plugins: { memory: { health: { every: 1s } } }",
    );
    assert_eq!(seconds(loaded(&sources).plugin("memory").health.interval), Some(4));
}

#[test]
fn both_names_in_one_source_are_a_mistake() {
    let error = mistake(&yaml("plugins:\n  memory:\n    health:\n      every: 1s\n      interval: 2s\n"));
    assert_eq!(error.kind, Mistake::Twice);
    assert_eq!(
        error.to_string(),
        "plugins.yaml:4: `plugins.memory.health.every`\n   expected `interval` alone, found `every`, its old name, as well\n   help: remove `every`\n"
    );
    let variables =
        vars([("PLUGIN__MEMORY__HEALTH__EVERY", "1s"), ("PLUGIN__MEMORY__HEALTH__INTERVAL", "1s")]);
    let error = mistake(&Sources::new().environment(variables));
    assert_eq!((error.kind, error.key.as_str()), (Mistake::Twice, "plugins.memory.health.every"));
}

#[test]
fn a_wrong_value_is_told_at_the_key_as_it_is_written() {
    let error = mistake(&yaml("plugins:\n  memory:\n    supervision:\n      period: soon\n"));
    assert_eq!((error.kind, error.key.as_str()), (Mistake::Malformed, "plugins.memory.supervision.period"));
    assert_eq!(
        error.origin,
        Origin::File { file: "plugins.yaml".to_owned(), line: Some(4), column: None, profile: None }
    );
}

#[test]
fn the_schema_has_old_keys_as_deprecated_and_refuses_both_names() {
    let schema = super::super::schema(&entries(), &sections());
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let health = |health: Value| validator.is_valid(&json!({ "plugins": { "audit": { "health": health } } }));
    assert!(health(json!({ "every": "1s" })) && health(json!({ "interval": "1s" })));
    assert!(!health(json!({ "every": 5 })), "it takes what the new one takes");
    assert!(!health(json!({ "every": "1s", "interval": "1s" })));
    let text = schema.to_string();
    assert!(text.matches("\"deprecated\":true").count() >= RENAMED.len(), "{text}");
    assert!(text.contains("\"description\":\"`interval` since plugin API 0.2.\""), "{text}");
}

#[test]
fn each_renamed_key_is_none_today_and_its_new_name_is_one() {
    let shape = super::super::schema::Shape::of(&entries(), &[]);
    for renamed in RENAMED {
        let path: Vec<String> = renamed.within.iter().map(|step| step.replace('*', "audit")).collect();
        let map = shape.at(&path).unwrap();
        assert!(shape.property(map, renamed.new).is_some(), "{renamed:?}");
        assert!(shape.property(map, renamed.old).is_none(), "{renamed:?}");
    }
}

#[test]
fn a_period_of_one_day_stays_one() {
    // The value is moved, not read: what substitution and units make of it is the same.
    let sources = Sources::new().environment(vars([("AGAIN", "1d")])).text(
        "plugins.toml",
        Format::Toml,
        "[plugins.memory.supervision]\nperiod = \"${AGAIN}\"\n",
    );
    let window = loaded(&sources).plugin("memory").supervision.window;
    assert_eq!(window, Some(Period(Duration::from_secs(86_400))));
}
