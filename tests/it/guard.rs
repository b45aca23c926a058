//! What a plugin and a hook point tell the guard: policies in the attribute, classes of errors.

use plugin_core::guard::Policy;
use plugin_core::prelude::*;
use plugin_core::{CallError, ErrorClass, HookPoint, Plugin};

#[plugin(
    on_error = "skip",
    timeout = "1h 30m",
    retry(attempts = 2),
    rate_limit(rate = "600 / minute", burst = 20, per = "caller"),
    max_concurrent = 64,
    breaker(failures = 5, cooldown = "1.5s")
)]
mod guarded {
    pub(super) struct Guarded;

    #[init]
    fn init() -> Guarded {
        Guarded
    }
}

#[plugin(rate_limit = "5/s")]
mod limited {
    pub(super) struct Limited;

    #[init]
    fn init() -> Limited {
        Limited
    }
}

#[plugin]
mod plain {
    pub(super) struct Plain;

    #[init]
    fn init() -> Plain {
        Plain
    }
}

fn written(policy: serde_json::Value) -> Policy {
    serde_json::from_value(policy).unwrap()
}

#[test]
fn the_attribute_and_the_config_say_the_same_in_the_same_words() {
    let config = serde_json::json!({
        "on_error": "skip",
        "timeout": "1h 30m",
        "retry": { "attempts": 2 },
        "rate_limit": { "rate": "600 / minute", "burst": 20, "per": "caller" },
        "max_concurrent": 64,
        "breaker": { "failures": 5, "cooldown": "1.5s" },
    });
    assert_eq!(guarded::Guarded::DESCRIPTOR.policy, written(config));
    assert_eq!(limited::Limited::DESCRIPTOR.policy, written(serde_json::json!({ "rate_limit": "5/s" })));
    assert_eq!(plain::Plain::DESCRIPTOR.policy, Policy::new());
}

#[derive(HookPoint)]
struct Job;

#[derive(HookPoint)]
#[hook_point(error = Unclassified)]
struct Told;

#[derive(HookPoint)]
#[hook_point(error = Classified, classify = Classified::class)]
struct Judged;

struct Unclassified;

impl From<CallError> for Unclassified {
    fn from(_: CallError) -> Self {
        Self
    }
}

#[derive(Clone, Copy)]
enum Classified {
    Refused,
    Broken,
}

impl Classified {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Refused => ErrorClass::Refusal,
            Self::Broken => ErrorClass::Fault,
        }
    }
}

impl From<CallError> for Classified {
    fn from(_: CallError) -> Self {
        Self::Broken
    }
}

#[test]
fn an_error_is_what_its_point_says_and_one_of_which_nobody_says_anything_is_meant() {
    assert_eq!(Told::classify(&Unclassified), ErrorClass::Refusal);
    assert_eq!(Judged::classify(&Classified::Refused), ErrorClass::Refusal);
    assert_eq!(Judged::classify(&Classified::Broken), ErrorClass::Fault);
}

#[test]
fn a_plugin_error_is_a_fault_unless_it_says_otherwise() {
    let error = || PluginError::new("no");
    assert_eq!(Job::classify(&error()), ErrorClass::Fault);
    assert_eq!(Job::classify(&error().refusal()), ErrorClass::Refusal);
    assert_eq!(Job::classify(&error().retryable()), ErrorClass::Transient);
    assert_eq!(Job::classify(&std::io::Error::other("broken").into()), ErrorClass::Fault);
    assert!(error().retryable().is_retryable() && !error().refusal().is_retryable());
}
