//! What a plugin is, as one const value: metadata, dependencies, and how to call it.

use std::any::Any;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::api::ApiVersion;
use crate::capability::{CapabilityId, Target};
use crate::error::PluginError;
use crate::event::{SubscribeContext, Subscription, TopicId};
use crate::guard::Policy;
use crate::hook::{HookKind, PointId};
use crate::id::{Id, Location};
use crate::inject::{InitContext, Need};
use crate::observe::{Health, Monitoring};
use crate::supervise::{Restart, Shutdown, Supervision};
use crate::version::{Version, VersionReq};

/// A plugin's state with its type erased; each descriptor's functions know the type.
pub type State = Arc<dyn Any + Send + Sync>;

/// What a plugin's function yields once it has run.
pub type Pending<T> = BoxFuture<'static, Result<T, PluginError>>;

/// Makes a plugin's state.
pub type InitFn = fn(InitContext) -> Pending<State>;
/// Asks for a plugin's health.
pub type HealthFn = fn(State) -> BoxFuture<'static, Health>;
/// Called once before a state is dropped.
pub type ShutdownFn = fn(State) -> Pending<()>;
/// Writes what must outlive a reload.
pub type SnapshotFn = fn(State) -> Pending<Value>;
/// Reads what an earlier instance wrote.
pub type RestoreFn = fn(State, Value) -> Pending<()>;

/// All that is known of a plugin before it runs. `#[plugin]` writes it as a const.
#[derive(Debug)]
pub struct PluginDescriptor {
    /// The plugin's name, kebab-case, unique in a build.
    pub name: &'static str,
    /// The hash of [`name`](Self::name).
    pub id: Id,
    /// The version of its crate, unless the attribute says otherwise.
    pub version: Version,
    /// The version of the plugin API that it says it was written for. Without one it is [`ApiVersion::CURRENT`] of its build.
    pub api: Option<ApiVersion>,
    /// The doc comment of the module.
    pub description: &'static str,
    /// The authors, as in its Cargo.toml, separated by `:`.
    pub authors: &'static str,
    /// The licence, as in its Cargo.toml.
    pub license: &'static str,
    /// The package that holds it.
    pub package: &'static str,
    /// Where its module stands.
    pub location: Location,
    /// Where its hooks stand by default.
    pub stage: Stage,
    /// Whether it is enabled when the config says nothing.
    pub enabled: bool,
    /// Whether nothing starts when it cannot, when the config says nothing. A guard that fails open is none.
    pub required: bool,
    /// What its guard asks of each call into it, where the config says nothing else.
    pub policy: Policy,
    /// Words to find it by.
    pub tags: &'static [&'static str],
    /// Plugins that must be there.
    pub requires: &'static [Requirement],
    /// Plugins that must not be enabled beside it.
    pub conflicts: &'static [Anchor],
    /// What its source may touch, as it declares; `cargo xtask audit` compares it with the source. Nothing enforces it at
    /// run time.
    pub permissions: &'static [Permission],
    /// What its `#[init]` asks for.
    pub dependencies: &'static [Dependency],
    /// Its hooks, in the order of the source.
    pub hooks: &'static [HookDescriptor],
    /// What it offers to others.
    pub capabilities: &'static [CapabilityDescriptor],
    /// The events it listens to.
    pub subscriptions: &'static [SubscriptionDescriptor],
    /// Its background work.
    pub tasks: &'static [TaskDescriptor],
    /// Its commands.
    pub commands: &'static [CommandDescriptor],
    /// Its config type; `None` where it has none.
    pub config: Option<ConfigDescriptor>,
    /// Makes the state.
    pub init: InitFn,
    /// How to ask for its health.
    pub health: Option<HealthDescriptor>,
    /// Called once before the state is dropped.
    pub shutdown: Option<ShutdownFn>,
    /// Writes what must outlive a reload.
    pub snapshot: Option<SnapshotFn>,
    /// Reads what an earlier instance wrote.
    pub restore: Option<RestoreFn>,
}

