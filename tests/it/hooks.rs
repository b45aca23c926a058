//! The kinds of hook, what each may do to a run, and in which order they come.

use plugin_core::prelude::*;

use crate::cast::{Job, Stage, alpha, gamma, stand_in, understudy};
use crate::support::{Act, Fault, Notes};

#[tokio::test]
async fn a_run_goes_before_around_core_after_observe() {
    let stage = Stage::cast().await;
    let (result, notes) = stage.play(Job::default()).await;
    assert_eq!(result.unwrap(), ["core", "gamma.after", "beta.after", "alpha.after"]);
    assert_eq!(
        notes,
        [
            "alpha.before",
            "beta.before",
            "gamma.before",
            "alpha.around opens",
            "gamma.around opens",
            "core",
            "gamma.around closes",
            "alpha.around closes",
            "gamma.after",
            "beta.after",
            "alpha.after",
            "alpha.observe ok",
            "beta.observe ok",
            "gamma.observe ok",
        ]
    );
}

#[tokio::test]
async fn a_response_skips_later_before_hooks_and_the_core_while_after_and_observe_still_run() {
    let stage = Stage::cast().await;
    for (hook, ran) in [("alpha.before", 1), ("beta.before", 2), ("gamma.before", 3)] {
        let (result, notes) = stage.play(Job::default().with(hook, Act::Answer)).await;
        let answer = format!("{hook} answered");
        assert_eq!(result.unwrap(), [answer.as_str(), "gamma.after", "beta.after", "alpha.after"]);
        assert_eq!(notes.iter().filter(|note| note.ends_with("before")).count(), ran, "{notes:?}");
        assert!(!notes.iter().any(|note| note == "core" || note.contains("around")), "{notes:?}");
        assert_eq!(notes.iter().filter(|note| note.ends_with("observe ok")).count(), 3, "{notes:?}");
    }
}

#[tokio::test]
async fn a_before_hook_that_fails_ends_the_run_and_only_rescue_and_observe_follow() {
    let stage = Stage::cast().await;
    let (result, notes) = stage.play(Job::default().with("beta.before", Act::Fail)).await;
    assert_eq!(result.unwrap_err(), Fault::said("beta.before failed"));
    assert_eq!(
        notes,
        [
            "alpha.before",
            "beta.before",
            "alpha.rescue of beta.before failed",
            "beta.rescue of beta.before failed",
            "alpha.observe err",
            "beta.observe err",
            "gamma.observe err",
        ]
    );
}

#[tokio::test]
async fn a_before_hook_that_changes_nothing_leaves_the_input_as_it_was() {
    let stage = Stage::builder()
        .registry(None)
        .plugin::<quiet::Quiet>()
        .plugin::<alpha::Alpha>()
        .start()
        .await
        .unwrap();
    let mut job = Job { trail: vec!["caller".to_owned()], ..Job::default() };
    let seen = stage.jobs.run(&mut job, async |job| Ok(job.trail.clone())).await.unwrap();
    assert_eq!(seen, ["caller", "alpha.before", "alpha.after"]);
    assert_eq!(job.trail, ["caller", "alpha.before"], "the caller keeps what the hooks made of its input");
}

#[tokio::test]
async fn around_hooks_tear_down_in_reverse_and_an_inner_error_reaches_each_outer_one() {
    let stage = Stage::cast().await;
    let (result, notes) = stage.play(Job::default().with("core", Act::Fail)).await;
    assert_eq!(result.unwrap_err(), Fault::said("core failed"));
    let around: Vec<_> = notes.iter().filter(|note| note.contains("around") || *note == "core").collect();
    assert_eq!(
        around,
        ["alpha.around opens", "gamma.around opens", "core", "gamma.around closes", "alpha.around closes"]
    );
}

