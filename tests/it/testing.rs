//! The test kit: a host of named plugins, what was called, faults on demand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plugin_core::lifecycle::PluginMoved;
use plugin_core::prelude::*;
use plugin_core::testing::{Ended, Fault, Host, Log, TestHost};
use plugin_core::{CallError, PluginState, Running, StartError};
use serde_json::json;

use crate::support;

/// A word on its way through.
#[derive(HookPoint)]
#[hook_point(output = String, error = PluginError, classify = PluginError::class)]
pub struct Word(String);

/// A number that nobody waits for.
#[derive(HookPoint)]
#[hook_point(output = u64, error = PluginError, sync)]
pub struct Count(u64);

/// Knows words.
#[capability(classify = PluginError::class)]
pub trait Lexicon {
    /// What a word means.
    async fn meaning(&self, word: &str) -> Result<String, PluginError>;
    /// How many it knows.
    fn size(&self) -> Result<u64, PluginError>;
}

/// A word was looked up.
#[derive(Clone, PartialEq, Eq, Debug, Event)]
pub struct LookedUp(String);

/// Looks words up.
#[plugin]
mod translator {
    use super::*;

    #[config]
    pub struct Config {
        /// What stands before a meaning.
        pub prefix: String,
    }

    pub struct Translator {
        prefix: String,
        lexicon: Provider<dyn Lexicon>,
        bus: EventBus,
    }

    #[init]
    async fn init(
        config: Config,
        lexicon: Provider<dyn Lexicon>,
        bus: EventBus,
    ) -> Result<Translator, PluginError> {
        if config.prefix == "!" {
            return Err(PluginError::new("told to fail"));
        }
        Ok(Translator { prefix: config.prefix, lexicon, bus })
    }

    #[hook(before, idempotent)]
    async fn translate(translator: &Translator, word: &mut Word) -> Result<(), PluginError> {
        let meaning = translator.lexicon.meaning(&word.0).await?;
        translator.bus.publish(LookedUp(word.0.clone()));
        word.0 = format!("{}{meaning}", translator.prefix);
        Ok(())
    }

    #[hook(around)]
    async fn enclose(_: &Translator, word: &mut Word, next: Next<'_, Word>) -> Result<String, PluginError> {
        tokio::task::yield_now().await;
        Ok(format!("<{}>", next.run(word).await?))
    }

    #[hook(after)]
    fn finish(_: &Translator, _: &Word, said: &mut String) {
        said.push('.');
    }

    #[hook(observe)]
    fn watch(_: &Translator, _: &Word, result: Result<&String, &PluginError>) -> Result<(), PluginError> {
        result.map(drop).map_err(|_| PluginError::new("seen"))
    }

    #[hook(before)]
    fn add(translator: &Translator, count: &mut Count) -> Result<(), PluginError> {
        count.0 += translator.lexicon.size()?;
        Ok(())
    }

    #[command]
    async fn ask(translator: &Translator, word: String) -> Result<String, PluginError> {
        translator.lexicon.meaning(&word).await
    }
}

/// A fake that repeats, and counts.
#[derive(Default)]
struct Parrot {
    asked: AtomicU64,
}

#[capability]
impl Lexicon for Parrot {
    async fn meaning(&self, word: &str) -> Result<String, PluginError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        Ok(format!("{word} {word}"))
    }

    fn size(&self) -> Result<u64, PluginError> {
        Ok(self.asked.load(Ordering::Relaxed))
    }
}

fn setup() -> TestHost {
    TestHost::new().with::<translator::Translator>().provide::<dyn Lexicon>(Arc::<Parrot>::default())
}

async fn host() -> Running<Host> {
    setup().start().await.unwrap()
}

async fn say(host: &Host, word: &str) -> Result<String, PluginError> {
    host.run(&mut Word(word.to_owned()), async |word: &mut Word| Ok(word.0.clone())).await
}

fn lines(host: &Host) -> Vec<String> {
    host.calls().lines()
}

