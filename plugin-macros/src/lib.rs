//! The attribute and derive macros of `plugin-core`, which re-exports and documents them. This file only dispatches.

mod api;
mod args;
mod capability;
mod code;
mod ctxt;
mod debug;
mod event;
mod expand;
mod habit;
mod helpers;
mod hook_point;
mod list;
mod manager;
mod period;
mod plugin;
mod symbol;
mod types;

use proc_macro::TokenStream;

/// Makes a module a plugin.
///
/// ```text
/// #[plugin(stage = Middleware, requires("tokenizer >=1.0"), conflicts("legacy-filter"), tags("safety"))]
/// pub mod content_filter { … }
/// ```
///
/// Keys: `name`, `version`, `api` (the version of the plugin API that it is written for, `"0.2"`), `stage` (`Infrastructure`, `Security`,
/// `Middleware`, `Business`), `enabled`, `required`, `tags`, `requires`, `conflicts`, `permissions`, `crate`. Inside the module: `#[config]`,
/// `#[init]`, `#[hook]`, `#[capability]`, `#[subscribe]`, `#[task]`, `#[command]`, `#[health]`, `#[shutdown]`, `#[snapshot]`, `#[restore]`.
///
/// All that is wrong in the module is told at once, each at its own token. Forms that were deprecated warn there too, or are errors where `api`
/// states a version that is past them.
///
/// `PLUGIN_MACROS_DEBUG=content-filter cargo check` writes what this makes of the module to a file and says where it is.
#[proc_macro_attribute]
pub fn plugin(args: TokenStream, item: TokenStream) -> TokenStream {
    debug::traced("plugin", args, item, plugin::expand)
}

/// On a trait: declares a capability that plugins can offer. On an `impl` inside a `#[plugin]` module: offers it.
/// On an `impl` elsewhere: lets a type that is no plugin, a test's for example, implement such a trait.
///
/// On a trait it takes `version = "1.1"`, the version of the contract, and `classify = path`, a function from `&E` to `ErrorClass`
/// that says what the methods' errors mean to the guard; without it they are refusals. In a plugin it takes any keys that others
/// may ask for: `#[capability(models = ["a"], streaming)]`.
///
/// The methods of such a trait `T` take `&self` and return `Result<_, E>` where `E: From<CallError>`. The attribute adds a struct
/// `TProxy`, what `Provider<dyn T>` dereferences to: the same methods, each of which calls the plugin under its guard.
#[proc_macro_attribute]
pub fn capability(args: TokenStream, item: TokenStream) -> TokenStream {
    debug::traced("capability", args, item, capability::expand)
}

/// Makes a struct the input of a hook point: `#[hook_point(output = Reply, error = ChatError)]`, with `sync` where hooks
/// must never await.
#[proc_macro_derive(HookPoint, attributes(hook_point))]
pub fn hook_point(item: TokenStream) -> TokenStream {
    debug::traced("HookPoint", TokenStream::new(), item, |_, item| hook_point::expand(item.clone()))
}

/// Makes a type an event: what is published on the bus, and to whom it goes, is told by the type.
///
/// ```text
/// #[derive(Event)]
/// #[event(topic = "chat.reply-sent", carried)]
/// pub struct ReplySent { … }
/// ```
///
/// Keys: `topic`, the name among processes (the type's path, if it is not given); `historic`, which keeps the last event for late
/// subscribers, or `historic(key = field)`, the last one of each value of the field; `carried`, which lets a `MessageBus` take it
/// to other processes; `reply = T`, which makes it a request that one subscriber answers; `crate`.
#[proc_macro_derive(Event, attributes(event))]
pub fn event(item: TokenStream) -> TokenStream {
    debug::traced("Event", TokenStream::new(), item, |_, item| event::expand(item.clone()))
}

