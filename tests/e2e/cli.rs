//! The command line: exit codes, messages, and that nothing is left behind.

use std::net::TcpListener;

use crate::binary::run;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[tokio::test]
async fn a_wrong_configuration_is_told_in_full_and_nothing_starts() {
    let folder = folder();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!("server:\n  address: \"127.0.0.1:{port}\"\n  body_limt: 5\n  shutdown_grace: soon\n");
    std::fs::write(folder.path().join("plugins.yaml"), text).unwrap();
    let ran = run(folder.path(), &[]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.is_empty(), "{}", ran.out);
    for part in ["plugins.yaml:3", "body_limt", "body_limit", "plugins.yaml:4", "soon"] {
        assert!(ran.err.contains(part), "no {part} in {}", ran.err);
    }
    assert!(!ran.err.contains("ConfigError"), "it is for people: {}", ran.err);
    assert!(TcpListener::bind(("127.0.0.1", port)).is_ok(), "nothing listens");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no plugin left a file");
}

#[tokio::test]
async fn a_configuration_that_is_named_must_be_there() {
    let ran = run(folder().path(), &["--config", "nothere.yaml"]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("nothere.yaml"), "{}", ran.err);
}

#[tokio::test]
async fn a_port_in_use_is_told_with_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = folder();
    let ran = run(folder.path(), &["--address", &address]).await;
    assert_eq!(ran.code, Some(1));
    for part in [address.as_str(), "another process", "--address"] {
        assert!(ran.err.contains(part), "no {part} in {}", ran.err);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no plugin has run");
}

#[tokio::test]
async fn a_wrong_command_line_ends_with_two() {
    for args in [&["--bogus"][..], &["--set", "nothing"], &["graph", "--format", "png"], &["frobnicate"]] {
        let ran = run(folder().path(), args).await;
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.err);
    }
}

#[tokio::test]
async fn the_default_configuration_passes_its_own_check() {
    let folder = folder();
    let default = run(folder.path(), &["config", "default"]).await;
    assert_eq!(default.code, Some(0), "{}", default.err);
    std::fs::write(folder.path().join("all.yaml"), &default.out).unwrap();
    let checked = run(folder.path(), &["config", "check", "all.yaml"]).await;
    assert_eq!(checked.code, Some(0), "{}\n{}", checked.err, default.out);
    assert!(checked.out.starts_with("all.yaml: ok"), "{}", checked.out);
    std::fs::write(folder.path().join("all.yaml"), format!("{}\nnonsense: 1\n", default.out)).unwrap();
    let checked = run(folder.path(), &["config", "check", "all.yaml"]).await;
    assert_eq!(checked.code, Some(1));
    assert!(checked.err.contains("nonsense"), "{}", checked.err);
}

#[tokio::test]
async fn old_keys_pass_the_check_with_a_warning_each_and_show_by_their_new_names() {
    let folder = folder();
    let text = "plugins:\n  memory:\n    health:\n      every: 10s\n    supervision: { restarts: 3 }\n";
    std::fs::write(folder.path().join("plugins.yaml"), text).unwrap();
    let checked = run(folder.path(), &["config", "check", "plugins.yaml"]).await;
    assert_eq!(checked.code, Some(0), "{}", checked.err);
    for part in [
        "plugins.yaml: ok",
        "warning: plugins.yaml:4: `plugins.memory.health.every` is `interval` since plugin API 0.2\n  help: write `interval`; `cargo xtask migrate`",
        "warning: plugins.yaml:5: `plugins.memory.supervision.restarts` is `max_restarts`",
    ] {
        assert!(checked.out.contains(part), "no {part} in {}", checked.out);
    }
    let shown = run(folder.path(), &["config", "show"]).await;
    assert!(
        shown.out.contains("plugins.memory.health.interval") && !shown.out.contains("every"),
        "{}",
        shown.out
    );
    let schema = run(folder.path(), &["config", "schema"]).await;
    let schema: serde_json::Value = serde_json::from_str(&schema.out).unwrap();
    assert!(schema.to_string().contains("\"deprecated\":true"), "{schema}");
    let listed = run(folder.path(), &["plugins", "list", "--json"]).await;
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert!(listed[0].get("api").is_some_and(serde_json::Value::is_null), "{listed}");
}

#[tokio::test]
async fn values_are_shown_with_their_origin() {
    let folder = folder();
    std::fs::write(folder.path().join("plugins.yaml"), "server:\n  body_limit: 77\n").unwrap();
    let args = ["config", "show", "--address", "127.0.0.1:9", "--set", "server.request_timeout=3s"];
    let shown = run(folder.path(), &args).await;
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    let line =
        |key: &str| shown.out.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
    assert!(
        line("server.body_limit").contains("77") && line("server.body_limit").contains("plugins.yaml:2"),
        "{}",
        shown.out
    );
    assert!(
        line("server.address").contains("127.0.0.1:9") && line("server.address").contains("command line"),
        "{}",
        shown.out
    );
    assert!(line("server.request_timeout").contains("3s"), "{}", shown.out);
    let json = run(folder.path(), &["config", "show", "--json"]).await;
    assert!(serde_json::from_str::<serde_json::Value>(&json.out).unwrap()["values"].is_array());
}

