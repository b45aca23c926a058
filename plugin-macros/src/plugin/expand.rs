//! A plugin's module with its glue: the author's items as they were, then the descriptor and its registration.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, LitStr, Type};

use super::args::Requirement;
use super::config::Config;
use super::handlers;
use super::hooks;
use super::model::{Handler, Model};
use super::split::{Item, Kind, Module, Piece};
use crate::api::table::Version;
use crate::args::location;
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::expand::{Crate, allows};

pub(super) fn expand(module: &Module, model: &Model, ctxt: &Ctxt, krate: &Crate) -> TokenStream {
    let content = content(module, model, krate);
    let glue = glue(module, model, krate);
    let warnings = ctxt.api.warnings();
    wrap(module, &quote!(#content #glue #warnings), &TokenStream::new())
}

/// The module around `content`, and beside it the export by which `plugins!` finds the plugin from the crate's root.
pub(super) fn wrap(module: &Module, content: &TokenStream, allows: &TokenStream) -> TokenStream {
    let Module { attributes, visibility, ident, .. } = module;
    // It stands at the name, for messages on two plugins at one root, but comes from here, so that no lint is told about it.
    let export = quote_spanned! {Span::call_site().located_at(ident.span())=>
        #[doc(hidden)]
        #[allow(unused_imports, unreachable_pub)]
        pub use #ident::__plugboard::*;
    };
    // Inner attributes must stand first, and they do: the author's content comes before the glue.
    quote! {
        #(#attributes)*
        #allows
        #visibility mod #ident {
            #content
        }
        #export
    }
}

/// The author's items without helper attributes; config types with their derives, capability impls made to fit their trait.
pub(super) fn content(module: &Module, model: &Model, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let mut tokens = TokenStream::new();
    for piece in &module.pieces {
        match piece {
            Piece::Other(token) => tokens.extend([token.clone()]),
            Piece::Item(item) => tokens.extend(item_tokens(item, model, private, krate)),
        }
    }
    tokens
}

fn item_tokens(item: &Item, model: &Model, private: &TokenStream, krate: &Crate) -> TokenStream {
    let (attributes, tokens) = (&item.attributes, &item.tokens);
    match &item.kind {
        Kind::Type(input) => match model
            .configs
            .iter()
            .find(|config| config.input.ident == input.ident && same_cfgs(config, item))
        {
            Some(config) => config.expand(attributes, krate),
            None => quote!(#(#attributes)* #tokens),
        },
        Kind::Impl { .. } => quote!(#(#attributes)* #[#private::async_trait] #tokens),
        // Only where something is wrong: rustc tells it too, in better words than a stub could.
        Kind::Fn(signature) if signature.receiver().is_some() => TokenStream::new(),
        Kind::Gone => TokenStream::new(),
        Kind::Fn(_) | Kind::Wrong => quote!(#(#attributes)* #tokens),
    }
}

fn same_cfgs(config: &Config, item: &Item) -> bool {
    crate::expand::cfgs(&item.attributes) == config.cfgs
}

fn glue(module: &Module, model: &Model, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let root = &krate.root;
    let once = once(model);
    let state: Type = model.state.clone().unwrap_or_else(|| syn::parse_quote!(__PlugboardPlugin));
    let descriptor = descriptor(module, model, &state, krate);
    let config =
        model.configs.iter().filter(|config| !config.nested).map(|config| inject_config(config, private));
    let export = export();
    let allows = allows();
    // The header stands at the state's own token: rustc tells there what a state must be.
    let span = state.span();
    let there = krate.private_at(span);
    let plugin = quote_spanned! {span=>
        impl #there::Plugin for #state {
            const DESCRIPTOR: &'static #there::PluginDescriptor = __PLUGBOARD_DESCRIPTOR;
        }
    };
    quote! {
        #export
        #allows
        const _: () = {
            #(#once)*
            #(#config)*
            // Outside the impl for the state: in there, and wherever the impl is used, rustc would tell a second time what a state
            // must be, and suggest parameters for it.
            const __PLUGBOARD_DESCRIPTOR: &#private::PluginDescriptor = &#descriptor;
            #plugin
            impl #private::PluginCrate for __PlugboardPlugin {
                const DESCRIPTOR: &'static #private::PluginDescriptor = __PLUGBOARD_DESCRIPTOR;
            }
            #root::__register!(__PLUGBOARD_DESCRIPTOR);
        };
    }
}

/// The marker that `plugins!` looks for: an item of the module, so that a glob import of the outer scope cannot stand in
/// for it, and a module to import it from beside it.
pub(super) fn export() -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(unreachable_pub, missing_docs, missing_debug_implementations)]
        #[derive(Default)]
        pub struct __PlugboardPlugin;
        #[doc(hidden)]
        #[allow(unreachable_pub)]
        pub mod __plugboard {
            pub use super::__PlugboardPlugin;
        }
    }
}

