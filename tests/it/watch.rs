//! Following files: however they come to change, what they say is put in force once, and what is wrong is told once.

use std::path::Path;
use std::time::Duration;

use plugin_core::PluginManager;
use plugin_core::config::Sources;
use plugin_core::manager::{ConfigApplied, ConfigRefused, Running};
use plugin_core::prelude::*;

use crate::support::Diary;

/// What is asked.
#[derive(HookPoint)]
#[hook_point(output = u64, error = PluginError)]
pub(crate) struct Question;

#[plugin]
mod answerer {
    use super::*;

    #[config]
    pub(crate) struct Config {
        /// What is answered.
        pub(crate) answer: u64,
    }

    pub(crate) struct State(u64);

    #[init]
    fn init(config: Config) -> State {
        State(config.answer)
    }

    #[hook(replace)]
    fn answer(state: &State, _: &mut Question) -> Result<u64, PluginError> {
        Ok(state.0)
    }
}

/// One that writes down what the bus tells; of one test each.
macro_rules! told {
    ($name:ident) => {
        mod $name {
            use super::*;

            pub(super) static DIARY: Diary = Diary::new();

            #[plugin]
            pub(super) mod reader {
                use super::*;

                #[derive(Default)]
                pub(crate) struct State;

                #[subscribe]
                fn applied(_: &State, event: &ConfigApplied) {
                    DIARY.note(event.applied.to_string());
                }

                #[subscribe]
                fn refused(_: &State, event: &ConfigRefused) {
                    DIARY.note(event.error.to_string());
                }
            }

            pub(super) async fn host(sources: &Sources) -> Running<Host> {
                let builder = Host::builder().registry(None).config(sources.clone());
                builder.plugin::<answerer::State>().plugin::<reader::State>().start().await.unwrap()
            }
        }
    };
}

told!(saved);
told!(wrong);
told!(mounted);

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    question: Chain<Question>,
}

async fn answer(host: &Running<Host>) -> u64 {
    host.question.run(&mut Question, async |_| Ok(0)).await.unwrap()
}

fn sources(file: &Path) -> Sources {
    Sources::new().environment([]).optional_file(file)
}

fn says(answer: &str) -> String {
    format!("plugins: {{ answerer: {{ config: {{ answer: {answer} }} }} }}")
}

/// Enough for a change to be seen and to settle.
async fn while_it_settles() {
    tokio::time::sleep(Duration::from_secs(3)).await;
}

const RELOADED: &str = "`answerer`: reloaded";

#[tokio::test(start_paused = true)]
async fn a_file_that_is_written_renamed_over_removed_or_made_is_put_in_force_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plugins.yaml");
    let host = saved::host(&sources(&file)).await;
    let following = host.follow(sources(&file));
    while_it_settles().await;
    assert_eq!((answer(&host).await, saved::DIARY.take().len()), (0, 0), "what is in force already");

    std::fs::write(&file, says("1")).unwrap();
    while_it_settles().await;
    assert_eq!((answer(&host).await, saved::DIARY.take()), (1, vec![RELOADED.to_owned()]));

    // As editors save: another file, renamed over the first.
    let swap = folder.path().join(".plugins.yaml.swp");
    std::fs::write(&swap, says("2")).unwrap();
    std::fs::rename(&swap, &file).unwrap();
    while_it_settles().await;
    assert_eq!((answer(&host).await, saved::DIARY.take()), (2, vec![RELOADED.to_owned()]));

    std::fs::write(&file, format!("# the same\n{}", says("2"))).unwrap();
    while_it_settles().await;
    assert_eq!((answer(&host).await, saved::DIARY.take().len()), (2, 0), "nothing differs");

    std::fs::remove_file(&file).unwrap();
    while_it_settles().await;
    assert_eq!((answer(&host).await, saved::DIARY.take()), (0, vec![RELOADED.to_owned()]));

    drop(following);
    std::fs::write(&file, says("3")).unwrap();
    while_it_settles().await;
    assert_eq!(answer(&host).await, 0, "nobody follows any more");
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_file_changes_nothing_and_is_told_once_with_all_its_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plugins.yaml");
    std::fs::write(&file, says("1")).unwrap();
    let host = wrong::host(&sources(&file)).await;
    let _following = host.follow(sources(&file));
    std::fs::write(&file, "plugins: { answerer: { config: { answer: much, anwser: 2 } }, raeder: {} }")
        .unwrap();
    while_it_settles().await;
    while_it_settles().await;
    let [told] = <[String; 1]>::try_from(wrong::DIARY.take()).unwrap();
    let begins = "the configuration was not applied, and the one before stays in force: 3 mistakes in the configuration";
    assert!(told.starts_with(begins), "{told}");
    for mistake in ["answerer.config.answer`", "answerer.config.anwser`", "did you mean `reader`?"] {
        assert!(told.contains(mistake), "{told}");
    }
    assert_eq!(answer(&host).await, 1);
    std::fs::write(&file, says("2")).unwrap();
    while_it_settles().await;
    assert_eq!((answer(&host).await, wrong::DIARY.take()), (2, vec![RELOADED.to_owned()]));
    host.stop().await;
}

/// As config maps are mounted: the file is a link through a folder that is itself a link, and that one is swapped.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_folder_that_is_swapped_under_a_link_is_a_change_of_the_file() {
    use std::os::unix::fs::symlink;
    let mount = tempfile::tempdir().unwrap();
    let at = |name: &str| mount.path().join(name);
    for (folder, text) in [("one", "1"), ("two", "2")] {
        std::fs::create_dir(at(folder)).unwrap();
        std::fs::write(at(folder).join("plugins.yaml"), says(text)).unwrap();
    }
    symlink("one", at("..data")).unwrap();
    symlink("..data/plugins.yaml", at("plugins.yaml")).unwrap();
    let host = mounted::host(&sources(&at("plugins.yaml"))).await;
    let _following = host.follow(sources(&at("plugins.yaml")));
    while_it_settles().await;
    assert_eq!(answer(&host).await, 1);
    symlink("two", at("..data_tmp")).unwrap();
    std::fs::rename(at("..data_tmp"), at("..data")).unwrap();
    while_it_settles().await;
    assert_eq!((answer(&host).await, mounted::DIARY.take()), (2, vec![RELOADED.to_owned()]));
    host.stop().await;
}