/// Where a plugin's hooks stand when nothing more exact is said: lower numbers run first (and, after the core, last).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[repr(u8)]
pub enum Stage {
    /// Logging, tracing, metrics: 10.
    Infrastructure = 10,
    /// Authentication, authorization, limits: 20.
    Security = 20,
    /// Filters, caches, translation: 30. The default.
    Middleware = 30,
    /// What the application is for: 40.
    Business = 40,
}

/// Another plugin by name, and where it was named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The other plugin's name.
    pub name: &'static str,
    /// Its hash.
    pub id: Id,
    /// Where this was written.
    pub location: Location,
}

/// A plugin that must be there, in a version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// Which plugin.
    pub plugin: Anchor,
    /// Which versions of it.
    pub version: VersionReq,
}

/// What a plugin's source may touch, `#[plugin(permissions(fs("./data"), process))]`. `"*"` stands for any.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// `fs("./data")`: files in this folder, or this file.
    Fs(&'static str),
    /// `net("api.openai.com:443")`: connections to this host and port, or listening there.
    Net(&'static str),
    /// `env("OPENAI_API_KEY")`: this variable of the environment.
    Env(&'static str),
    /// `process`: to start other programs, or to end this one.
    Process,
    /// `unsafe_code`: code that rustc does not check.
    UnsafeCode,
    /// `ffi`: functions of other languages, called or offered.
    Ffi,
    /// `build_script`: a program that runs while the plugin is built.
    BuildScript,
    /// `unseen("paste")`: code that an audit cannot read, from this macro or dependency.
    Unseen(&'static str),
}

impl std::fmt::Display for Permission {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fs(path) => write!(out, "fs({path:?})"),
            Self::Net(address) => write!(out, "net({address:?})"),
            Self::Env(name) => write!(out, "env({name:?})"),
            Self::Process => out.write_str("process"),
            Self::UnsafeCode => out.write_str("unsafe_code"),
            Self::Ffi => out.write_str("ffi"),
            Self::BuildScript => out.write_str("build_script"),
            Self::Unseen(name) => write!(out, "unseen({name:?})"),
        }
    }
}

/// One parameter of `#[init]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// What is asked for.
    pub need: Need,
    /// Where the parameter stands.
    pub location: Location,
}

/// One hook.
#[derive(Debug)]
pub struct HookDescriptor {
    /// The point it hooks.
    pub point: PointId,
    /// How it takes part.
    pub kind: HookKind,
    /// The function's name.
    pub name: &'static str,
    /// Where the function stands.
    pub location: Location,
    /// Orders hooks that stage and edges leave open; lower runs first.
    pub priority: i32,
    /// Whether a call of it that failed may be made again.
    pub idempotent: bool,
    /// Whether it may change what others see. A `before` hook that takes the input as `&In` may not, nor may an observer.
    pub changes: bool,
    /// Plugins whose hooks of this point and kind run later.
    pub before: &'static [Anchor],
    /// Plugins whose hooks of this point and kind run earlier.
    pub after: &'static [Anchor],
    /// Joins the function with a state: yields a boxed `Handler<P>`.
    pub bind: fn(State) -> Result<Box<dyn Any + Send + Sync>, PluginError>,
}

/// One capability that a plugin offers.
#[derive(Debug)]
pub struct CapabilityDescriptor {
    /// Which capability.
    pub capability: CapabilityId,
    /// Where the impl stands.
    pub location: Location,
    /// What others may ask about it.
    pub attributes: &'static [Attribute],
    /// Yields the state as the capability.
    pub provide: fn(State) -> Result<Target, PluginError>,
}

/// A fact about an offered capability, `#[capability(models = ["a"], streaming)]`.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
pub struct Attribute {
    /// The key.
    pub key: &'static str,
    /// The value; a key alone is `true`.
    pub value: AttributeValue,
}

/// The value of an [`Attribute`].
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// `streaming`, `streaming = false`
    Bool(bool),
    /// `weight = 3`
    Int(i64),
    /// `family = "gpt"`
    Text(&'static str),
    /// `models = ["a", "b"]`
    List(&'static [&'static str]),
}

