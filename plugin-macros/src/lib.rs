//! The attribute and derive macros of `plugin-core`, which re-exports and documents them. This file only dispatches.

mod args;
mod capability;
mod ctxt;
mod expand;
mod helpers;
mod hook_point;
mod list;
mod manager;
mod plugin;
mod symbol;

use proc_macro::TokenStream;

/// Makes a module a plugin.
///
/// ```text
/// #[plugin(stage = Middleware, requires("tokenizer >=1.0"), conflicts("legacy-filter"), tags("safety"))]
/// pub mod content_filter { … }
/// ```
///
/// Keys: `name`, `version`, `stage` (`Infrastructure`, `Security`, `Middleware`, `Business`), `enabled`, `required`, `tags`, `requires`,
/// `conflicts`, `crate`. Inside the module: `#[config]`, `#[init]`, `#[hook]`, `#[capability]`, `#[subscribe]`, `#[task]`,
/// `#[command]`, `#[health]`, `#[shutdown]`, `#[snapshot]`, `#[restore]`.
///
/// All that is wrong in the module is told at once, each at its own token.
#[proc_macro_attribute]
pub fn plugin(args: TokenStream, item: TokenStream) -> TokenStream {
    plugin::expand(args.into(), &item.into()).into()
}

/// On a trait: declares a capability that plugins can offer. On an `impl` inside a `#[plugin]` module: offers it.
/// On an `impl` elsewhere: lets a type that is no plugin, a test's for example, implement such a trait.
///
/// On a trait it takes `version = "1.1"`, the version of the contract; in a plugin any keys that others may ask for:
/// `#[capability(models = ["a"], streaming)]`.
#[proc_macro_attribute]
pub fn capability(args: TokenStream, item: TokenStream) -> TokenStream {
    capability::expand(args.into(), &item.into()).into()
}

/// Makes a struct the input of a hook point: `#[hook_point(output = Reply, error = ChatError)]`, with `sync` where hooks
/// must never await.
#[proc_macro_derive(HookPoint, attributes(hook_point))]
pub fn hook_point(item: TokenStream) -> TokenStream {
    hook_point::expand(item.into()).into()
}

/// Makes a struct of chains and providers the manager of an app. It checks the list `PLUGINS` of its scope, or the one that
/// `#[manager(plugins = …)]` names.
#[proc_macro_derive(PluginManager, attributes(manager))]
pub fn plugin_manager(item: TokenStream) -> TokenStream {
    manager::expand(item.into()).into()
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
    list::expand(items.into()).into()
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
    /// Listens to an event, the type of the second parameter. Only inside a `#[plugin]` module.
    subscribe
    /// Background work, `#[task(restart = "on-failure")]`. Only inside a `#[plugin]` module.
    task
    /// A command that the host may offer on its command line. Only inside a `#[plugin]` module.
    command
    /// Tells the plugin's health. Only inside a `#[plugin]` module.
    health
    /// Called once before the plugin is dropped. Only inside a `#[plugin]` module.
    shutdown
    /// Writes what must outlive a reload. Only inside a `#[plugin]` module.
    snapshot
    /// Reads what an earlier instance wrote. Only inside a `#[plugin]` module.
    restore
}
