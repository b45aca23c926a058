//! Putting another configuration in force: what differs is changed, plugin by plugin, and nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};

use plugin_core::config::{Section, Settings};
use plugin_core::manager::{Applied, Builder, ChangeError, ConfigApplied, ConfigRefused, Done, Running};
use plugin_core::prelude::*;
use plugin_core::{PluginManager, PluginState};

use crate::support::{Diary, yaml};

/// A word on its way.
#[derive(HookPoint)]
#[hook_point(output = String, error = PluginError)]
pub(crate) struct Word(String);

/// Who speaks.
#[capability]
pub(crate) trait Voice {}

/// A plugin with a config; one for each name.
macro_rules! speaker {
    ($name:ident) => {
        #[plugin]
        mod $name {
            use super::*;

            #[config]
            pub(crate) struct Config {
                /// What is added.
                #[config(default = String::from(stringify!($name)))]
                pub(crate) says: String,
            }

            pub(crate) struct State {
                says: String,
                born: usize,
            }

            #[init]
            fn init(config: Config) -> Result<State, PluginError> {
                let born = BIRTHS.fetch_add(1, Ordering::SeqCst);
                match config.says {
                    says if says.is_empty() => Err(PluginError::new("nothing to say")),
                    says => Ok(State { says, born }),
                }
            }

            #[hook(before)]
            fn speak(state: &State, word: &mut Word) {
                word.0.push_str(&state.says);
                word.0.push(' ');
            }

            /// Which instance this is.
            #[command]
            fn born(state: &State) -> Result<usize, PluginError> {
                Ok(state.born)
            }

            #[capability]
            impl Voice for State {}
        }
    };
}

speaker!(alto);
speaker!(bass);

static BIRTHS: AtomicUsize = AtomicUsize::new(0);

/// Of whom the last `listener` was made.
static HEARD: Diary = Diary::new();

#[plugin]
mod listener {
    use super::*;

    pub(crate) struct State;

    #[init]
    fn init(voice: Provider<dyn Voice>) -> State {
        HEARD.note(voice.plugin());
        State
    }

    #[subscribe]
    fn applied(_: &State, event: &ConfigApplied) {
        HEARD.note(format!("applied {}", event.applied));
    }

