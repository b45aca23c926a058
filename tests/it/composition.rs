//! What a start refuses of the enabled plugins: each error names who, where, and the remedy.

use plugin_core::graph::CompositionError;
use plugin_core::prelude::*;
use plugin_core::{PluginManager, StartError};

use crate::cast::{Job, Stage, alpha, beta};
use crate::support::{Fault, yaml};

/// Keeps things.
#[capability]
pub(crate) trait Store {
    fn place(&self) -> Result<&'static str, PluginError>;
}

/// Stores in two places, and one that needs a store.
macro_rules! store {
    ($name:ident) => {
        #[plugin]
        mod $name {
            use super::*;

            #[derive(Default)]
            pub(super) struct Place;

            #[capability]
            impl Store for Place {
                fn place(&self) -> Result<&'static str, PluginError> {
                    Ok(stringify!($name))
                }
            }
        }
    };
}

store!(disk);
store!(heap);

#[plugin]
mod keeper {
    use super::*;

    pub(super) struct Keeper(Provider<dyn Store>);

    #[init]
    fn init(store: Provider<dyn Store>) -> Keeper {
        Keeper(store)
    }

    #[command]
    fn place(keeper: &Keeper) -> Result<String, PluginError> {
        Ok(format!("{} by {}", keeper.0.place()?, keeper.0.plugin()))
    }
}

/// Needs nothing.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Bare {}

/// May have a store.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Holder {
    store: Option<Provider<dyn Store>>,
}

fn stores(text: &str) -> plugin_core::manager::Builder<Bare> {
    let builder = Bare::builder().registry(None).config(yaml(text)).plugin::<keeper::Keeper>();
    builder.plugin::<heap::Place>().plugin::<disk::Place>()
}

fn refused<M: PluginManager>(builder: &plugin_core::manager::Builder<M>) -> Box<CompositionError> {
    match builder.plan() {
        Err(StartError::Composition(error)) => error,
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it would start"),
    }
}