#[tokio::test]
async fn an_around_hook_that_does_not_call_next_is_a_short_circuit() {
    let stage = Stage::cast().await;
    let (result, notes) = stage.play(Job::default().with("alpha.around", Act::Answer)).await;
    assert_eq!(result.unwrap()[0], "alpha.around answered");
    assert!(!notes.iter().any(|note| note == "core" || note.starts_with("gamma.around")), "{notes:?}");
    assert!(notes.iter().any(|note| note == "gamma.after"), "{notes:?}");
}

#[tokio::test]
async fn an_outer_around_hook_may_swallow_or_replace_an_inner_error() {
    let stage = Stage::builder()
        .registry(None)
        .plugin::<swallow::Swallow>()
        .plugin::<gamma::Gamma>()
        .start()
        .await
        .unwrap();
    let (result, notes) = stage.play(Job::default().with("core", Act::Fail)).await;
    assert_eq!(result.unwrap(), ["instead of: core failed", "gamma.after"]);
    assert!(notes.contains(&"gamma.around closes".to_owned()), "{notes:?}");
    let (result, _) =
        stage.play(Job::default().with("gamma.around", Act::Fail).with("swallow", Act::Fail)).await;
    assert_eq!(result.unwrap_err(), Fault::said("worse than: gamma.around failed"));
}

#[tokio::test]
async fn a_replace_hook_stands_in_for_the_core_inside_the_around_hooks() {
    let stage = Stage::replaced().await;
    let (result, notes) = stage.play(Job::default()).await;
    assert_eq!(result.unwrap(), ["stand-in", "beta.after", "alpha.after"]);
    let middle: Vec<_> = notes
        .iter()
        .filter(|note| note.contains("around") || *note == "stand-in" || *note == "core")
        .collect();
    assert_eq!(middle, ["alpha.around opens", "stand-in", "alpha.around closes"]);
}

#[tokio::test]
async fn a_sync_replace_hook_serves_an_async_point_without_any_other_hook() {
    let stage = Stage::builder().registry(None).plugin::<understudy::Understudy>().start().await.unwrap();
    let (result, notes) = stage.play(Job::default()).await;
    assert_eq!(result.unwrap(), ["understudy"]);
    assert_eq!(notes, ["understudy"]);
}

#[tokio::test]
async fn two_replace_hooks_on_one_point_do_not_start_and_both_are_named() {
    let builder =
        Stage::builder().registry(None).plugin::<stand_in::StandIn>().plugin::<understudy::Understudy>();
    let error = builder.start().await.err().unwrap().to_string();
    assert!(
        error.contains("2 hooks replace the core of `Job`: `stand-in`, `understudy` [PB0910]"),
        "{error}"
    );
    assert_eq!(error.matches("  --> tests/it/cast.rs:").count(), 2, "{error}");
    assert!(error.contains("help: at most one may"), "{error}");
}

#[tokio::test]
async fn an_after_hook_that_fails_ends_the_after_hooks_and_goes_to_rescue() {
    let stage = Stage::cast().await;
    let (result, notes) =
        stage.play(Job::default().with("beta.after", Act::Fail).with("alpha.rescue", Act::Answer)).await;
    assert_eq!(result.unwrap(), ["alpha.rescue answered"]);
    let tail: Vec<_> = notes.iter().skip_while(|note| *note != "gamma.after").collect();
    assert_eq!(
        tail,
        [
            "gamma.after",
            "beta.after",
            "alpha.rescue of beta.after failed",
            "alpha.observe ok",
            "beta.observe ok",
            "gamma.observe ok"
        ]
    );
}

#[tokio::test]
async fn each_rescue_hook_sees_what_the_one_before_it_left_and_the_first_output_ends_them() {
    let stage = Stage::cast().await;
    let (result, notes) =
        stage.play(Job::default().with("core", Act::Fail).with("alpha.rescue", Act::Fail)).await;
    assert_eq!(result.unwrap_err(), Fault::said("alpha.rescue failed"));
    assert!(notes.contains(&"beta.rescue of alpha.rescue failed".to_owned()), "{notes:?}");

    let (result, notes) =
        stage.play(Job::default().with("core", Act::Fail).with("alpha.rescue", Act::Answer)).await;
    assert_eq!(result.unwrap(), ["alpha.rescue answered"]);
    assert!(!notes.iter().any(|note| note.starts_with("beta.rescue")), "{notes:?}");
}