/// Makes a struct of chains and providers the manager of an app. It checks the list `PLUGINS` of its scope, or the one that
/// `#[manager(plugins = …)]` names.
#[proc_macro_derive(PluginManager, attributes(manager))]
pub fn plugin_manager(item: TokenStream) -> TokenStream {
    debug::traced("PluginManager", TokenStream::new(), item, |_, item| manager::expand(item.clone()))
}

/// Lists all plugins that an app may contain; the Cargo features decide which it does contain.
///
/// ```text
/// plugins! {
///     "memory"         => plugin_memory,
///     "storage-sqlite" => plugin_storage_sqlite: Storage,   // what it provides, so that an error can name the feature
/// }
/// ```
///
/// Defines `pub const PLUGINS: PluginSet` and checks it.
#[proc_macro]
pub fn plugins(items: TokenStream) -> TokenStream {
    debug::traced("plugins", TokenStream::new(), items, |_, items| list::expand(items.clone()))
}

/// Says of an `async` method in a `#[capability]` trait that calling it again does no harm: a call that failed for now, or ran out of
/// time, is then tried again where the `retry` of the plugin's policy says so.
///
/// Each try is given the same arguments: by reference, or a clone of what is taken by value; `&mut` is refused.
#[proc_macro_attribute]
pub fn idempotent(_args: TokenStream, item: TokenStream) -> TokenStream {
    helpers::idempotent(&item.into()).into()
}

macro_rules! helper {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[proc_macro_attribute]
        pub fn $name(_args: TokenStream, item: TokenStream) -> TokenStream {
            helpers::outside(stringify!($name), &item.into()).into()
        }
    )* };
}

helper! {
    /// The plugin's config type: typed, defaulted, unknown keys refused, with a JSON Schema. Only inside a `#[plugin]` module.
    ///
    /// Fields take `#[config(default = …)]`; `#[config(nested)]` marks further types that the config is made of.
    config
    /// Makes the plugin's state; its parameters are the plugin's dependencies. Only inside a `#[plugin]` module.
    init
    /// A hook: `#[hook(before)]`, `around`, `replace`, `after`, `rescue` or `observe`, with `before("other")`,
    /// `after("other")` and `priority = 5` to order it. `idempotent` lets the guard call it again after a failure that may pass, as the
    /// plugin's `retry` says. Only inside a `#[plugin]` module.
    hook
    /// Listens to an event, the type of the second parameter, or answers it if it is a request. Only inside a `#[plugin]` module.
    ///
    /// `overflow = "block"`, `"drop-oldest"` (the default) or `"drop-newest"` says what its queue does when `capacity = 64` events wait.
    subscribe
    /// Background work, `#[task(restart = "on-failure", max_restarts = 5, window = "60s", backoff = "100ms", max_backoff = "30s")]`.
    /// Only inside a `#[plugin]` module.
    ///
    /// `restart` is `"always"`, `"on-failure"` (the default) or `"never"`. More than `max_restarts` restarts within `window` fail the plugin.
    /// The wait before a restart begins at `backoff`, doubles with each failure in a row up to `max_backoff`, and is stretched at
    /// random. The config's `supervision` stands over these; the values shown are the ones that hold where neither says anything.
    task
    /// A command that the host may offer on its command line. Only inside a `#[plugin]` module.
    command
    /// Tells the plugin's health, `#[health(interval = "10s", timeout = "2s", failures = 3, successes = 1, pause)]`. Only inside a
    /// `#[plugin]` module.
    ///
    /// With `interval` it is asked at intervals: after `failures` unhealthy answers in a row the plugin is unfit, and after `successes`
    /// others fit again; with `pause` it is paused meanwhile. No answer within `timeout`, asked twice, is an unhealthy one. The config's
    /// `health` stands over these; the values shown, but for `interval` and `pause`, are the ones that hold where neither says anything.
    health
    /// Called once before the plugin is dropped. Only inside a `#[plugin]` module.
    shutdown
    /// Writes what must outlive a reload. Only inside a `#[plugin]` module.
    snapshot
    /// Reads what an earlier instance wrote. Only inside a `#[plugin]` module.
    restore
}
