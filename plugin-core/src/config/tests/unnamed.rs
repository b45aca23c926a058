//! Plugins that no source names.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::guard::Policy;
use crate::id::Id;

#[test]
fn who_is_not_named_has_what_one_has_of_whom_nothing_is_said() {
    let nothing = yaml("plugins: { content-filter: {}, memory: {}, audit: {}, off-plugin: {} }");
    let (named, unnamed) = (loaded(&nothing), loaded(&yaml("")));
    for name in ["content-filter", "memory", "audit", "off-plugin"] {
        assert!(named.plugin(name) == unnamed.plugin(name), "{name}");
    }
    assert_eq!(named.show().to_string(), unnamed.show().to_string());
}

#[test]
fn what_is_shown_of_a_plugin_does_not_depend_on_who_else_is_named() {
    let settings = loaded(&yaml("plugins: { memory: { enabled: false } }"));
    let shown = settings.show();
    let plugins = shown.values.iter().filter_map(|one| one.key.strip_prefix("plugins.")?.split('.').next());
    assert!(plugins.is_sorted());
    let origin = |key: &str| shown.get(key).unwrap().origin.to_string();
    assert_eq!(origin("plugins.memory.enabled"), "plugins.yaml:1");
    assert_eq!(origin("plugins.audit.enabled"), "default");
}

#[test]
fn a_default_that_its_schema_refuses_is_told_of_each_plugin() {
    let faulty = |name| {
        let policy = Policy::new().timeout(Duration::ZERO);
        Entry::of(Box::leak(Box::new(PluginDescriptor { policy, ..PluginDescriptor::stub(name) })))
    };
    let entries = [faulty("one"), plugin("audit", None), faulty("two")];
    let errors = load(&yaml(""), &entries, &[]).expect_err("a mistake").errors;
    let told: Vec<(&str, String)> =
        errors.iter().map(|error| (error.key.as_str(), error.origin.to_string())).collect();
    assert_eq!(
        told,
        [("plugins.one.timeout", "default".to_owned()), ("plugins.two.timeout", "default".to_owned())]
    );
}

#[test]
fn those_whose_defaults_are_the_same_share_them() {
    let entries = [plugin("one", None), plugin("two", None), plugin("off-plugin", None)];
    let settings = load(&yaml("plugins: { two: {} }"), &entries, &[]).unwrap();
    let alone = load(&yaml(""), &entries, &[]).unwrap();
    let shared =
        |settings: &Settings, other| Arc::ptr_eq(settings.of(Id::of("one")), settings.of(Id::of(other)));
    assert!(shared(&alone, "two") && !shared(&alone, "off-plugin"));
    assert!(!shared(&settings, "two") && settings.plugin("one") == settings.plugin("two"));
}