#[tokio::test]
async fn without_an_error_no_rescue_hook_runs() {
    let (_, notes) = Stage::cast().await.play(Job::default()).await;
    assert!(!notes.iter().any(|note| note.contains("rescue")), "{notes:?}");
}

#[tokio::test]
async fn observers_that_fail_or_panic_change_nothing_and_the_others_still_run() {
    let stage = Stage::cast().await;
    let job = Job::default().with("alpha.observe", Act::Panic).with("beta.observe", Act::Fail);
    let (result, notes) = stage.play(job).await;
    assert_eq!(result.unwrap(), ["core", "gamma.after", "beta.after", "alpha.after"]);
    assert_eq!(notes.last().unwrap(), "gamma.observe ok");

    let job = Job::default().with("core", Act::Fail).with("beta.observe", Act::Panic);
    let (result, notes) = stage.play(job).await;
    assert_eq!(result.unwrap_err(), Fault::said("core failed"));
    assert_eq!(notes.last().unwrap(), "gamma.observe err");
}

#[tokio::test]
async fn observers_with_no_other_hook_on_the_point_still_run() {
    let stage = Stage::builder().registry(None).plugin::<watcher::Watcher>().start().await.unwrap();
    let (result, notes) = stage.play(Job::default()).await;
    assert_eq!(result.unwrap(), ["core"]);
    assert_eq!(notes, ["core", "watcher saw 1"]);
}

#[tokio::test]
async fn a_point_that_nobody_hooks_is_the_core_alone() {
    let stage = Stage::builder().registry(None).start().await.unwrap();
    let (result, notes) = stage.play(Job::default()).await;
    assert_eq!(result.unwrap(), ["core"]);
    assert_eq!(notes, ["core"]);
}

#[tokio::test]
async fn a_panic_in_any_kind_of_hook_names_plugin_and_hook_and_the_next_call_works() {
    let stage = Stage::cast().await;
    let hooks = [
        ("alpha.before", "alpha", "before"),
        ("beta.before", "beta", "before"),
        ("alpha.around", "alpha", "around"),
        ("gamma.around", "gamma", "around"),
        ("alpha.after", "alpha", "after"),
        ("beta.after", "beta", "after"),
    ];
    for (at, plugin, hook) in hooks {
        let (result, notes) = stage.play(Job::default().with(at, Act::Panic)).await;
        let error = result.unwrap_err();
        assert_eq!(
            error,
            Fault::Call(plugin_core::CallError::Panicked { plugin, hook, message: format!("{at} gave up") }),
        );
        assert_eq!(error.to_string(), format!("plugin `{plugin}`: its `{hook}` panicked: {at} gave up"));
        assert_eq!(notes.last().unwrap(), "gamma.observe err", "observers run after a panic");
        let (result, _) = stage.play(Job::default()).await;
        assert_eq!(result.unwrap(), ["core", "gamma.after", "beta.after", "alpha.after"]);
    }
}

#[tokio::test]
async fn a_panic_in_a_rescue_or_replace_hook_names_plugin_and_hook() {
    let stage = Stage::cast().await;
    let (result, notes) =
        stage.play(Job::default().with("core", Act::Fail).with("beta.rescue", Act::Panic)).await;
    assert!(result.unwrap_err().to_string().starts_with("plugin `beta`: its `rescue` panicked"));
    assert_eq!(notes.last().unwrap(), "gamma.observe err");

    let stage = Stage::replaced().await;
    let (result, _) = stage.play(Job::default().with("stand-in", Act::Panic)).await;
    assert!(result.unwrap_err().to_string().starts_with("plugin `stand-in`: its `replace` panicked"));
}

#[tokio::test]
async fn a_panic_of_a_hook_can_be_rescued() {
    let stage = Stage::cast().await;
    let (result, _) =
        stage.play(Job::default().with("alpha.before", Act::Panic).with("beta.rescue", Act::Answer)).await;
    assert_eq!(result.unwrap(), ["beta.rescue answered"]);
}

