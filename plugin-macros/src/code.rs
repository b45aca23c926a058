//! The codes of the rules that the macros enforce. A code names a rule, not a message; it has a page, and is never given again.

use std::fmt;

use quote::ToTokens;

/// Where the pages are. `plugin_core::graph` has the same for the rules of a composition.
const PAGES: &str = "docs/errors/";

/// A rule, by the number in its code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub(crate) enum Code {
    // A plugin's module, and the arguments of all attributes.
    /// An argument is `key`, `key = value` or `key(value, …)`.
    Arguments = 101,
    /// An attribute knows its own keys only.
    UnknownKey = 102,
    /// What is said once is not said again.
    Twice = 103,
    /// A key takes a value of its own form.
    ValueKind = 104,
    /// A number stands in its range.
    NumberRange = 105,
    /// A length of time and a rate have a unit.
    Period = 106,
    /// Some values are one of a few texts.
    Choice = 107,
    /// A policy has the part that it cannot do without.
    PolicyPart = 108,
    /// `#[plugin]` stands on a module.
    NoModule = 109,
    /// `#[plugin]` sees the body of its module.
    NoBody = 110,
    /// A module is one plugin.
    SecondPlugin = 111,
    /// A helper attribute stands directly inside a `#[plugin]` module.
    Outside = 112,
    /// Each helper attribute stands on its own sort of item.
    WrongItem = 113,
    /// An item has one helper attribute at most.
    TwoHelpers = 114,
    /// A helper attribute does not hide in `cfg_attr`.
    Hidden = 115,
    /// A name has lower case letters, digits and single hyphens.
    Name = 116,
    /// Versions and requirements are written as in Cargo.toml.
    Version = 117,
    /// A plugin does not require or exclude itself, nor both require and exclude another.
    Contradiction = 118,
    /// There are four stages.
    Stage = 119,
    /// A permission is one of eight, and names what it is for.
    Permission = 120,
    /// What the framework calls is a plain function.
    PlainFunction = 121,
    /// Some things a plugin has once.
    Once = 122,
    /// A function takes the plugin's state first, then what its helper gives.
    Parameters = 123,
    /// A plugin states a version of the plugin API that there is.
    ApiVersion = 124,
    /// A plugin has no form that is older than the plugin API which it states.
    OldForm = 125,

    // State, `#[init]` and `#[config]`.
    /// `#[init]` returns the state.
    InitReturnsState = 201,
    /// The state is a type of the plugin's own.
    ForeignState = 202,
    /// `#[init]` takes what the framework can give.
    Injected = 203,
    /// Some `#[init]` is left in every configuration.
    NoInitLeft = 205,
    /// A config is a struct with named fields and no parameters.
    ConfigShape = 207,
    /// What a config is made of is a config type too.
    NestedConfig = 208,
    /// Each field of a config has one default.
    ConfigDefault = 209,

    // Hooks.
    /// There are six kinds of hooks.
    UnknownKind = 301,
    /// `#[hook]` names its kind first.
    KindFirst = 302,
    /// A hook takes the parameters of its kind.
    HookParameters = 303,
    /// Only a hook that can be called again is idempotent.
    IdempotentHook = 305,

    // Hook points.
    /// A hook point has no generic parameters.
    GenericPoint = 402,

    // Capabilities.
    /// `#[capability]` stands on a trait, or on the impl of one.
    CapabilityItem = 501,
    /// A capability can be called as `dyn`.
    CapabilityDyn = 502,
    /// A capability has no supertraits with methods.
    Supertrait = 503,
    /// A capability's methods are safe and take `&self`.
    SharedMethod = 504,
    /// A capability's methods return a `Result`.
    FallibleMethod = 505,
    /// A capability's methods return what they do not borrow.
    BorrowedOutput = 506,
    /// Only what can be called again is `#[idempotent]`.
    IdempotentMethod = 507,
    /// A plugin offers capabilities for its state.
    OfferedForState = 509,
    /// The attributes of an offer are plain values.
    OfferAttribute = 510,

    // Events.
    /// An event has no generic parameters.
    GenericEvent = 602,
    /// A topic is a word.
    Topic = 603,
    /// `historic` keeps the last event, or the last one of each key.
    Historic = 604,
    /// A request is neither kept nor carried.
    RequestKept = 605,
    /// Subscribers see an event, and do not change it.
    EventLent = 608,

    // Tasks, commands, health, and the state that outlives a reload.
    /// A task is an `async fn` of `Arc<State>` and `Shutdown`.
    TaskShape = 701,
    /// The limits of restarts agree.
    RestartLimits = 703,
    /// A command and a snapshot return what they found.
    Found = 704,
    /// `#[health]` returns `Health`.
    HealthReturn = 706,
    /// What is restored was written by a `#[snapshot]`.
    RestoreAlone = 707,

    // The manager and the list of plugins.
    /// A manager is a struct with named fields and no parameters.
    ManagerShape = 801,
    /// A line of `plugins!` is a feature and a path.
    ListLine = 803,
}

impl Code {
    /// A message: the rule with its code, the remedy, and where more is said.
    pub(crate) fn message(self, rule: impl fmt::Display, remedy: impl fmt::Display) -> String {
        format!("{rule} [{self}]\n  help: {remedy}\n  see: {PAGES}{self}.md")
    }

    /// An error at `tokens`.
    pub(crate) fn at(
        self,
        tokens: impl ToTokens,
        rule: impl fmt::Display,
        remedy: impl fmt::Display,
    ) -> syn::Error {
        syn::Error::new_spanned(tokens, self.message(rule, remedy))
    }
}

/// Whether what was found while reading has a code already: its message is one of ours.
pub(crate) fn is_told(error: &syn::Error) -> bool {
    error.to_string().contains("\n  see: ")
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PB{:04}", *self as u16)
    }
}