#[tokio::test]
async fn schema_plugins_graph_and_order_are_printed() {
    let folder = folder();
    let schema = run(folder.path(), &["config", "schema"]).await;
    let schema: serde_json::Value = serde_json::from_str(&schema.out).unwrap();
    assert!(schema["properties"]["server"].is_object());
    let plugins = run(folder.path(), &["plugins", "list"]).await;
    for name in ["api-keys", "content-filter", "local", "memory", "metrics", "request-log", "storage-sqlite"]
    {
        assert!(plugins.out.contains(name), "no {name} in {}", plugins.out);
    }
    let graph = run(folder.path(), &["graph", "--format", "dot"]).await;
    assert!(graph.out.starts_with("digraph plugins {"), "{}{}", graph.out, graph.err);
    let explained = run(folder.path(), &["explain", "ChatTurn"]).await;
    assert!(explained.out.starts_with("ChatTurn\n"), "{}{}", explained.out, explained.err);
    let svg = run(folder.path(), &["graph", "--format", "svg"]).await;
    assert!(svg.out.starts_with("<svg ") && svg.out.contains(">memory</text>"), "{}{}", svg.out, svg.err);
    let unknown = run(folder.path(), &["explain", "ChatTrun"]).await;
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("ChatTurn") && unknown.err.contains("storage-sqlite"), "{}", unknown.err);
}

#[tokio::test]
async fn a_plugin_is_explained_with_who_enables_it_what_it_needs_and_who_needs_it() {
    let folder = folder();
    std::fs::write(folder.path().join("plugins.yaml"), "plugins:\n  metrics:\n    enabled: false\n").unwrap();
    let memory = run(folder.path(), &["explain", "memory"]).await;
    for part in [
        "enabled by default",
        "the capability Storage: from storage-sqlite",
        "after · remember, place 2 of 2",
    ] {
        assert!(memory.out.contains(part), "no {part} in {}{}", memory.out, memory.err);
    }
    let storage = run(folder.path(), &["explain", "storage-sqlite"]).await;
    for part in ["is needed by\n    memory, for Storage\n", "offers the capability Storage", "fs(\"*\")"] {
        assert!(storage.out.contains(part), "no {part} in {}{}", storage.out, storage.err);
    }
    let metrics = run(folder.path(), &["explain", "metrics"]).await;
    assert!(metrics.out.contains("disabled by plugins.yaml:3"), "{}{}", metrics.out, metrics.err);
}

#[tokio::test]
async fn a_plan_says_what_would_start_and_starts_nothing() {
    let folder = folder();
    let text = "plugins:\n  memory: { enabled: true }\nprofiles:\n  bare:\n    plugins:\n      memory: { enabled: false }\n";
    std::fs::write(folder.path().join("app.yaml"), text).unwrap();
    let plan = run(folder.path(), &["plan", "app.yaml"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.err);
    assert!(plan.out.contains("\n  memory (needs storage-sqlite)\n"), "{}", plan.out);
    assert!(plan.out.contains("api-keys: disabled by default"), "{}", plan.out);
    let bare = run(folder.path(), &["--profile", "bare", "plan", "app.yaml", "--json"]).await;
    let bare: serde_json::Value = serde_json::from_str(&bare.out).unwrap();
    assert_eq!(bare["profile"], "bare");
    assert_eq!(bare["levels"].as_array().unwrap().len(), 1, "{bare}");
    let disabled = bare["disabled"].as_array().unwrap().iter().find(|one| one["plugin"] == "memory").unwrap();
    assert_eq!(disabled["origin"], "by app.yaml:6 (profile bare)");
    assert!(bare["points"][0]["kinds"][0]["hooks"][0]["plugin"].is_string(), "{bare}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no plugin left a file");
    let wrong = run(folder.path(), &["plan", "nothere.yaml"]).await;
    assert_eq!(wrong.code, Some(1));
}

#[tokio::test]
async fn plugins_are_listed_with_all_that_they_declare() {
    let listed = run(folder().path(), &["plugins", "list", "--json"]).await;
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let one = |name: &str| listed.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    let memory = one("memory");
    assert_eq!(memory["state"], "enabled");
    assert_eq!(memory["needs"], serde_json::json!([{ "capability": "Storage", "count": "one" }]));
    let keys = one("api-keys");
    assert_eq!(keys["state"], "disabled");
    let key = |name: &str| keys["config"].as_array().unwrap().iter().find(|one| one["key"] == name).unwrap();
    assert_eq!(key("remember")["default"], 300);
    assert_eq!(key("keys[].hash")["secret"], true);
}

#[tokio::test]
async fn a_command_that_nobody_has_is_told_with_those_that_there_are() {
    let folder = folder();
    let ran = run(folder.path(), &["run", "nobody", "nothing"]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("no running plugin has the command `nobody nothing`"), "{}", ran.err);
    let wrong = run(folder.path(), &["run", "local", "reindex", "{"]).await;
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.err.contains("not valid JSON"), "{}", wrong.err);
}