/// One event that a plugin listens to.
#[derive(Debug)]
pub struct SubscriptionDescriptor {
    /// The type's name.
    pub event: &'static str,
    /// The type's topic.
    pub topic: TopicId,
    /// The function's name.
    pub name: &'static str,
    /// Where the function stands.
    pub location: Location,
    /// Starts to listen. The returned guard ends it.
    pub attach: fn(State, &SubscribeContext) -> Result<Subscription, PluginError>,
}

/// One background task.
#[derive(Debug)]
pub struct TaskDescriptor {
    /// The function's name.
    pub name: &'static str,
    /// Where the function stands.
    pub location: Location,
    /// When it is started again.
    pub restart: Restart,
    /// How often, and after which wait, when the config says nothing.
    pub supervision: Supervision,
    /// Runs it once.
    pub run: fn(State, Shutdown) -> Pending<()>,
}

/// A plugin's `#[health]`.
#[derive(Clone, Copy, Debug)]
pub struct HealthDescriptor {
    /// How it is watched when the config says nothing.
    pub monitoring: Monitoring,
    /// Asks once.
    pub ask: HealthFn,
}

/// One command that a host may offer on its command line or to an administrator.
#[derive(Debug)]
pub struct CommandDescriptor {
    /// The function's name, kebab-case.
    pub name: &'static str,
    /// Its doc comment.
    pub description: &'static str,
    /// Where the function stands.
    pub location: Location,
    /// The JSON Schema of its arguments; `None` where it takes none.
    pub arguments: Option<fn() -> Value>,
    /// Runs it.
    pub run: fn(State, Value) -> Pending<Value>,
}

/// A config type.
#[derive(Debug)]
pub struct ConfigDescriptor {
    /// Where the type stands.
    pub location: Location,
    /// Its JSON Schema.
    pub schema: fn() -> Value,
    /// Its default, as JSON.
    pub default: fn() -> Result<Value, PluginError>,
}

/// Implemented by `#[plugin]` for the plugin's state type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the state of a plugin [PB0206]",
    label = "expected the state type of a `#[plugin]` module",
    note = "the state is what the module's `#[init]` returns",
    note = "see: docs/errors/PB0206.md"
)]
pub trait Plugin: Send + Sync + 'static {
    /// The plugin.
    const DESCRIPTOR: &'static PluginDescriptor;
}

/// What `plugins!` finds where there is no plugin.
#[doc(hidden)]
#[derive(Debug)]
pub struct NoPlugin<const N: usize>;

/// Implemented by `#[plugin]` for a marker beside the module, so that `plugins!` can name the crate or the module.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this is not a plugin: there is no `#[plugin]` module at its root [PB0804]",
    label = "not a plugin",
    note = "`plugins!` takes crates whose root holds a `#[plugin]` module, or the path of such a module",
    note = "see: docs/errors/PB0804.md"
)]
pub trait PluginCrate {
    /// The plugin.
    const DESCRIPTOR: &'static PluginDescriptor;
}

impl PluginDescriptor {
    /// What stands for a plugin that did not expand, so that only its own errors are told.
    #[doc(hidden)]
    #[must_use]
    pub const fn stub(name: &'static str) -> Self {
        Self {
            name,
            id: Id::of(name),
            version: Version::parse("0.0.0"),
            api: None,
            description: "",
            authors: "",
            license: "",
            package: "",
            location: Location { file: "", line: 0 },
            stage: Stage::Middleware,
            enabled: true,
            required: false,
            policy: Policy::new(),
            tags: &[],
            requires: &[],
            conflicts: &[],
            permissions: &[],
            dependencies: &[],
            hooks: &[],
            capabilities: &[],
            subscriptions: &[],
            tasks: &[],
            commands: &[],
            config: None,
            init: |_| crate::__private::init_missing(),
            health: None,
            shutdown: None,
            snapshot: None,
            restore: None,
        }
    }
}