#[tokio::test]
async fn a_panic_of_the_core_is_the_hosts_whatever_hooks_surround_it() {
    let silent = Stage::builder().registry(None).plugin::<watcher::Watcher>().start().await.unwrap();
    for stage in [Stage::cast().await, silent] {
        let (result, notes) = stage.play(Job::default().with("core", Act::Panic)).await;
        let error = result.unwrap_err();
        assert_eq!(error.to_string(), "plugin `host`: its `core` panicked: core gave up", "{notes:?}");
        assert!(notes.last().unwrap().ends_with("err"), "observers run: {notes:?}");
    }
}

#[tokio::test]
async fn what_one_hook_leaves_in_the_call_the_others_and_the_caller_find() {
    let stage = Stage::builder().registry(None).plugin::<tagger::Tagger>().start().await.unwrap();
    let call = Call::new();
    let mut job = Job::default();
    let core = async |_: &mut Job| Ok(vec![call.get::<tagger::Tag>().unwrap().0.clone()]);
    let result = stage.jobs.run_with(&call, &mut job, core).await.unwrap();
    let tag = format!("tag of {}", call.id());
    assert_eq!(result, [tag.clone(), format!("after saw {tag}")]);
    assert_eq!(call.get::<tagger::Tag>().unwrap().0, tag);
    assert!(Call::new().get::<tagger::Tag>().is_none(), "another call holds nothing of it");
}

#[tokio::test]
async fn several_chains_may_run_under_one_call() {
    let stage = Stage::builder().registry(None).plugin::<tagger::Tagger>().start().await.unwrap();
    let call = Call::new();
    let (mut one, mut two) = (Job::default(), Job::default());
    let outer = async |_: &mut Job| {
        let inner = async |_: &mut Job| Ok(vec![format!("inner of {}", call.id())]);
        stage.jobs.run_with(&call, &mut two, inner).await
    };
    let result = stage.jobs.run_with(&call, &mut one, outer).await.unwrap();
    assert_eq!(result[0], format!("inner of {}", call.id()));
    assert_eq!(result.len(), 3, "the after hook ran in both: {result:?}");
}

/// Hooks `before` and leaves the input alone.
#[plugin(stage = Infrastructure)]
mod quiet {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(super) struct Quiet;

    #[hook(before)]
    fn look(_: &Quiet, _: &mut Job) {}
}

/// Turns errors of what it wraps into outputs, or other errors.
#[plugin(stage = Security)]
mod swallow {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(super) struct Swallow;

    #[hook(around)]
    async fn guard(_: &Swallow, job: &mut Job, next: Next<'_, Job>) -> Result<Vec<String>, Fault> {
        match next.run(job).await {
            Err(error) if job.script.of("swallow").is_some() => {
                Err(Fault::Said(format!("worse than: {error}")))
            }
            Err(error) => Ok(vec![format!("instead of: {error}")]),
            fine => fine,
        }
    }
}

/// Looks on.
#[plugin]
mod watcher {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(super) struct Watcher;

    #[hook(observe)]
    fn watch(_: &Watcher, _: &Job, result: Result<&Vec<String>, &Fault>, call: &Call) {
        match result {
            Ok(output) => call.note(format!("watcher saw {}", output.len())),
            Err(_) => call.note("watcher saw err"),
        }
    }
}

/// Leaves a value in the call before, and looks for it after.
#[plugin]
mod tagger {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(super) struct Tagger;

    pub(super) struct Tag(pub(super) String);

    #[hook(before)]
    fn leave(_: &Tagger, _: &mut Job, call: &Call) {
        call.insert(Tag(format!("tag of {}", call.id())));
    }

    #[hook(after)]
    async fn find(_: &Tagger, _: &Job, output: &mut Vec<String>, call: &Call) {
        output.push(format!("after saw {}", call.get::<Tag>().map_or_else(String::new, |tag| tag.0.clone())));
    }
}
