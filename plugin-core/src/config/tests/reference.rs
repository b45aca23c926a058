//! Keys in words.

use super::*;
use crate::config::{ConfigKey, keys};

fn of(entry: Entry) -> Vec<ConfigKey> {
    keys(entry.plugin.expect("a plugin"))
}

#[test]
fn each_key_is_told_with_what_it_takes_and_its_default() {
    let keys = of(plugin("filter", config::<Filter>()));
    let key = |name: &str| keys.iter().find(|one| one.key == name).expect(name);
    assert_eq!(key("action").takes, "one of `mask` or `refuse`");
    assert_eq!(key("action").description, "What is done.");
    assert_eq!(key("small").default, Some(json!(3)));
    assert_eq!((key("limit").default.as_ref(), key("limit").secret), (None, false));
    assert_eq!((key("api_key").default.as_ref(), key("api_key").secret), (None, true));
}

#[test]
fn the_keys_of_a_map_and_of_the_items_of_a_list_stand_below_it() {
    let keys = of(plugin("memory", config::<Memory>()));
    let names: Vec<&str> = keys.iter().map(|one| one.key.as_str()).collect();
    for name in
        ["limits.per_user", "limits.port", "rules", "rules[].from", "rules[].to", "headers", "store.path"]
    {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    assert!(!names.contains(&"limits"), "{names:?}");
    let token = keys.iter().find(|one| one.key == "token").expect("a token");
    assert_eq!((token.secret, token.default.as_ref()), (true, None));
}

#[test]
fn a_plugin_without_a_config_has_no_keys() {
    assert_eq!(of(plugin("plain", None)), []);
}