/// Whether each part stands in the text, in this order.
#[track_caller]
fn says(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("no `{part}` in order in:\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn two_providers_for_one_provider_are_named_with_their_places_and_the_remedy() {
    let error = refused(&stores("{}"));
    assert_eq!(error.problems.iter().map(plugin_core::graph::Problem::code).collect::<Vec<_>>(), ["PB0908"]);
    let error = error.to_string();
    let parts = [
        "plugin `keeper` needs one provider of the capability `Store`, and 2 are enabled [PB0908]",
        "--> tests/it/composition.rs:",
        "provided by `disk`\n  --> tests/it/composition.rs:",
        "provided by `heap`\n  --> tests/it/composition.rs:",
        "help: select one in the config: `capabilities.Store: disk`, or disable the others",
    ];
    says(&error, &parts);
}

#[tokio::test]
async fn the_config_selects_a_provider_by_the_capabilitys_name() {
    for place in ["disk", "heap"] {
        let host = stores(&format!("capabilities: {{ Store: {place} }}")).start().await.unwrap();
        let said = host.command("keeper", "place", serde_json::Value::Null).await.unwrap();
        assert_eq!(said, format!("{place} by {place}"));
    }
    let host = stores("plugins: { disk: { enabled: false } }").start().await.unwrap();
    let said = host.command("keeper", "place", serde_json::Value::Null).await.unwrap();
    assert_eq!(said, "heap by heap", "the only one enabled needs no selection");
}

#[test]
fn a_selection_of_what_does_not_provide_names_who_does() {
    let error = refused(&stores("capabilities: { Store: keeper }")).to_string();
    let said = "the config selects `keeper` for the capability `Store`, which it does not provide [PB0909]";
    says(&error, &[said, "help: select one of `disk`, `heap`"]);
    assert_eq!(error.matches("help").count(), 1, "one mistake is told once: {error}");
}

#[test]
fn a_selection_of_a_misspelt_capability_names_the_nearest() {
    let error = refused(&stores("{ capabilities: { Stroe: disk }, plugins: { heap: { enabled: false } } }"))
        .to_string();
    says(
        &error,
        &["`disk` for the capability `Stroe`, which no plugin knows", "help: did you mean `Store`?"],
    );
}

#[test]
fn a_managers_field_is_named_like_a_plugin() {
    let builder = Holder::builder().registry(None).plugin::<disk::Place>().plugin::<heap::Place>();
    let error = refused(&builder).to_string();
    says(
        &error,
        &[
            "the manager `Holder` in its field `store` needs one provider",
            "`disk`",
            "`heap`",
            "help: select one",
        ],
    );
}

#[tokio::test]
async fn an_optional_field_takes_what_there_is() {
    let host = Holder::builder().registry(None).start().await.unwrap();
    assert!(host.store.is_none());
    let host = Holder::builder().registry(None).plugin::<heap::Place>().start().await.unwrap();
    assert_eq!(host.store.as_ref().unwrap().plugin(), "heap");
}

#[test]
fn a_disabled_provider_is_named_with_its_key_in_the_config() {
    let text = "plugins: { disk: { enabled: false }, heap: { enabled: false } }";
    let error = refused(&stores(text)).to_string();
    let parts = [
        "plugin `keeper` needs the capability `Store`, which no selected plugin provides",
        "--> tests/it/composition.rs:",
        "help: enable it in the config: `plugins.heap.enabled: true`, or `plugins.disk.enabled: true`",
        "or take it as `Option<Provider<dyn Store>>`",
    ];
    says(&error, &parts);
}

#[plugin(requires("disk >=7"), conflicts("heap"))]
mod jealous {
    pub(super) struct Jealous;

    #[init]
    fn init() -> Jealous {
        Jealous
    }
}

#[test]
fn a_conflict_names_both_and_how_to_disable_one() {
    let error = refused(&stores("capabilities: { Store: disk }").plugin::<jealous::Jealous>()).to_string();
    let parts = [
        "plugin `jealous` requires `disk` in version `>=7`, but its version is `0.1.0`",
        "plugin `jealous` conflicts with `heap`, and both are enabled [PB0912]",
        "--> tests/it/composition.rs:",
        "--> tests/it/composition.rs:",
        "help: disable one of them: `plugins.heap.enabled: false`",
    ];
    says(&error, &parts);
}

#[test]
fn a_required_plugin_that_is_disabled_or_absent_is_told_with_the_remedy() {
    let with = |text| Bare::builder().registry(None).config(yaml(text)).plugin::<jealous::Jealous>();
    let error = refused(&with("{}")).to_string();
    says(
        &error,
        &["plugin `jealous` requires the plugin `disk`, which is not there", "help: add a line for `disk`"],
    );
    let error = refused(&with("plugins: { disk: { enabled: false } }").plugin::<disk::Place>()).to_string();
    says(&error, &["which is not there", "help: enable it in the config: `plugins.disk.enabled: true`"]);
}

#[capability]
trait Hen {}

#[capability]
trait Egg {}

macro_rules! circle {
    ($name:ident, $offers:ident, $needs:ty) => {
        #[plugin]
        mod $name {
            use super::*;

            pub(super) struct State;

            #[init]
            fn init(_need: $needs) -> State {
                State
            }

            #[capability]
            impl $offers for State {}
        }
    };
}

circle!(hen, Hen, Provider<dyn Egg>);
circle!(egg, Egg, Provider<dyn Hen>);
circle!(maybe_hen, Hen, Option<Provider<dyn Egg>>);
circle!(maybe_egg, Egg, Providers<dyn Hen>);

#[test]
fn a_circle_of_required_edges_prints_the_whole_path() {
    let error =
        refused(&Bare::builder().registry(None).plugin::<hen::State>().plugin::<egg::State>()).to_string();
    let parts = [
        "these plugins require each other in a circle",
        "`hen` → `egg` → `hen`",
        "-->",
        "-->",
        "help: remove one",
    ];
    says(&error, &parts);
    assert!(!error.contains("wait for each other"), "one circle is told once: {error}");
}

#[test]
fn a_circle_of_optional_edges_is_told_beside_other_mistakes() {
    let builder = Bare::builder().registry(None).plugin::<maybe_hen::State>().plugin::<maybe_egg::State>();
    let error = refused(&builder.plugin::<jealous::Jealous>()).to_string();
    let circle =
        "these plugins wait for each other at start: `maybe-egg` → `maybe-hen` → `maybe-egg` [PB0905]";
    says(&error, &["requires the plugin `disk`", circle, "-->", "-->", "help: disable one of them"]);
}

macro_rules! ordered {
    ($name:ident, $side:ident, $other:literal) => {
        #[plugin]
        mod $name {
            use super::*;

            #[derive(Default)]
            pub(super) struct State;

            #[hook(after, $side($other))]
            fn touch(_: &State, _: &Job, _: &mut Vec<String>) -> Result<(), Fault> {
                Ok(())
            }
        }
    };
}

ordered!(first, before, "second");
ordered!(second, before, "third");
ordered!(third, before, "first");
ordered!(lost, after, "alhpa");
ordered!(lonely, before, "nobody-at-all");

#[test]
fn an_order_circle_prints_the_whole_path() {
    let builder = Stage::builder().registry(None).plugin::<third::State>().plugin::<first::State>();
    let error = refused(&builder.plugin::<second::State>()).to_string();
    let parts = [
        "the `after` hooks of `Job` want to run in a circle: ",
        "`first` → ",
        " → `first` [PB0913]",
        "-->",
        "-->",
        "-->",
        "help: remove one",
        "see: docs/errors/PB0913.md",
    ];
    says(&error, &parts);
}

#[tokio::test]
async fn an_edge_to_an_absent_plugin_is_ignored_and_a_misspelt_one_is_told_with_the_nearest() {
    let builder = Stage::builder().registry(None).plugin::<alpha::Alpha>();
    let stage = builder.plugin::<lost::State>().plugin::<lonely::State>().start().await.unwrap();
    let plan = stage.plan();
    let [note] = plan.notes() else { panic!("{:?}", plan.notes()) };
    says(note, &["plugin `lost` names `alhpa`", "did you mean `alpha`?", "--> tests/it/composition.rs:"]);
    assert!(stage.play(Job::default()).await.0.is_ok());
}

#[test]
fn hooks_that_only_their_names_order_are_told_and_may_be_denied() {
    let pair = |text| {
        Stage::builder().registry(None).config(yaml(text)).plugin::<alpha::Alpha>().plugin::<beta::Beta>()
    };
    let (plan, _) = pair("{}").plan().map_err(|error| error.to_string()).unwrap();
    let kinds: Vec<_> = plan.ambiguities().iter().map(|one| one.kind.name()).collect();
    assert_eq!(
        kinds,
        ["before", "after", "rescue"],
        "observers change nothing, and `beta` has no around hook"
    );
    let error = refused(&pair("ambiguity: deny")).to_string();
    let parts = [
        "`alpha` and `beta` both hook `Job` with `before`, and nothing but their names orders them [PB0914]",
        "--> tests/it/cast.rs:",
        "--> tests/it/cast.rs:",
        "help: say which runs first: `#[hook(before, after(\"alpha\"))]` or `#[hook(before, before(\"alpha\"))]` in `beta`",
    ];
    says(&error, &parts);
    let (plan, _) = pair("{ ambiguity: deny, plugins: { beta: { priority: -1 } } }")
        .plan()
        .map_err(|error| error.to_string())
        .unwrap();
    let order: Vec<_> = plan.points()[0].kinds[0].places.iter().map(|place| place.plugin.name).collect();
    assert_eq!(order, ["beta", "alpha"], "the operator's priority orders them");
    says(&plan.explain("Job").unwrap(), &["1. beta", "2. alpha", "priority -1 is before 0"]);
}

#[test]
fn a_hook_on_a_point_that_the_manager_does_not_run_is_refused() {
    let error = refused(&Bare::builder().registry(None).plugin::<beta::Beta>());
    // One finding for each of its hooks.
    assert!(!error.findings.is_empty() && error.findings.iter().all(|finding| finding.code() == "PB0906"));
    let error = error.to_string();
    let parts = [
        "plugin `beta` hooks `Job` with `before`, but the manager `Bare` runs no such point",
        "help: add a field `Chain<Job>`",
    ];
    says(&error, &parts);
}

#[test]
fn what_a_report_does_not_hold_is_counted() {
    // 25 copies of one name are 24 duplicates, and `jealous` misses its plugin.
    let many = (0..26).map(|_| <heap::Place as plugin_core::Plugin>::DESCRIPTOR);
    let error =
        refused(&Bare::builder().registry(None).plugins(many).plugin::<jealous::Jealous>()).to_string();
    assert_eq!(error.matches("two plugins are named `heap`").count(), 24, "{error}");
    says(&error, &["and 2 more", "conflicts with `heap`"]);
}
