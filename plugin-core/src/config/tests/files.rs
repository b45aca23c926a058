//! The default file and the schema.

use super::super::{default_file, schema};
use super::*;

#[test]
fn the_default_file_gives_the_defaults_back() {
    let text = default_file(&entries(), &sections()).unwrap();
    println!("{text}");
    let from_file = loaded(&yaml(&text));
    let from_nothing = loaded(&yaml(""));
    for name in ["content-filter", "memory", "audit", "off-plugin"] {
        assert_eq!(from_file.plugin(name), from_nothing.plugin(name), "{name}");
    }
    let back: Filter = serde_json::from_value(filter(&from_file)).unwrap();
    assert_eq!(back, Filter::default());
    assert_eq!(from_file.section::<Server>("server").unwrap(), Server::default());
}

#[test]
fn the_default_file_is_valid_by_the_schema() {
    let schema = schema(&entries(), &sections());
    let text = default_file(&entries(), &sections()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value = Format::Yaml.parse(&text).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_default_file_describes_every_key() {
    let text = default_file(&entries(), &sections()).unwrap();
    for line in [
        "# Stands for each letter of a masked word.",
        "# Does one thing.",
        "# One of `allow`, `warn` or `deny`.",
        "ambiguity: warn",
        "      mask: \"*\"",
        "      words: [\"$${word}\", \"yes\"]",
        "    start_timeout: 10s",
        "    # priority: # a whole number or nothing (null)",
        "      # token: # a secret text",
        "        kind: here",
    ] {
        assert!(text.lines().any(|found| found.trim_start() == line.trim_start()), "{line}\n{text}");
    }
}

#[test]
fn the_schema_and_our_own_check_agree() {
    let schema = schema(&entries(), &sections());
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (text, good) in [
        ("{}", true),
        ("plugins: { memory: { config: { store: { kind: file, path: a } } } }", true),
        ("plugins: { memory: { config: { store: { kind: file, path: 1 } } } }", false),
        ("plugins: { memory: { config: { store: { kind: file, size: 1 } } } }", false),
        ("plugins: { memory: { config: { limits: { port: 65536 } } } }", false),
        ("plugins: { memory: { config: { limits: { port: null } } } }", true),
        ("plugins: { memory: { config: { headers: { a: 1 } } } }", false),
        ("plugins: { memory: { config: { rules: [{ from: a, to: null }] } } }", true),
        ("plugins: { content-filter: { config: { mask: ab } } }", false),
        ("plugins: { content-filter: { config: { action: refuse } } }", true),
        ("plugins: { content-filter: { stop_timeout: 10 } }", false),
        ("plugins: { content-filter: { stop_timeout: 10q } }", false),
        ("plugins: { content-filter: { stop_timeout: 1m 2.5s, priority: -3 } }", true),
        ("plugins: { content-filter: { priority: 0.5 } }", false),
        ("plugins: { content-filter: { required: 1 } }", false),
        ("plugins: { content-filter: { start_timeout: 90s } }", true),
        ("plugins: { audit: { config: { a: 1 } } }", false),
        ("plugins: { redis-store: {} }", false),
        ("profiles: { production: { plugins: { audit: { enabled: false } } } }", true),
        ("profiles: { production: { profiles: {} } }", false),
        ("other: 1", false),
    ] {
        let value = Format::Yaml.parse(text).unwrap();
        assert_eq!(validator.is_valid(&value), good, "schema: {text}");
        let ours = load(&yaml(text), &entries(), &sections());
        assert_eq!(
            ours.is_ok(),
            good,
            "check: {text} {}",
            ours.err().map(|e| e.to_string()).unwrap_or_default()
        );
    }
}
