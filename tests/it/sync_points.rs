//! Points whose hooks never await: the same order and the same guards, without a future.

use plugin_core::prelude::*;
use plugin_core::{CallError, HookPoint, PluginManager, Running};

use crate::support::{Act, Fault, Notes, Script};

/// One line on its way.
#[derive(HookPoint, Default)]
#[hook_point(output = String, error = Fault, sync)]
pub(crate) struct Line(Script);

impl Line {
    fn with(hook: &'static str, act: Act) -> Self {
        let mut line = Self::default();
        line.0.set(hook, act);
        line
    }
}

macro_rules! hooked {
    ($name:ident, $state:ident, $text:literal) => {
        /// A hook of every kind but `replace`.
        #[plugin]
        mod $name {
            use super::*;

            /// No state.
            #[derive(Default)]
            pub(super) struct $state;

            #[hook(before)]
            fn before(_: &$state, line: &mut Line, call: &Call) -> Result<Flow<String>, Fault> {
                call.note(concat!($text, ".before"));
                let answer = line.0.play(concat!($text, ".before"))?;
                Ok(if answer { Flow::Respond("answer".to_owned()) } else { Flow::Continue })
            }

            #[hook(around)]
            fn around(
                _: &$state,
                line: &mut Line,
                next: Next<'_, Line>,
                call: &Call,
            ) -> Result<String, Fault> {
                call.note(concat!($text, " opens"));
                if line.0.play(concat!($text, ".around"))? {
                    return Ok("short".to_owned());
                }
                let result = next.run_sync(line);
                call.note(concat!($text, " closes"));
                result
            }

            #[hook(after)]
            fn after(_: &$state, line: &Line, output: &mut String, call: &Call) -> Result<(), Fault> {
                call.note(concat!($text, ".after"));
                line.0.play(concat!($text, ".after"))?;
                output.push_str(concat!(" ", $text));
                Ok(())
            }

            #[hook(rescue)]
            fn rescue(_: &$state, line: &Line, error: Fault, call: &Call) -> Result<String, Fault> {
                call.note(concat!($text, ".rescue"));
                if line.0.play(concat!($text, ".rescue"))? {
                    Ok(format!("saved from {error}"))
                } else {
                    Err(error)
                }
            }

            #[hook(observe)]
            fn observe(
                _: &$state,
                line: &Line,
                _: Result<&String, &Fault>,
                call: &Call,
            ) -> Result<(), Fault> {
                call.note(concat!($text, ".observe"));
                line.0.play(concat!($text, ".observe")).map(drop)
            }
        }
    };
}

hooked!(one, One, "one");
hooked!(two, Two, "two");

/// Stands in for the core.
#[plugin]
mod instead {
    use super::*;

    /// No state.
    #[derive(Default)]
    pub(super) struct Instead;

    #[hook(replace)]
    fn replace(_: &Instead, line: &mut Line, call: &Call) -> Result<String, Fault> {
        call.note("instead");
        line.0.play("instead").map(|_| "instead".to_owned())
    }
}

/// Runs lines.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Press {
    lines: Chain<Line>,
}

impl Press {
    async fn ready() -> Running<Self> {
        Self::builder().registry(None).plugin::<two::Two>().plugin::<one::One>().start().await.unwrap()
    }

    fn print(&self, mut line: Line) -> (Result<String, Fault>, Vec<String>) {
        let call = Call::new();
        let result = self.lines.run_sync_with(&call, &mut line, |line| {
            call.note("core");
            line.0.play("core").map(|_| "core".to_owned())
        });
        (result, call.notes())
    }
}

#[tokio::test]
async fn a_sync_run_keeps_the_order_of_kinds() {
    let (result, notes) = Press::ready().await.print(Line::default());
    assert_eq!(result.unwrap(), "core two one");
    let order = ["one.before", "two.before", "one opens", "two opens", "core", "two closes", "one closes"];
    let rest = ["two.after", "one.after", "one.observe", "two.observe"];
    assert_eq!(notes, [order.as_slice(), rest.as_slice()].concat());
}

#[tokio::test]
async fn a_sync_response_skips_later_before_hooks_and_the_core() {
    let (result, notes) = Press::ready().await.print(Line::with("one.before", Act::Answer));
    assert_eq!(result.unwrap(), "answer two one");
    assert_eq!(notes, ["one.before", "two.after", "one.after", "one.observe", "two.observe"]);
}

#[tokio::test]
async fn a_sync_around_hook_may_short_circuit_and_an_inner_error_passes_each_outer_one() {
    let press = Press::ready().await;
    let (result, notes) = press.print(Line::with("two.around", Act::Answer));
    assert_eq!(result.unwrap(), "short two one");
    assert!(!notes.contains(&"core".to_owned()), "{notes:?}");
    let (result, notes) = press.print(Line::with("core", Act::Fail));
    assert_eq!(result.unwrap_err(), Fault::said("core failed"));
    let closing =
        ["core", "two closes", "one closes", "one.rescue", "two.rescue", "one.observe", "two.observe"];
    assert!(notes.ends_with(&closing.map(str::to_owned)), "{notes:?}");
}

#[tokio::test]
async fn a_sync_rescue_turns_an_error_into_an_output() {
    let mut line = Line::with("two.rescue", Act::Answer);
    line.0.set("core", Act::Fail);
    let (result, _) = Press::ready().await.print(line);
    assert_eq!(result.unwrap(), "saved from core failed");
}

#[tokio::test]
async fn a_sync_replace_stands_in_for_the_core_with_and_without_around_hooks() {
    let alone = Press::builder().registry(None).plugin::<instead::Instead>().start().await.unwrap();
    assert_eq!(alone.print(Line::default()).1, ["instead"]);
    let builder = Press::builder().registry(None).plugin::<instead::Instead>().plugin::<one::One>();
    let (result, notes) = builder.start().await.unwrap().print(Line::default());
    assert_eq!(result.unwrap(), "instead one");
    assert_eq!(notes[1..4], ["one opens", "instead", "one closes"]);
}

#[tokio::test]
async fn a_panic_in_a_sync_run_names_plugin_and_hook_and_the_next_call_works() {
    let press = Press::ready().await;
    for (at, hook) in [("two.before", "before"), ("two.around", "around"), ("two.after", "after")] {
        let (result, notes) = press.print(Line::with(at, Act::Panic));
        let expected = CallError::Panicked { plugin: "two", hook, message: format!("{at} gave up") };
        assert_eq!(result.unwrap_err(), Fault::Call(expected));
        assert_eq!(notes.last().unwrap(), "two.observe");
        assert_eq!(press.print(Line::default()).0.unwrap(), "core two one");
    }
    assert_eq!(press.print(Line::with("one.observe", Act::Panic)).0.unwrap(), "core two one");
    let (result, _) = press.print(Line::with("core", Act::Panic));
    assert_eq!(result.unwrap_err().to_string(), "plugin `host`: its `core` panicked: core gave up");
}