    #[subscribe]
    fn refused(_: &State, event: &ConfigRefused) {
        HEARD.note(format!("refused {}", event.error));
    }
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Choir {
    word: Chain<Word>,
}

/// A section of the host's own.
#[derive(Default, serde::Serialize, schemars::JsonSchema)]
struct Hall {
    /// How many listen.
    seats: u32,
}

fn choir(config: &str) -> Builder<Choir> {
    let builder = Choir::builder().registry(None).config(yaml(config)).section(Section::of::<Hall>("hall"));
    builder.plugin::<alto::State>().plugin::<bass::State>()
}

fn settings(config: &str) -> Settings {
    choir(config).settings().unwrap()
}

async fn said(host: &Running<Choir>) -> String {
    host.word.run(&mut Word(String::new()), async |word| Ok(word.0.trim_end().to_owned())).await.unwrap()
}

fn done(applied: &Applied) -> Vec<(&'static str, Done, bool)> {
    applied.plugins.iter().map(|one| (one.plugin, one.change, one.failed.is_none())).collect()
}

#[tokio::test]
async fn what_differs_is_changed_and_what_does_not_is_left_alone() {
    let host = choir("ambiguity: allow").start().await.unwrap();
    assert_eq!(said(&host).await, "alto bass");
    let born = async |name: &str| host.command(name, "born", serde_json::Value::Null).await.unwrap();
    let (alto, bass) = (born("alto").await, born("bass").await);
    let apply = async |config: &str| host.apply(settings(config)).await.unwrap();
    assert!(apply("ambiguity: allow").await.is_empty());
    assert_eq!(born("alto").await, alto, "nothing differs, nothing is made");

    let config = "{ ambiguity: allow, plugins: { alto: { config: { says: la } } } }";
    assert_eq!(done(&apply(config).await), [("alto", Done::Reloaded, true)]);
    assert_eq!(said(&host).await, "la bass");
    let la = born("alto").await;
    assert_ne!(la, alto);
    assert_eq!(born("bass").await, bass, "the other is left alone");

    let config =
        "{ ambiguity: allow, plugins: { alto: { priority: 5, stop_timeout: 1s, config: { says: la } } } }";
    assert_eq!(done(&apply(config).await), [("alto", Done::Settings, true)]);
    assert_eq!(said(&host).await, "bass la", "in another order");
    assert_eq!((born("alto").await, born("bass").await), (la, bass), "and nothing was made");

    let config = "{ ambiguity: allow, hall: { seats: 7 }, plugins: { bass: { enabled: false } } }";
    let applied = apply(config).await;
    let expected =
        [("bass", Done::Disabled, true), ("alto", Done::Settings, true), ("alto", Done::Reloaded, true)];
    assert_eq!(done(&applied), expected);
    assert_eq!(applied.needs_restart, ["hall"]);
    assert_eq!((said(&host).await.as_str(), host.state("bass")), ("alto", Some(PluginState::Unloaded)));

    let config = "{ ambiguity: allow, hall: { seats: 7 } }";
    assert_eq!(done(&apply(config).await), [("bass", Done::Enabled, true)]);
    assert_eq!(said(&host).await, "alto bass");
    host.stop().await;
    assert!(matches!(host.apply(settings("{}")).await, Err(ChangeError::Stopped)));
}

#[tokio::test]
async fn one_that_cannot_follow_serves_as_before_and_the_others_go_on() {
    let host = choir("ambiguity: allow").start().await.unwrap();
    let wrong =
        "{ ambiguity: allow, plugins: { alto: { config: { says: '' } }, bass: { config: { says: so } } } }";
    let applied = host.apply(settings(wrong)).await.unwrap();
    assert_eq!(done(&applied), [("alto", Done::Reloaded, false), ("bass", Done::Reloaded, true)]);
    let told = "`alto`: not reloaded: plugin `alto` was not reloaded and serves as before: nothing to say\n`bass`: reloaded";
    assert_eq!(applied.to_string(), told);
    assert_eq!(said(&host).await, "alto so");
    // What is in force is what serves, so the same configuration is tried again.
    assert_eq!(done(&host.apply(settings(wrong)).await.unwrap()), [("alto", Done::Reloaded, false)]);
    host.stop().await;
}

#[tokio::test]
async fn what_an_operator_has_paused_stays_paused_and_what_he_has_disabled_is_what_the_file_says() {
    let host = choir("ambiguity: allow").start().await.unwrap();
    let _ = host.pause("alto").await.unwrap();
    let _ = host.disable("bass").await.unwrap();
    let shown = host.settings();
    let shown = shown.show();
    let enabled = shown.get("plugins.bass.enabled").unwrap();
    assert_eq!(
        (enabled.value.clone(), enabled.origin.to_string()),
        (false.into(), "changed at run time".to_owned())
    );
    let config = "{ ambiguity: allow, plugins: { alto: { config: { says: la } } } }";
    let applied = host.apply(settings(config)).await.unwrap();
    assert_eq!(done(&applied), [("bass", Done::Enabled, true), ("alto", Done::Reloaded, true)]);
    assert_eq!(said(&host).await, "bass");
    let _ = host.resume("alto").await.unwrap();
    assert_eq!(said(&host).await, "la bass");
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_selection_gives_dependents_another_provider_and_a_wrong_one_changes_nothing() {
    let config = |select: &str| format!("{{ ambiguity: allow, capabilities: {{ {select} }} }}");
    let builder = |select: &str| choir(&config(select)).plugin::<listener::State>();
    let host = builder("Voice: alto").start().await.unwrap();
    assert_eq!(HEARD.take(), ["alto"]);
    let error = host.apply(builder("").settings().unwrap()).await.unwrap_err();
    assert!(matches!(error, ChangeError::Composition(_)));
    assert_eq!(host.settings().selected()["Voice"], "alto");
    let rest = || tokio::time::sleep(std::time::Duration::from_millis(1));
    rest().await;
    let [refused] = <[String; 1]>::try_from(HEARD.take()).unwrap();
    let says = "refused the plugins would not fit together, and nothing was changed:\n\nplugin `listener` needs one provider of the capability `Voice`, and 2 are enabled";
    assert!(refused.starts_with(says), "{refused}");

    let applied = host.apply(builder("Voice: bass").settings().unwrap()).await.unwrap();
    assert_eq!(done(&applied), [("listener", Done::Reloaded, true)]);
    rest().await;
    assert_eq!(HEARD.take(), ["bass", "applied `listener`: reloaded"]);

    // The provider goes away, and another takes its place, at once.
    let gone = "{ ambiguity: allow, capabilities: { Voice: alto }, plugins: { bass: { enabled: false } } }";
    let gone = choir(gone).plugin::<listener::State>().settings().unwrap();
    let applied = host.apply(gone).await.unwrap();
    assert_eq!(done(&applied), [("bass", Done::Disabled, true), ("listener", Done::Reloaded, true)]);
    assert_eq!((HEARD.take()[0].as_str(), host.state("listener")), ("alto", Some(PluginState::Active)));

    // One that does not start leaves what requires it in error, until it does.
    let silent =
        "{ ambiguity: allow, capabilities: { Voice: bass }, plugins: { bass: { config: { says: '' } } } }";
    let silent = choir(silent).plugin::<listener::State>().settings().unwrap();
    let applied = host.apply(silent).await.unwrap();
    let states = || (host.state("bass"), host.state("listener"));
    assert_eq!(done(&applied), [("bass", Done::Enabled, false), ("listener", Done::Reloaded, false)]);
    assert_eq!(states(), (Some(PluginState::Error), Some(PluginState::Error)));
    let again = builder("Voice: bass").settings().unwrap();
    assert_eq!(done(&host.apply(again).await.unwrap()), [("bass", Done::Reloaded, true)]);
    assert_eq!(states(), (Some(PluginState::Active), Some(PluginState::Active)));
    host.stop().await;
}

#[tokio::test]
async fn a_provider_that_the_host_holds_is_not_taken_from_under_it() {
    #[derive(PluginManager)]
    #[manager(plugins = plugin_core::PluginSet::EMPTY)]
    #[expect(dead_code, reason = "the host only holds it")]
    struct Holder {
        voice: Option<Provider<dyn Voice>>,
        word: Chain<Word>,
    }
    let builder = |config: &str| {
        let builder = Holder::builder().registry(None).config(yaml(config));
        builder.plugin::<alto::State>().plugin::<bass::State>()
    };
    let host = builder("{ ambiguity: allow, capabilities: { Voice: alto } }").start().await.unwrap();
    let other = builder("{ ambiguity: allow, capabilities: { Voice: bass } }").settings().unwrap();
    let error = host.apply(other).await.unwrap_err();
    let says = "the manager's field `voice` holds the capability `Voice` of `alto` for as long as it runs (help: restart the process to take it from another plugin)";
    assert_eq!(error.to_string(), says);
    host.stop().await;
}
