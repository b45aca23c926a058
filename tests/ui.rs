//! Messages of the macros, as rustc prints them, and programs that must compile without one.
//!
//! `TRYBUILD=overwrite cargo test -p plugboard-tests --test ui` accepts what rustc prints now; read the difference before it is
//! committed. A message stands in it once, at the author's own token, with the rule and the remedy.

const FAILURES: &[&str] = &[
    "api",
    "capability",
    "config",
    "event",
    "graph",
    "health",
    "hook",
    "hook_point",
    "init",
    "manager",
    "outside",
    "plugin",
    "plugins_list",
    "task_command",
];

#[test]
fn every_mistake_is_told_as_written_down() {
    let cases = trybuild::TestCases::new();
    FAILURES.iter().for_each(|folder| cases.compile_fail(format!("ui/{folder}/*.rs")));
}

// Apart from the others, which trybuild then checks in one go.
#[test]
fn what_is_right_compiles_and_runs() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}

#[test]
fn every_folder_of_cases_is_run() {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/ui")).unwrap();
    let mut found: Vec<String> =
        folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    found.retain(|folder| folder != "pass");
    found.sort();
    assert_eq!(found, FAILURES);
}
