//! The policies of a plugin's guard: what may be written, where the defaults come from, and each mistake in words.

use std::num::NonZeroU32;
use std::time::Duration;

use super::super::{Mistake, default_file, schema};
use super::*;
use crate::guard::{Breaker, OnError, Per, Policy, RateLimit, Retry};

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn policy(keys: &str) -> Policy {
    loaded(&yaml(&format!("plugins: {{ audit: {{ {keys} }} }}"))).plugin("audit").policy
}

fn wrong(keys: &str) -> ConfigError {
    let error = mistake(&yaml(&format!("plugins: {{ audit: {{ {keys} }} }}")));
    println!("{error}");
    error
}

/// What a mistake says, as `expected … help: …`.
fn told(keys: &str) -> String {
    let error = wrong(keys);
    let help = match (&error.nearest, &error.hint) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, hint) => hint.clone().unwrap_or_default(),
    };
    format!(
        "{}: {} / {} / {help}",
        error.key.trim_start_matches("plugins.audit."),
        error.expected,
        error.found
    )
}

#[test]
fn every_policy_is_read_as_it_is_written() {
    let all = "on_error: skip, timeout: 200ms, retry: { attempts: 2, backoff: 10ms }, rate_limit: 600/min, \
               max_concurrent: 64, breaker: { failures: 5, window: 30s, cooldown: 10s }";
    let expected = Policy::new()
        .on_error(OnError::Skip)
        .timeout(Duration::from_millis(200))
        .retry(Retry::new(number(2), Duration::from_millis(10)))
        .rate_limit(RateLimit::new("600/min".parse().unwrap()))
        .max_concurrent(number(64))
        .breaker(Breaker::new(number(5), Duration::from_secs(30), Duration::from_secs(10)));
    assert_eq!(policy(all), expected);
    let keyed = policy("rate_limit: { rate: 5 / s, burst: 20, per: caller }").rate_limit.unwrap();
    assert_eq!(
        (keyed.rate.to_string().as_str(), keyed.burst, keyed.per),
        ("5/s", Some(number(20)), Per::Caller)
    );
    assert_eq!(policy("retry: { attempts: 3 }").retry.unwrap().backoff, Duration::from_millis(10));
    assert_eq!(policy("breaker: { failures: 3 }").breaker.unwrap().cooldown, Duration::from_secs(10));
    assert_eq!(policy(""), Policy::new());
}

#[test]
fn what_is_written_back_is_read_again() {
    for keys in [
        "rate_limit: 10/h",
        "rate_limit: { rate: 10/h, per: caller }",
        "timeout: 1m30s, on_error: skip, breaker: { failures: 1 }, retry: { attempts: 9 }, max_concurrent: 1",
    ] {
        let policy = policy(keys);
        let written = serde_json::to_value(policy).unwrap();
        assert_eq!(serde_json::from_value::<Policy>(written).unwrap(), policy, "{keys}");
    }
}

