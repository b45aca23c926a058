//! `cargo xtask check`: selections of the app's features. Each builds, or is refused with the need, its place and the feature that
//! helps; what is built as a whole really registers its plugins, and its plan holds.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use cargo_metadata::{Metadata, Package};
use serde::Serialize;
use serde_json::Value;

use crate::app::{self, plugin_features};
use crate::list;
use crate::report::Report;
use crate::shell::{self, Fault};
use crate::workspace::{self, APP};

/// Which selections.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Only these plugins, as one selection; may be given several times.
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    features: Vec<String>,
    /// Every pair of plugins too.
    #[arg(long, conflicts_with = "features")]
    pairs: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Checks and prints; nothing but the JSON goes to standard output where that is asked for.
pub(crate) fn run(root: &Path, args: &Args) -> Result<ExitCode, Fault> {
    let checked = check(root, &workspace::metadata(root)?, args)?;
    if args.json {
        app::print_json(&checked)?;
        return Ok(if checked.report().is_well(shell::in_ci()) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    for ambiguity in &checked.ambiguities {
        println!("\nnote: {ambiguity}");
    }
    Ok(checked.report().close(shell::in_ci()))
}

/// As the tests of the workspace count it: everything but the pairs.
///
/// # Errors
///
/// No app in the workspace, or no cargo. A selection that fails is no error; it is in the report.
pub(crate) fn report(root: &Path, metadata: &Metadata) -> Result<Report, Fault> {
    Ok(check(root, metadata, &Args::default())?.report())
}

/// What was found.
#[derive(Serialize)]
struct Checked {
    /// Where the places that name plugins do not agree.
    disagreements: Vec<String>,
    selections: Vec<Outcome>,
    /// The plugins that the last build has registered; none where the selection was refused.
    registered: Vec<String>,
    /// Why that build's plan does not hold, or what it lacks.
    registration: Option<String>,
    /// Pairs of hooks that only the names of their plugins order.
    ambiguities: Vec<String>,
}

/// How one selection fared.
#[derive(Serialize)]
struct Outcome {
    selection: String,
    features: Vec<String>,
    /// `builds`, `refused` as it should be, or `failed`.
    result: &'static str,
    /// Who needs what where it was refused; why not where it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

impl Checked {
    fn report(&self) -> Report {
        let mut report = Report::default();
        let places = self.disagreements.join("; ");
        report.check(&format!("features: {places}"), places.is_empty());
        for outcome in &self.selections {
            let failed = outcome.result == "failed";
            report.check(&format!("features, {}: {}", outcome.selection, outcome.detail), !failed);
        }
        match &self.registration {
            Some(reason) => report.fail(format!("registered: {reason}")),
            // A selection that is refused registers nothing, which is no check.
            None if self.registered.is_empty() => {}
            None => report.passed += 1,
        }
        report
    }
}

fn check(root: &Path, metadata: &Metadata, args: &Args) -> Result<Checked, Fault> {
    let app = workspace::package(metadata, APP)?;
    let selections = selections(app, args)?;
    eprintln!("\nfeatures of {APP}");
    let disagreements = list::disagreements(root)?;
    disagreements.iter().for_each(|sentence| eprintln!("  FAILED  {sentence}"));
    let mut outcomes = Vec::new();
    let count = selections.len();
    for (at, selection) in selections.into_iter().enumerate() {
        let mut cargo = shell::cargo(root);
        cargo.args(["check", "--quiet"]).args(&selection.arguments).env("CARGO_TERM_COLOR", "never");
        let printed = shell::capture(&mut cargo)?;
        let lines = printed.lines.join("\n");
        let (result, detail) = match judge(&selection, printed.success, &lines) {
            Ok(None) => ("builds", String::new()),
            Ok(Some(need)) => ("refused", need),
            Err(reason) => ("failed", reason),
        };
        eprintln!("  {:>3}/{count}  {result:7}  {}{}", at + 1, selection.title, prefixed(&detail));
        if result == "failed" {
            eprintln!("{lines}");
        }
        let Selection { title, features, .. } = selection;
        outcomes.push(Outcome { selection: title, features, result, detail });
    }
    // Only what is linked can register; a selection that is refused cannot be.
    let linked = if args.features.is_empty() { plugin_features(app) } else { args.features.clone() };
    let mut checked = Checked {
        disagreements,
        selections: outcomes,
        registered: Vec::new(),
        registration: None,
        ambiguities: Vec::new(),
    };
    let refused = !args.features.is_empty() && checked.selections.iter().any(|one| one.result != "builds");
    if !refused {
        registered(root, &linked, &mut checked)?;
    }
    Ok(checked)
}

fn prefixed(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

/// Builds these features and asks the binary: the start compares what the linker collected with the list.
fn registered(root: &Path, features: &[String], checked: &mut Checked) -> Result<(), Fault> {
    let binary = app::build(root, features, false)?;
    match app::ask::<Value>(&binary, &["plan", "--json"]) {
        Ok(plan) => {
            checked.registered = planned(&plan);
            checked.ambiguities = texts(&plan["ambiguities"]);
            checked.registration = missing(features, &checked.registered);
        }
        Err(fault) => checked.registration = Some(format!("the plan of this build does not hold: {fault}")),
    }
    match &checked.registration {
        None => eprintln!("  registered: {}", checked.registered.join(", ")),
        Some(reason) => eprintln!("  FAILED  {reason}"),
    }
    Ok(())
}

/// The plugins that the plan knows: those that would start, and those that are disabled.
fn planned(plan: &Value) -> Vec<String> {
    let levels = plan["levels"].as_array().into_iter().flatten().flat_map(texts);
    let disabled = plan["disabled"].as_array().into_iter().flatten();
    let disabled = disabled.filter_map(|one| one["plugin"].as_str().map(ToOwned::to_owned));
    levels.chain(disabled).collect::<BTreeSet<_>>().into_iter().collect()
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(ToOwned::to_owned).collect()
}

/// What was selected and is not there.
fn missing(selected: &[String], registered: &[String]) -> Option<String> {
    let lost =
        selected.iter().filter(|one| !registered.contains(one)).map(String::as_str).collect::<Vec<_>>();
    (!lost.is_empty()).then(|| format!("selected, and not registered: {}", lost.join(", ")))
}

struct Selection {
    title: String,
    /// The plugins in it.
    features: Vec<String>,
    arguments: Vec<String>,
    expected: Expected,
}

/// What may become of a selection.
enum Expected {
    /// It builds.
    Builds,
    /// It builds, or is refused for want of some other plugin.
    Lacks,
    /// It builds, or is refused for want of this very plugin.
    LacksThis(String),
}

fn selections(app: &Package, args: &Args) -> Result<Vec<Selection>, Fault> {
    let plugins = plugin_features(app);
    let of = |title: String, features: Vec<String>, expected| Selection {
        arguments: app::selection(&features),
        title,
        features,
        expected,
    };
    if !args.features.is_empty() {
        if let Some(unknown) = args.features.iter().find(|one| !plugins.contains(one)) {
            let hint = crate::nearest::nearest(unknown, plugins.iter().map(String::as_str)).map_or_else(
                || format!("there are {}", plugins.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Fault::new(format!("{APP} has no plugin `{unknown}`\n  help: {hint}")));
        }
        return Ok(vec![of(args.features.join(", "), args.features.clone(), Expected::Lacks)]);
    }
    let mut selections = vec![
        of("no plugin".to_owned(), Vec::new(), Expected::Builds),
        of("all plugins".to_owned(), plugins.clone(), Expected::Builds),
    ];
    // The other registry is a feature too.
    let arguments = ["--package", APP, "--all-features"].map(ToOwned::to_owned).to_vec();
    selections
        .push(Selection { arguments, ..of("all features".to_owned(), plugins.clone(), Expected::Builds) });
    for plugin in &plugins {
        selections.push(of(format!("`{plugin}` alone"), vec![plugin.clone()], Expected::Lacks));
    }
    for plugin in &plugins {
        let others = plugins.iter().filter(|other| *other != plugin).cloned().collect();
        selections.push(of(format!("all without `{plugin}`"), others, Expected::LacksThis(plugin.clone())));
    }
    if args.pairs {
        for (at, one) in plugins.iter().enumerate() {
            for other in &plugins[at + 1..] {
                let pair = vec![one.clone(), other.clone()];
                selections.push(of(format!("`{one}` with `{other}`"), pair, Expected::Lacks));
            }
        }
    }
    Ok(selections)
}

/// Nothing where it builds, the need where it is refused as it may be, or why neither is so.
fn judge(selection: &Selection, success: bool, output: &str) -> Result<Option<String>, String> {
    if success {
        return Ok(None);
    }
    let helps = match &selection.expected {
        Expected::Builds => return Err("does not compile".to_owned()),
        Expected::Lacks => None,
        Expected::LacksThis(feature) => Some(feature),
    };
    let Some(need) = output.lines().find_map(need) else {
        return Err("does not compile, and no message says which plugin needs what".to_owned());
    };
    if !output.lines().any(|line| is_place(line.trim())) {
        return Err("the message does not say where the need stands: `--> FILE:LINE`".to_owned());
    }
    let named = remedies(output);
    match helps {
        Some(feature) if !named.contains(&feature.as_str()) => {
            Err(format!("the message does not name the remedy: enable the feature `{feature}`"))
        }
        None if !named.iter().any(|one| !selection.features.iter().any(|own| own == one)) => {
            Err("the message names no feature beside these that would help".to_owned())
        }
        _ => Ok(Some(need.to_owned())),
    }
}

/// The features that the message tells to enable.
fn remedies(output: &str) -> Vec<&str> {
    let parts = output.split("enable the feature `").skip(1);
    parts.filter_map(|rest| rest.split('`').next()).collect()
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

    const REFUSAL: &str = "error[E0080]: evaluation panicked: plugin `memory` needs the capability `Storage`, which no selected plugin provides [PB0904]\n  \
        --> plugins/memory/src/lib.rs:21\n  help: enable the feature `storage-sqlite`, or take it as `Option<Provider<dyn Storage>>`\n  see: docs/errors/PB0904.md\n \
        --> app/src/lib.rs:6:1";

    fn selection(features: &[&str], expected: Expected) -> Selection {
        let features = features.iter().map(|&one| one.to_owned()).collect();
        Selection { title: String::new(), features, arguments: Vec::new(), expected }
    }

    fn without(feature: &str) -> Selection {
        selection(&[], Expected::LacksThis(feature.to_owned()))
    }

    #[test]
    fn a_refusal_that_names_need_place_and_remedy_is_well() {
        let need = judge(&without("storage-sqlite"), false, REFUSAL).unwrap().unwrap();
        assert!(need.contains("plugin `memory` needs the capability `Storage`"), "{need}");
        assert!(judge(&selection(&["memory"], Expected::Lacks), false, REFUSAL).unwrap().is_some());
    }

    #[test]
    fn a_refusal_must_name_the_very_feature_that_is_missing() {
        let reason = judge(&without("local"), false, REFUSAL).unwrap_err();
        assert!(reason.contains("enable the feature `local`"), "{reason}");
    }

    #[test]
    fn a_feature_that_is_selected_is_no_remedy() {
        let both = selection(&["memory", "storage-sqlite"], Expected::Lacks);
        assert!(judge(&both, false, REFUSAL).unwrap_err().contains("no feature beside these"));
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
    fn no_plugin_and_all_plugins_must_compile() {
        let whole = selection(&[], Expected::Builds);
        assert!(judge(&whole, false, REFUSAL).is_err());
        assert!(judge(&whole, true, "").unwrap().is_none());
    }

    #[test]
    fn each_plugin_stands_alone_once_and_is_left_out_once_and_meets_every_other() {
        let metadata = workspace::metadata(&workspace::root()).unwrap();
        let app = workspace::package(&metadata, APP).unwrap();
        let plugins = plugin_features(app);
        assert!(plugins.contains(&"storage-sqlite".to_owned()) && !plugins.contains(&"inventory".to_owned()));
        let all = selections(app, &Args { pairs: true, ..Args::default() }).unwrap();
        let count = plugins.len();
        assert_eq!(all.len(), 3 + 2 * count + count * (count - 1) / 2);
        let sets = all.iter().filter(|one| one.title != "all features").map(|one| &one.features);
        assert_eq!(sets.collect::<BTreeSet<_>>().len(), all.len() - 1);
        for selection in &all {
            if let Expected::LacksThis(feature) = &selection.expected {
                assert!(!selection.features.contains(feature), "{:?}", selection.features);
            }
        }
    }

    #[test]
    fn a_plugin_that_the_app_does_not_have_is_answered_with_the_nearest() {
        let metadata = workspace::metadata(&workspace::root()).unwrap();
        let app = workspace::package(&metadata, APP).unwrap();
        let asked = Args { features: vec!["memroy".to_owned()], ..Args::default() };
        let fault = selections(app, &asked).err().unwrap().to_string();
        assert!(fault.contains("did you mean `memory`?"), "{fault}");
    }

    #[test]
    fn a_plugin_that_does_not_register_is_named() {
        let plan =
            serde_json::json!({ "levels": [["memory"], ["local"]], "disabled": [{ "plugin": "api-keys" }] });
        let registered = planned(&plan);
        assert_eq!(registered, ["api-keys", "local", "memory"]);
        let selected = ["memory", "metrics"].map(ToOwned::to_owned);
        assert_eq!(missing(&selected, &registered).unwrap(), "selected, and not registered: metrics");
        assert_eq!(missing(&selected[..1], &registered), None);
    }
}