#[tokio::test]
async fn a_plugin_runs_in_a_host_without_a_manager_of_its_own() {
    let parrot = Arc::<Parrot>::default();
    let setup = TestHost::new().with::<translator::Translator>().config(json!({ "prefix": "= " }));
    let host = setup.provide::<dyn Lexicon>(parrot.clone()).start().await.unwrap();
    assert_eq!(say(&host, "ha").await.unwrap(), "<= ha ha>.");
    assert_eq!(host.run_sync(&mut Count(1), |count| Ok(count.0)).unwrap(), 2);
    assert_eq!(host.command("translator", "ask", json!("ho")).await.unwrap(), "ho ho");
    assert_eq!(host.provider::<dyn Lexicon>().unwrap().size().unwrap(), 2);
    assert_eq!(parrot.asked.load(Ordering::Relaxed), 2);
    assert!(host.stop().await.is_clean());
}

#[tokio::test]
async fn a_config_may_be_yaml_and_a_file_stands_beneath_it() {
    let file = "plugins: { translator: { priority: 7, config: { prefix: file } } }";
    let host = setup().file(file).config("prefix: own").settings("timeout: 1s").start().await.unwrap();
    let settings = host.settings();
    let settings = settings.plugin("translator");
    assert_eq!((settings.priority, settings.policy.timeout), (Some(7), Some(Duration::from_secs(1))));
    assert_eq!(say(&host, "a").await.unwrap(), "<owna a>.");
    host.stop().await;
}

