//! How values of several sources become one, and what stands for what.

use super::*;

fn memory(sources: &Sources) -> Value {
    loaded(sources).plugin("memory").config.clone()
}

#[test]
fn another_variant_replaces_and_the_same_one_completes() {
    let other = yaml("plugins: { memory: { config: { store: { kind: file, path: a } } } }");
    assert_eq!(memory(&other)["store"], json!({"kind": "file", "path": "a"}));
    let same = other.clone().set("plugins.memory.config.store.path", "b");
    assert_eq!(memory(&same)["store"], json!({"kind": "file", "path": "b"}));
    let size = yaml("").environment(vars([("PLUGIN__MEMORY__CONFIG__STORE__SIZE", "4")]));
    assert_eq!(memory(&size)["store"], json!({"kind": "here", "size": 4}));
}

#[test]
fn maps_complete_each_other_and_lists_replace() {
    let sources =
        yaml("plugins: { memory: { config: { headers: { a: x }, rules: [{ from: a }, { from: b }] } } }")
            .text(
                "b.yaml",
                Format::Yaml,
                "plugins: { memory: { config: { headers: { b: y }, rules: [{ from: c }] } } }",
            );
    let memory = memory(&sources);
    assert_eq!(memory["headers"], json!({"a": "x", "b": "y"}));
    assert_eq!(memory["rules"], json!([{"from": "c"}]));
}

#[test]
fn variables_in_files_become_what_the_schema_asks_for() {
    let text = "server: { workers: '${N}', address: '${N}' }\nplugins: { content-filter: { enabled: '${ON:true}', config: { words: '${WORDS:[a, b]}', label: 'x${N}$${N}', api_key: '${EMPTY:}', limit: '${NONE:null}' } } }";
    let settings = loaded(&yaml(text).environment(vars([("N", "12")])));
    let server: Server = settings.section("server").unwrap();
    assert_eq!(server, Server { address: "12".to_owned(), workers: 12 });
    assert_eq!(filter(&settings)["words"], json!(["a", "b"]));
    assert_eq!(filter(&settings)["label"], "x12${N}");
    assert_eq!(filter(&settings)["api_key"], "");
    assert_eq!(filter(&settings)["limit"], Value::Null);
}

#[test]
fn the_value_of_a_variable_cannot_break_the_file() {
    let settings = loaded(&yaml("server: { address: '${A}' }").environment(vars([("A", "x\n}: [${B}")])));
    assert_eq!(settings.section::<Server>("server").unwrap().address, "x\n}: [${B}");
}

#[test]
fn the_three_formats_and_real_files_load_alike() {
    let dir = tempfile::tempdir().unwrap();
    let texts = [
        ("a.yaml", "plugins:\n  memory:\n    config:\n      limits: { port: 80 }\n"),
        ("a.toml", "[plugins.memory.config.limits]\nport = 80\n"),
        ("a.json", r#"{"plugins": {"memory": {"config": {"limits": {"port": 80}}}}}"#),
    ];
    for (name, text) in texts {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        let sources = Sources::new().environment([]).file(&path);
        assert_eq!(memory(&sources)["limits"]["port"], 80, "{name}");
        assert_eq!(sources.files().collect::<Vec<_>>(), [path]);
    }
}

#[test]
fn sections_with_nothing_in_them_change_nothing() {
    let settings = loaded(&yaml("plugins:\n  memory:\nserver:\ncapabilities:\nprofiles:\n"));
    assert_eq!(settings.section::<Server>("server").unwrap(), Server::default());
    assert!(settings.plugin("memory").enabled);
}

#[test]
fn a_typed_config_comes_back() {
    let settings = loaded(&yaml(
        "plugins: { memory: { config: { token: t, limits: { per_user: 18446744073709551615 } } } }",
    ));
    let memory: Memory = serde_json::from_value(settings.plugin("memory").config.clone()).unwrap();
    assert_eq!(memory.limits.per_user, u64::MAX);
    assert_eq!(memory.token.expose(), "t");
    let built_in: Memory = serde_json::from_value(loaded(&yaml("")).plugin("memory").config.clone()).unwrap();
    assert_eq!(built_in, Memory::default());
}

#[test]
fn plugins_have_their_own_defaults() {
    let settings = loaded(&yaml("capabilities: { Storage: memory }"));
    assert!(!settings.plugin("off-plugin").enabled);
    assert!(!settings.plugin("nowhere").enabled);
    let plugin = settings.plugin("audit");
    assert!(plugin.enabled && !plugin.required && plugin.priority.is_none());
    assert_eq!(plugin.start_timeout.as_secs(), 10);
    assert_eq!(settings.selected()["Storage"], "memory");
}