#[test]
fn a_mistake_in_a_policy_names_the_key_what_is_expected_and_the_remedy() {
    let remove = "correct it, or remove the key";
    let period = "a length of time above zero such as `1s`, `200ms` or `1h30m`";
    let rate = "a rate such as `600/min`, per `s`, `min` or `h`";
    let expected = [
        ("on_error: skp", "on_error: one of `fail` or `skip` / the text \"skp\" / did you mean `skip`?".to_owned()),
        ("timeout: 0s", format!("timeout: {period} or nothing (null) / the text \"0s\" / {remove}")),
        ("timeout: 5", format!("timeout: {period} or nothing (null) / the number 5 / add the unit: `5s`")),
        ("max_concurrent: 0", format!("max_concurrent: a whole number of at least 1 or nothing (null) / the number 0 / {remove}")),
        ("retry: { attempts: 0 }", format!("retry.attempts: a whole number of at least 1 / the number 0 / {remove}")),
        ("retry: { backoff: 1s }", "retry.attempts: a whole number of at least 1 / no such key / add the key; it has no default".to_owned()),
        ("breaker: { failures: 10001 }", format!("breaker.failures: a whole number from 1 to 10000 / the number 10001 / {remove}")),
        ("breaker: { failures: 1, cooldown: 0ms }", format!("breaker.cooldown: {period} / the text \"0ms\" / {remove}")),
        ("breaker: { failures: 1, colldown: 1s }", "breaker.colldown: one of the keys `failures`, `window` or `cooldown` / `colldown` / did you mean `cooldown`?".to_owned()),
        ("rate_limit: 600/fortnight", format!("rate_limit: {rate} / the text \"600/fortnight\" / {remove}")),
        ("rate_limit: 0/s", format!("rate_limit: {rate} / the text \"0/s\" / {remove}")),
        ("rate_limit: 600", format!("rate_limit: {rate}, or a map with the keys `rate`, `burst` and `per` / the number 600 / say in what time: `600/min`")),
        ("rate_limit: { rate: 1/s, per: user }", "rate_limit.per: one of `plugin` or `caller` / the text \"user\" / ".to_owned() + remove),
        ("rate_limit: { rate: 1/s, brust: 2 }", "rate_limit.brust: one of the keys `rate`, `burst` or `per` / `brust` / did you mean `burst`?".to_owned()),
    ];
    for (keys, expected) in expected {
        assert_eq!(told(keys), expected, "{keys}");
    }
    assert_eq!(wrong("timout: 1s").nearest.as_deref(), Some("timeout"));
    assert_eq!(wrong("config: { timeout: 1s }").nearest.as_deref(), Some("plugins.audit.timeout"));
    assert_eq!(wrong("rate_limit: 10/s, timeout: soon").kind, Mistake::Malformed);
}

#[test]
fn the_attribute_gives_the_defaults_and_null_takes_one_away() {
    let breaker = Breaker::new(number(5), Duration::from_secs(30), Duration::from_secs(10));
    let entry = Entry::of(Box::leak(Box::new(PluginDescriptor {
        policy: Policy::new().timeout(Duration::from_millis(200)).breaker(breaker).on_error(OnError::Skip),
        ..PluginDescriptor::stub("guarded")
    })));
    let entries = [entry, plugin("plain", None)];
    let settings = load(
        &yaml("plugins: { guarded: { timeout: null, breaker: { failures: 9 }, max_concurrent: 3 } }")
            .environment(vars([("PLUGIN__GUARDED__RATE_LIMIT", "5/s")])),
        &entries,
        &[],
    )
    .unwrap();
    let policy = settings.plugin("guarded").policy;
    assert_eq!(policy.timeout, None);
    assert_eq!(policy.breaker, Some(Breaker { failures: number(9), ..breaker }));
    assert_eq!((policy.on_error, policy.max_concurrent), (OnError::Skip, Some(number(3))));
    assert_eq!(policy.rate_limit.unwrap().rate.to_string(), "5/s");
    let shown = settings.show();
    let origin = |key: &str| shown.get(&format!("plugins.guarded.{key}")).unwrap().origin.to_string();
    assert_eq!(origin("breaker.failures"), "plugins.yaml:1");
    assert_eq!(origin("breaker.window"), origin("on_error"));
    assert_eq!(origin("rate_limit"), "environment variable PLUGIN__GUARDED__RATE_LIMIT");
    assert_eq!(settings.plugin("plain").policy, Policy::new(), "one plugin's defaults are no other's");

    let schema = schema(&entries, &[]);
    let default = |plugin: &str, key: &str| {
        schema["properties"]["plugins"]["properties"][plugin]["properties"][key]["default"].clone()
    };
    assert_eq!(default("guarded", "timeout"), "200ms");
    assert_eq!(default("guarded", "breaker")["failures"], 5);
    assert_eq!((default("plain", "timeout"), default("plain", "breaker")), (Value::Null, Value::Null));
    let file = default_file(&entries, &[]).unwrap();
    println!("{file}");
    assert!(file.contains("    timeout: 200ms\n") && file.contains("      cooldown: 10s\n"), "{file}");
    let read = load(&yaml(&file), &entries, &[]).unwrap();
    assert_eq!(read.plugin("guarded").policy.breaker, Some(breaker));
}
