//! `cargo xtask check-features`: the app without each of its plugins in turn builds, or says which plugin needs the one that is missing.

use std::path::Path;
use std::process::ExitCode;

use cargo_metadata::{Metadata, Package};

use crate::list;
use crate::report::Report;
use crate::shell::{self, Fault};
use crate::workspace::{self, APP};

/// Checks every selection and prints the closing line.
pub(crate) fn run(root: &Path) -> Result<ExitCode, Fault> {
    Ok(report(root, &workspace::metadata(root)?)?.close(shell::in_ci()))
}

/// Checks that all places that name plugins agree, then every selection of the app's features.
///
/// # Errors
///
/// No app in the workspace, or no cargo. A selection that fails is no error; it is in the report.
pub(crate) fn report(root: &Path, metadata: &Metadata) -> Result<Report, Fault> {
    let mut report = Report::default();
    eprintln!("\nfeatures of {APP}");
    let disagreements = list::disagreements(root)?;
    disagreements.iter().for_each(|sentence| eprintln!("  FAILED  {sentence}"));
    report.check(&format!("features: {}", disagreements.join("; ")), disagreements.is_empty());
    for selection in selections(workspace::package(metadata, APP)?) {
        let mut cargo = shell::cargo(root);
        cargo
            .args(["check", "--quiet", "--package", APP])
            .args(&selection.arguments)
            .env("CARGO_TERM_COLOR", "never");
        let printed = shell::capture(&mut cargo)?;
        match judge(&selection, printed.success, &printed.lines.join("\n")) {
            Ok(remark) => {
                eprintln!("  ok      {}{remark}", selection.title);
                report.passed += 1;
            }
            Err(reason) => {
                eprintln!("  FAILED  {}: {reason}\n{}", selection.title, printed.lines.join("\n"));
                report.fail(format!("features, {}: {reason}", selection.title));
            }
        }
    }
    Ok(report)
}

struct Selection {
    title: String,
    arguments: Vec<String>,
    /// The plugin's feature that is left out, where a refusal to build is an answer too.
    without: Option<String>,
}

fn selections(app: &Package) -> Vec<Selection> {
    let default = app.features.get("default").map_or(&[][..], Vec::as_slice);
    let whole = |title: &str, arguments: &[&str]| Selection {
        title: title.to_owned(),
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        without: None,
    };
    let mut selections =
        vec![whole("no plugin", &["--no-default-features"]), whole("all features", &["--all-features"])];
    for feature in default.iter().filter(|feature| is_plugin(app, feature)) {
        let others = default.iter().filter(|other| *other != feature).map(String::as_str).collect::<Vec<_>>();
        selections.push(Selection {
            title: format!("default without `{feature}`"),
            arguments: vec!["--no-default-features".to_owned(), "--features".to_owned(), others.join(",")],
            without: Some(feature.clone()),
        });
    }
    selections
}

/// Whether the feature stands for a plugin.
fn is_plugin(app: &Package, feature: &str) -> bool {
    app.features.get(feature).is_some_and(|enables| enables.iter().any(|one| one.starts_with("dep:plugin-")))
}

/// What is said of a selection that is well, or why it is not.
fn judge(selection: &Selection, success: bool, output: &str) -> Result<String, String> {
    let Some(feature) = &selection.without else {
        return if success { Ok(String::new()) } else { Err("does not compile".to_owned()) };
    };
    if success {
        return Ok(String::new());
    }
    let Some(need) = output.lines().find_map(need) else {
        return Err("does not compile, and no message says which plugin needs what".to_owned());
    };
    if !output.lines().any(|line| is_place(line.trim())) {
        return Err("the message does not say where the need stands: `--> FILE:LINE`".to_owned());
    }
    if !output.contains(&format!("enable the feature `{feature}`")) {
        return Err(format!("the message does not name the remedy: enable the feature `{feature}`"));
    }
    Ok(format!(": refused, for {need}"))
}

/// The sentence in which a plugin says what it lacks.
fn need(line: &str) -> Option<&str> {
    let sentence = line.get(line.find("plugin `")?..)?;
    let says = sentence.contains("` needs the capability `") || sentence.contains("` requires the plugin `");
    says.then_some(sentence)
}

/// `--> plugins/memory/src/lib.rs:12`: a place in a plugin, as against rustc's own with a column.
fn is_place(line: &str) -> bool {
    let Some((file, number)) = line.strip_prefix("--> ").and_then(|place| place.rsplit_once(':')) else {
        return false;
    };
    file.ends_with(".rs") && number.parse::<u32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSAL: &str = "error[E0080]: evaluation panicked: plugin `memory` needs the capability `Storage`, which no selected plugin provides\n  \
        --> plugins/memory/src/lib.rs:21\n  help: enable the feature `storage-sqlite`, or take it as `Option<Provider<dyn Storage>>`\n \
        --> app/src/lib.rs:6:1";

    fn without(feature: &str) -> Selection {
        Selection { title: String::new(), arguments: Vec::new(), without: Some(feature.to_owned()) }
    }

    #[test]
    fn a_refusal_that_names_need_place_and_remedy_is_well() {
        let remark = judge(&without("storage-sqlite"), false, REFUSAL).unwrap();
        assert!(remark.contains("plugin `memory` needs the capability `Storage`"), "{remark}");
    }

    #[test]
    fn a_refusal_must_name_the_very_feature_that_is_missing() {
        let reason = judge(&without("local"), false, REFUSAL).unwrap_err();
        assert!(reason.contains("enable the feature `local`"), "{reason}");
    }

    #[test]
    fn a_refusal_without_its_place_is_a_failure() {
        let text = REFUSAL.replace("  --> plugins/memory/src/lib.rs:21\n", "");
        assert!(
            judge(&without("storage-sqlite"), false, &text).unwrap_err().contains("where the need stands")
        );
    }

    #[test]
    fn any_other_compile_error_is_a_failure() {
        assert!(judge(&without("local"), false, "error[E0432]: unresolved import `plugin_local`").is_err());
    }

    #[test]
    fn no_plugin_and_all_features_must_compile() {
        let whole = Selection { without: None, ..without("") };
        assert!(judge(&whole, false, REFUSAL).is_err());
        assert!(judge(&whole, true, "").is_ok());
    }

    #[test]
    fn each_default_plugin_is_left_out_once() {
        let metadata = workspace::metadata(&workspace::root()).unwrap();
        let app = workspace::package(&metadata, APP).unwrap();
        let without =
            selections(app).into_iter().filter_map(|selection| selection.without).collect::<Vec<_>>();
        assert!(without.contains(&"storage-sqlite".to_owned()), "{without:?}");
        assert!(!without.contains(&"inventory".to_owned()), "{without:?}");
        for selection in selections(app) {
            if let Some(feature) = selection.without {
                assert!(
                    !selection.arguments[2].split(',').any(|other| other == feature),
                    "{:?}",
                    selection.arguments
                );
            }
        }
    }
}