/// What may stand once is counted after cfg.
fn once(model: &Model) -> Vec<TokenStream> {
    let check = |(helper, handlers): (&str, Vec<&Handler>)| {
        let last = handlers.last().filter(|_| handlers.len() > 1)?;
        let cfgs = handlers.iter().map(|handler| &handler.cfgs);
        let message = Code::Once.message(
            format_args!("a plugin has one `#[{helper}]`, and this configuration has several"),
            "make their `#[cfg(…)]` exclude each other",
        );
        Some(quote_spanned! {last.function.ident.span()=>
            const _: () = ::core::assert!([#(#(#cfgs)* (),)*].len() <= 1, #message);
        })
    };
    let mut checks: Vec<TokenStream> = model.singles().into_iter().filter_map(check).collect();
    let all = &model.inits;
    if let Some(first) = all.first().filter(|_| all.iter().all(|init| !init.cfgs.is_empty())) {
        let cfgs = all.iter().map(|init| &init.cfgs);
        let remedy = "let the `#[cfg(…)]`s of this plugin's `#[init]`s cover every one";
        let message = Code::NoInitLeft.message("no `#[init]` is left in this configuration", remedy);
        checks.push(quote_spanned! {first.function.ident.span()=>
            const LEFT: &[()] = &[#(#(#cfgs)* (),)*];
            const _: () = ::core::assert!(!LEFT.is_empty(), #message);
        });
    }
    checks
}

fn inject_config(config: &Config, private: &TokenStream) -> TokenStream {
    let (cfgs, name) = (&config.cfgs, &config.input.ident);
    quote! {
        #(#cfgs)*
        impl #private::Inject for #name {
            const NEED: #private::Need = #private::Need::Nothing;

            fn inject(context: &#private::InitContext) -> ::core::result::Result<Self, #private::PluginError> {
                context.config()
            }
        }
    }
}

fn descriptor(module: &Module, model: &Model, state: &Type, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let Model { args, name, description, .. } = model;
    let version = match &args.version {
        Some(version) => quote!(#version),
        None => quote!(::core::env!("CARGO_PKG_VERSION")),
    };
    let place = location(private, module.ident.span());
    let api = match &args.api {
        Some(Version { major, minor }) => {
            quote!(::core::option::Option::Some(#private::ApiVersion { major: #major, minor: #minor }))
        }
        None => quote!(::core::option::Option::None),
    };
    let stage = args.stage.as_ref().map_or_else(|| quote!(Middleware), |stage| quote!(#stage));
    let (enabled, required) = (args.enabled.unwrap_or(true), args.required.unwrap_or(false));
    let policy = args.policies.expand(private);
    let tags = &args.tags;
    let requires = args.requires.iter().map(|one| requirement(one, private));
    let conflicts = args.conflicts.iter().map(|one| anchor(one, private));
    let permissions = args.permissions.iter().map(|one| one.expand(private));
    let dependencies = model.inits.iter().flat_map(|init| dependencies(init, krate));
    let hooks = model.hooks.iter().map(|hook| hooks::descriptor(hook, state, krate));
    let capabilities = model.capabilities.iter().map(|one| handlers::capability(one, state, krate));
    let subscriptions = model.subscriptions.iter().map(|one| handlers::subscription(one, state, krate));
    let tasks = model.tasks.iter().map(|one| handlers::task(one, state, krate));
    let commands = model.commands.iter().map(|one| handlers::command(one, state, krate));
    let config = config(model, private);
    let init = handlers::init(model, state, krate);
    let health = model.health.iter().map(|one| (&one.handler.cfgs, handlers::health(one, state, krate)));
    let health = found("HealthDescriptor", private, health);
    let shutdown =
        optional(&model.shutdown, "ShutdownFn", private, |one| handlers::shutdown(one, state, krate));
    let snapshot =
        optional(&model.snapshot, "SnapshotFn", private, |one| handlers::snapshot(one, state, krate));
    let restore = optional(&model.restore, "RestoreFn", private, |one| handlers::restore(one, state, krate));
    quote! {
        #private::PluginDescriptor {
            name: #name,
            id: #private::Id::of(#name),
            version: #private::Version::parse(#version),
            api: #api,
            description: #description,
            authors: ::core::env!("CARGO_PKG_AUTHORS"),
            license: ::core::env!("CARGO_PKG_LICENSE"),
            package: ::core::env!("CARGO_PKG_NAME"),
            location: #place,
            stage: #private::Stage::#stage,
            enabled: #enabled,
            required: #required,
            policy: #policy,
            tags: &[#(#tags),*],
            requires: &[#(#requires),*],
            conflicts: &[#(#conflicts),*],
            permissions: &[#(#permissions),*],
            dependencies: &[#(#dependencies)*],
            hooks: &[#(#hooks)*],
            capabilities: &[#(#capabilities)*],
            subscriptions: &[#(#subscriptions)*],
            tasks: &[#(#tasks)*],
            commands: &[#(#commands)*],
            config: #config,
            init: #init,
            health: #health,
            shutdown: #shutdown,
            snapshot: #snapshot,
            restore: #restore,
        }
    }
}

/// `Some(glue)` of the handler that cfg leaves, else `None`: the last of an array, for an expression cannot vanish.
fn optional(
    handlers: &[Handler],
    ty: &str,
    private: &TokenStream,
    glue: impl Fn(&Handler) -> TokenStream,
) -> TokenStream {
    found(ty, private, handlers.iter().map(|handler| (&handler.cfgs, glue(handler))))
}

fn found<'a>(
    ty: &str,
    private: &TokenStream,
    all: impl Iterator<Item = (&'a Vec<syn::Attribute>, TokenStream)>,
) -> TokenStream {
    let glues: Vec<_> =
        all.map(|(cfgs, glue)| quote!(#(#cfgs)* { found = ::core::option::Option::Some(#glue); })).collect();
    if glues.is_empty() {
        return quote!(::core::option::Option::None);
    }
    let ty = Ident::new(ty, Span::call_site());
    quote!({ let mut found: ::core::option::Option<#private::#ty> = ::core::option::Option::None; #(#glues)* found })
}

pub(super) fn anchor(name: &LitStr, private: &TokenStream) -> TokenStream {
    let place = location(private, name.span());
    quote!(#private::Anchor { name: #name, id: #private::Id::of(#name), location: #place })
}

fn requirement(one: &Requirement, private: &TokenStream) -> TokenStream {
    let Requirement { literal, plugin, version, text } = one;
    let anchor = anchor(&LitStr::new(plugin, literal.span()), private);
    if text.is_empty() {
        return quote!(#private::Requirement { plugin: #anchor, version: #private::VersionReq::ANY });
    }
    let comparators = version.comparators.iter().map(|one| {
        let op = match one.op {
            semver::Op::Exact => quote!(Exact),
            semver::Op::Greater => quote!(Greater),
            semver::Op::GreaterEq => quote!(GreaterEq),
            semver::Op::Less => quote!(Less),
            semver::Op::LessEq => quote!(LessEq),
            semver::Op::Tilde => quote!(Tilde),
            semver::Op::Wildcard => quote!(Wildcard),
            _ => quote!(Caret),
        };
        let number = |number: Option<u64>| match number {
            Some(number) => quote!(::core::option::Option::Some(#number)),
            None => quote!(::core::option::Option::None),
        };
        let (major, minor, patch, pre) = (one.major, number(one.minor), number(one.patch), one.pre.as_str());
        quote!(#private::Comparator { op: #private::Op::#op, major: #major, minor: #minor, patch: #patch, pre: #pre })
    });
    quote! {
        #private::Requirement {
            plugin: #anchor,
            version: #private::VersionReq { text: #text, comparators: &[#(#comparators),*] },
        }
    }
}

fn dependencies<'a>(init: &'a Handler, krate: &'a Crate) -> impl Iterator<Item = TokenStream> + 'a {
    init.function.params.iter().map(move |ty| {
        let Crate { private, .. } = krate;
        let (cfgs, place, there) = (&init.cfgs, location(private, ty.span()), krate.private_at(ty.span()));
        let need = quote_spanned!(ty.span()=> <#ty as #there::Inject>::NEED);
        quote!(#(#cfgs)* #private::Dependency { need: #need, location: #place },)
    })
}

fn config(model: &Model, private: &TokenStream) -> TokenStream {
    let roots = model.configs.iter().filter(|config| !config.nested);
    let found = roots.map(|config| {
        let (cfgs, name) = (&config.cfgs, &config.input.ident);
        let place = location(private, name.span());
        quote! {
            #(#cfgs)*
            {
                found = ::core::option::Option::Some(#private::ConfigDescriptor {
                    location: #place,
                    schema: #private::schema::<#name>,
                    default: #private::default_of::<#name>,
                });
            }
        }
    });
    quote!({ let mut found: ::core::option::Option<#private::ConfigDescriptor> = ::core::option::Option::None; #(#found)* found })
}
