//! Which source wins, proven per value by what is shown.

use super::super::{Ambiguity, Origin};
use super::*;

const KEY: &str = "plugins.content-filter.config.small";

fn small(sources: &Sources) -> (u64, String) {
    let settings = loaded(sources);
    let effective = settings.show();
    let shown = effective.get(KEY).expect("the key");
    assert_eq!(filter(&settings)["small"], shown.value);
    (shown.value.as_u64().expect("a number"), shown.origin.to_string())
}

fn base(value: u64) -> String {
    format!(
        "plugins:\n  content-filter:\n    config:\n      small: {value}\nprofiles:\n  production:\n    plugins:\n      content-filter:\n        config:\n          small: {}\n",
        value + 1
    )
}

#[test]
fn each_source_wins_over_those_before() {
    let origin = |text: &str| text.to_owned();
    let none = Sources::new().environment([]);
    assert_eq!(small(&none), (3, origin("default")));
    let file = yaml(&base(10));
    assert_eq!(small(&file), (10, origin("plugins.yaml:4")));
    let second = file.clone().text("b.yaml", Format::Yaml, base(20));
    assert_eq!(small(&second), (20, origin("b.yaml:4")));
    let profile = second.clone().profile("production");
    assert_eq!(small(&profile), (21, origin("b.yaml:10 (profile production)")));
    let environment = profile.clone().environment(vars([("PLUGIN__CONTENT_FILTER__CONFIG__SMALL", "30")]));
    assert_eq!(
        small(&environment),
        (30, origin("environment variable PLUGIN__CONTENT_FILTER__CONFIG__SMALL"))
    );
    let line = environment.clone().set(KEY, "40").set(KEY, "41");
    assert_eq!(small(&line), (41, origin("command line")));
}

#[test]
fn a_profile_of_an_early_file_wins_over_a_later_file() {
    let plain = "plugins: { content-filter: { config: { small: 50 } } }";
    let sources = yaml(&base(10)).text("b.yaml", Format::Yaml, plain).profile("production");
    assert_eq!(small(&sources).0, 11);
}

#[test]
fn a_source_that_says_nothing_of_a_key_leaves_it() {
    let sources = yaml("plugins: { content-filter: { config: { small: 9 } } }")
        .set("plugins.content-filter.priority", "-2");
    let settings = loaded(&sources);
    assert_eq!(filter(&settings)["small"], 9);
    assert_eq!(filter(&settings)["mask"], "*");
    assert_eq!(settings.plugin("content-filter").priority, Some(-2));
}

#[test]
fn the_variable_chooses_the_profile_unless_the_host_does() {
    let with = |sources: Sources| sources.environment(vars([("PLUGIN_PROFILE", "production")]));
    assert_eq!(small(&with(yaml(&base(10)))).0, 11);
    assert_eq!(loaded(&with(yaml(&base(10)))).profile(), "production");
    assert_eq!(small(&with(yaml(&base(10))).profile("development")).0, 10);
    assert_eq!(loaded(&yaml("")).profile(), "development");
}

#[test]
fn a_profile_that_does_not_exist_names_those_that_do() {
    let error = mistake(&yaml(&base(10)).profile("prodution"));
    assert_eq!(error.nearest.as_deref(), Some("production"));
    assert!(error.expected.contains("`production`"), "{error}");
    let error = mistake(&yaml("").environment(vars([("PLUGIN_PROFILE", "staging")])));
    assert_eq!(error.origin, Origin::Environment { variable: "PLUGIN_PROFILE".to_owned() });
}

#[test]
fn a_profile_is_checked_even_where_it_is_not_active() {
    let error = mistake(&yaml("profiles:\n  production:\n    plugins:\n      memory: { enabeld: true }\n"));
    assert_eq!(error.key, "profiles.production.plugins.memory.enabeld");
    assert_eq!(error.origin.to_string(), "plugins.yaml:4");
    loaded(&yaml(
        "profiles: { production: { server: { address: '${ONLY_THERE}', workers: '${WORKERS}' } } }",
    ));
    mistake(
        &yaml("profiles: { production: { server: { address: '${ONLY_THERE}' } } }").profile("production"),
    );
}

#[test]
fn variables_reach_settings_config_and_sections() {
    let sources = Sources::new().environment(vars([
        ("PLUGIN__CONTENT_FILTER__STOP_TIMEOUT", "1s"),
        ("PLUGIN__CONTENT_FILTER__CONFIG__MASK", "5"),
        ("PLUGIN__CONTENT_FILTER__CONFIG__WORDS", "[a, b]"),
        ("PLUGIN__CONTENT_FILTER__CONFIG__API_KEY", "007"),
        ("PLUGIN__MEMORY__CONFIG__HEADERS__ACCEPT", "true"),
        ("PLUGIN__MEMORY__ENABLED", "false"),
        ("PLUGIN__MEMORY__PRIORITY", "2"),
        ("HOST__SERVER__ADDRESS", "[::]:80"),
        ("HOST__AMBIGUITY", "deny"),
        ("PLUGINS", "not ours"),
    ]));
    let settings = loaded(&sources);
    let plugin = settings.plugin("content-filter");
    assert_eq!(plugin.stop_timeout, std::time::Duration::from_secs(1));
    assert_eq!(plugin.config["mask"], "5");
    assert_eq!(plugin.config["words"], json!(["a", "b"]));
    assert_eq!(plugin.config["api_key"], "007");
    let memory = settings.plugin("memory");
    assert!(!memory.enabled);
    assert_eq!(memory.config["headers"], json!({"accept": "true"}));
    assert_eq!(memory.priority, Some(2));
    assert_eq!(settings.section::<Server>("server").unwrap().address, "[::]:80");
    assert_eq!(settings.ambiguity(), Ambiguity::Deny);
}

#[test]
fn a_map_in_a_variable_gives_way_to_a_key_within_it() {
    let sources = Sources::new().environment(vars([
        ("PLUGIN__MEMORY__CONFIG__LIMITS", "{ per_user: 1, port: 2 }"),
        ("PLUGIN__MEMORY__CONFIG__LIMITS__PORT", "3"),
    ]));
    assert_eq!(loaded(&sources).plugin("memory").config["limits"], json!({"per_user": 1, "port": 3}));
}

#[test]
fn a_hosts_figment_ranks_with_the_files() {
    let figment = figment::Figment::new().merge(("server.workers", 7)).merge(("ambiguity", "allow"));
    let settings = loaded(&yaml("server: { workers: 5 }").figment(figment.clone()));
    assert_eq!(settings.section::<Server>("server").unwrap().workers, 7);
    assert!(matches!(settings.show().get("server.workers").unwrap().origin, Origin::Host { .. }));
    let later = Sources::new().environment([]).figment(figment).text(
        "a.yaml",
        Format::Yaml,
        "server: { workers: 5 }",
    );
    assert_eq!(loaded(&later).section::<Server>("server").unwrap().workers, 5);
    let wrong = figment::Figment::new().merge(("server.workers", "x"));
    println!("{}", mistake(&Sources::new().environment([]).figment(wrong)));
}
