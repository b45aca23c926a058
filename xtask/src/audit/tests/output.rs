//! What the command prints: for people, for programs, and in its help.

use clap::CommandFactory as _;
use clap::Parser;
use expect_test::expect;

use super::super::{Args, HELP};
use super::Case;

const CASE: &str = "//! A sample.\n\
    #[plugin(permissions(process))]\npub mod sample {\n    use std::fs as disk;\n    pub fn read() {\n        \
    disk::read(\"é\"); let _ = ('é', disk::write(\n            \"a\", \"b\"));\n    }\n}\n";

#[test]
fn a_program_reads_what_a_person_reads() {
    let json = Case::new(CASE).audit().json();
    expect![[r#"
        {
          "packages": 1,
          "files": 1,
          "errors": 2,
          "warnings": 1,
          "findings": [
            {
              "file": "plugins/sample/src/lib.rs",
              "line": 2,
              "column": 22,
              "end_line": 2,
              "end_column": 29,
              "level": "warning",
              "code": "process",
              "package": "plugin-sample",
              "message": "plugin `sample` declares `process`, and nothing seen needs it",
              "label": "",
              "notes": [],
              "others": [],
              "help": "remove it, unless a dependency needs it"
            },
            {
              "file": "plugins/sample/src/lib.rs",
              "line": 6,
              "column": 9,
              "end_line": 6,
              "end_column": 19,
              "level": "error",
              "code": "fs",
              "package": "plugin-sample",
              "message": "plugin `sample` touches the file `é`, and declares no `fs`",
              "label": "`std::fs::read`",
              "notes": [
                "it comes in at plugins/sample/src/lib.rs:4:9"
              ],
              "others": [],
              "help": "declare it, `#[plugin(permissions(fs(\"é\")))]`, or do without"
            },
            {
              "file": "plugins/sample/src/lib.rs",
              "line": 6,
              "column": 40,
              "end_line": 6,
              "end_column": 51,
              "level": "error",
              "code": "fs",
              "package": "plugin-sample",
              "message": "plugin `sample` touches the file `a`, and declares no `fs`",
              "label": "`std::fs::write`",
              "notes": [
                "it comes in at plugins/sample/src/lib.rs:4:9"
              ],
              "others": [],
              "help": "declare it, `#[plugin(permissions(fs(\"a\")))]`, or do without"
            }
          ]
        }"#]]
    .assert_eq(&format!("{json:#}"));
}

#[test]
fn colours_change_nothing_but_the_colour() {
    let outcome = Case::new(CASE).audit();
    let (plain, coloured) = (outcome.text(false), outcome.text(true));
    assert!(coloured.contains("\u{1b}[1;31merror[fs]\u{1b}[0m") && !plain.contains('\u{1b}'), "{coloured}");
    let stripped: Vec<String> = coloured.lines().map(crate::shell::plain).collect();
    assert_eq!(stripped, plain.lines().collect::<Vec<_>>());
}

#[test]
fn the_help_says_what_the_audit_cannot_see() {
    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        _args: Args,
    }
    let help = Cli::command().render_long_help().to_string();
    for needed in ["--json", "--accept", "What it cannot see", "dependencies", "docs/audit.md", "Exit code"] {
        assert!(help.contains(needed), "{needed} in {help}");
    }
    let page = include_str!("../../../../docs/audit.md");
    let blind_spots = HELP.lines().filter(|line| line.starts_with("  - ")).count();
    let section = page.split("## What it cannot see").nth(1).unwrap().split("\n## ").next().unwrap();
    assert_eq!(section.matches("\n- ").count(), blind_spots, "the page and the help list the same");
}