#[tokio::test]
async fn mistakes_come_out_as_in_an_app() {
    let config = |config: &'static str| setup().config(config).start();
    for (wrong, says) in [
        (config("prefxi: a").await, "did you mean `prefix`?"),
        (config("prefix: [").await, "config of `translator`"),
        (
            TestHost::new().with::<translator::Translator>().start().await,
            "`translator` needs the capability `Lexicon`",
        ),
        (TestHost::new().config(json!({})).start().await, "put `with` before it"),
    ] {
        let error = wrong.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let missing = TestHost::new().with::<translator::Translator>().start().await;
    assert!(matches!(missing, Err(StartError::Composition(_))));
}

#[tokio::test]
async fn a_plugin_that_fails_to_start_is_in_error_with_its_cause() {
    let host = setup().config("prefix: '!'").start().await.unwrap();
    assert_eq!(host.state("translator"), Some(PluginState::Error));
    assert_eq!(host.cause("translator").unwrap(), "told to fail");
    assert_eq!(say(&host, "a").await.unwrap(), "a", "nobody is in the chain");
    host.stop().await;
}

#[tokio::test]
async fn a_fake_is_a_plugin_like_any_other() {
    let host = host().await;
    host.pause("fake-lexicon").await.unwrap();
    assert_eq!(host.state("translator"), Some(PluginState::Paused), "it requires the fake");
    host.resume("fake-lexicon").await.unwrap();
    assert_eq!(say(&host, "a").await.unwrap(), "<a a>.");
    host.stop().await;
    let two = setup().provide_as::<dyn Lexicon>("other", Arc::<Parrot>::default());
    let error = two.clone().start().await.unwrap_err().to_string();
    assert!(error.contains("`fake-lexicon`") && error.contains("`other`"), "{error}");
    let host = two.file("capabilities: { Lexicon: other }").start().await.unwrap();
    assert_eq!(host.provider::<dyn Lexicon>().unwrap().plugin(), "other");
    assert_eq!(host.providers::<dyn Lexicon>().len(), 2);
    host.stop().await;
}

#[tokio::test]
async fn the_log_of_calls_tells_what_was_called_in_order_and_how_it_ended() {
    let host = host().await;
    say(&host, "a").await.unwrap();
    assert_eq!(
        lines(&host),
        [
            "fake-lexicon init: done",
            "translator init: done",
            "translator translate: done",
            "fake-lexicon Lexicon::meaning: done",
            "translator enclose: done",
            "translator finish: done",
            "translator watch: done",
        ]
    );
    assert_eq!(host.calls().of("fake-lexicon").len(), 2);
    assert!(host.calls().iter().all(|call| call.ended == Ended::Done));
    host.stop().await;
}

#[tokio::test]
async fn a_call_whose_caller_goes_away_is_dropped() {
    let host = setup().fault("fake-lexicon", "Lexicon::meaning", Fault::hang()).start().await.unwrap();
    {
        let mut word = Word("a".to_owned());
        let mut run = Box::pin(host.run(&mut word, async |_| Ok(String::new())));
        assert!(support::poll_once(&mut run).await.is_none());
        assert_eq!(lines(&host).last().unwrap(), "fake-lexicon Lexicon::meaning: running");
    }
    assert_eq!(
        lines(&host)[2..],
        ["translator translate: dropped", "fake-lexicon Lexicon::meaning: dropped"]
    );
    host.stop().await;
}

#[tokio::test]
async fn events_are_heard_from_when_a_test_listens() {
    let host = host().await;
    say(&host, "early").await.unwrap();
    let (mut heard, moves) = (host.events::<LookedUp>(), host.events::<PluginMoved>());
    say(&host, "a").await.unwrap();
    say(&host, "b").await.unwrap();
    assert_eq!(*heard.next().await.unwrap(), LookedUp("a".to_owned()));
    assert_eq!(heard.all().await, [Arc::new(LookedUp("b".to_owned()))]);
    host.stop().await;
    let moves = moves.all().await;
    assert!(moves.iter().any(|moved| moved.plugin == "translator" && moved.to == PluginState::Unloaded));
}

#[tokio::test]
async fn a_fault_strikes_in_the_calls_it_is_planned_for() {
    let host = host().await;
    let outcomes = async |calls: usize| {
        let mut all = String::new();
        for _ in 0..calls {
            all.push(if say(&host, "a").await.is_ok() { '.' } else { '!' });
        }
        all
    };
    host.fault("translator", "translate", Fault::panic());
    assert_eq!(outcomes(3).await, "!..");
    host.fault("translator", "translate", Fault::panic().at(3));
    assert_eq!(outcomes(4).await, "..!.");
    host.fault("translator", "translate", Fault::error(|| PluginError::new("no")).every(2));
    assert_eq!(outcomes(5).await, ".!.!.");
    host.heal("translator");
    host.fault("translator", "enclose", Fault::panic().always());
    assert_eq!(outcomes(2).await, "!!");
    host.heal("translator");
    assert_eq!(outcomes(2).await, "..");
    host.stop().await;
}

#[tokio::test]
async fn a_panic_on_demand_is_the_plugins_own() {
    let host = host().await;
    for (what, kind) in [("translate", "hook"), ("enclose", "hook"), ("finish", "hook")] {
        host.fault("translator", what, Fault::panic());
        let error = say(&host, "a").await.unwrap_err().to_string();
        assert!(error.contains(&format!("plugin `translator`: its `{what}` panicked")), "{kind} {error}");
    }
    host.fault("translator", "watch", Fault::panic());
    assert!(say(&host, "a").await.is_ok(), "an observer changes nothing");
    host.fault("translator", "watch", Fault::error(|| PluginError::new("no")));
    assert!(say(&host, "a").await.is_ok());
    host.fault("fake-lexicon", "Lexicon::size", Fault::panic());
    let error = host.run_sync(&mut Count(1), |count| Ok(count.0)).unwrap_err().to_string();
    assert!(error.contains("plugin `fake-lexicon`: its `Lexicon::size` panicked"), "{error}");
    host.fault("translator", "ask", Fault::panic());
    let error = host.command("translator", "ask", json!("a")).await.unwrap_err().to_string();
    assert!(error.contains("`translator ask` panicked"), "{error}");
    assert_eq!(lines(&host).iter().filter(|line| line.ends_with("panicked")).count(), 6);
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_delay_runs_into_the_plugins_deadline() {
    let host = setup().settings("timeout: 100ms").start().await.unwrap();
    for what in ["translate", "enclose", "finish"] {
        host.fault("translator", what, Fault::delay(Duration::from_millis(50)));
        assert!(say(&host, "a").await.is_ok(), "{what} is slow, and in time");
        host.fault("translator", what, Fault::delay(Duration::from_secs(60)));
        let error = say(&host, "a").await.unwrap_err().to_string();
        let expected =
            CallError::TimedOut { plugin: "translator", hook: what, limit: Duration::from_millis(100) };
        assert_eq!(error, PluginError::from(expected).to_string());
        assert_eq!(host.calls().iter().rfind(|call| call.what == what).unwrap().ended, Ended::Dropped);
    }
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_policies_see_faults_as_the_plugins_own() {
    let policies =
        "{ retry: { attempts: 3, backoff: 10ms }, breaker: { failures: 2, window: 30s, cooldown: 10s } }";
    let host = setup().settings(policies).start().await.unwrap();
    let busy = || PluginError::new("busy").retryable();
    host.fault("translator", "translate", Fault::error(busy));
    assert!(say(&host, "a").await.is_ok(), "it was tried again");
    host.fault("translator", "translate", Fault::error(|| PluginError::new("no").refusal()));
    assert!(say(&host, "a").await.unwrap_err().to_string().contains("no"));
    host.fault("translator", "finish", Fault::panic());
    assert!(say(&host, "a").await.is_err());
    let refused = say(&host, "a").await.unwrap_err().to_string();
    assert!(refused.contains("its circuit breaker is open"), "{refused}");
    host.stop().await;

    let host = setup().settings("on_error: skip").start().await.unwrap();
    host.fault("translator", "translate", Fault::panic());
    assert_eq!(say(&host, "a").await.unwrap(), "<a>.", "it is gone around");
    host.stop().await;
}

#[tokio::test]
async fn a_fault_may_strike_at_the_start() {
    let failing = setup().fault("translator", "init", Fault::error(|| PluginError::new("not today")));
    let host = failing.start().await.unwrap();
    assert_eq!(host.cause("translator").unwrap(), "not today");
    host.retry("translator").await.unwrap();
    assert_eq!(host.state("translator"), Some(PluginState::Active));
    host.stop().await;
}

#[tokio::test]
async fn a_fault_of_another_type_says_so() {
    let host = host().await;
    host.fault("translator", "translate", Fault::error(|| "text"));
    let error = say(&host, "a").await.unwrap_err().to_string();
    let says = "the fault on `translator translate` makes a `&str`, and that fails with a `plugin_core::error::PluginError`";
    assert!(error.contains(says), "{error}");
    host.stop().await;
}

#[tokio::test]
async fn a_fault_for_what_there_is_not_is_refused() {
    let host = host().await;
    let refused = |plugin: &str, what: &str| {
        let plan = std::panic::AssertUnwindSafe(|| host.fault(plugin, what, Fault::panic()));
        *std::panic::catch_unwind(plan).unwrap_err().downcast::<String>().unwrap()
    };
    assert_eq!(
        refused("translatro", "translate"),
        "no fault can be planned for `translatro`, which is not in this host; it has `fake-lexicon`, `translator`"
    );
    assert!(refused("translator", "translat").contains("`translate`, `enclose`, `finish`, `watch`"));
    assert!(refused("fake-lexicon", "Lexicon::sizes").contains("`a method of Lexicon`"));
    host.stop().await;
}

#[tokio::test]
async fn a_host_may_be_made_twice_and_shares_only_its_fakes() {
    let setup = setup();
    let (one, two) = (setup.clone().start().await.unwrap(), setup.start().await.unwrap());
    one.fault("translator", "translate", Fault::panic());
    assert!(say(&two, "a").await.is_ok());
    assert_eq!((one.calls().len(), two.provider::<dyn Lexicon>().unwrap().size().unwrap()), (2, 1));
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn a_chain_that_is_first_run_late_follows_the_plugin_from_then_on() {
    let host = host().await;
    host.pause("translator").await.unwrap();
    assert_eq!(say(&host, "a").await.unwrap(), "a");
    host.resume("translator").await.unwrap();
    assert_eq!(say(&host, "a").await.unwrap(), "<a a>.");
    let chain = host.chain::<Word>().clone();
    assert_eq!(chain.run(&mut Word("b".to_owned()), async |_| Ok(String::new())).await.unwrap(), "<>.");
    host.stop().await;
}

#[tokio::test]
async fn what_is_logged_meanwhile_is_kept() {
    let seen = Mutex::new(0);
    let (log, ()) = Log::of(async {
        let host = host().await;
        *seen.lock().unwrap() = host.calls().len();
        host.stop().await;
    })
    .await;
    let moves = log.of_target("plugboard::audit");
    assert!(moves.iter().any(|line| line.field("to") == Some("active") && line.message == "plugin moved"));
    assert!(log.contains("started") && *seen.lock().unwrap() == 2);
}
