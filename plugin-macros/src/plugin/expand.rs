//! A plugin's module with its glue: the author's items as they were, then the descriptor and its registration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{LitStr, Type};

use super::args::Requirement;
use super::config::Config;
use super::hooks;
use super::model::{Capability, Command, Handler, Model, Task};
use super::split::{Item, Kind, Module, Piece};
use crate::args::{Value, as_integer, as_text, location};
use crate::expand::{Crate, allows, placed};

pub(super) fn expand(module: &Module, model: &Model, krate: &Crate) -> TokenStream {
    let content = content(module, model, krate);
    let glue = glue(module, model, krate);
    wrap(module, &quote!(#content #glue), &TokenStream::new())
}

/// The module around `content`, and beside it the export by which `plugins!` finds the plugin from the crate's root.
pub(super) fn wrap(module: &Module, content: &TokenStream, allows: &TokenStream) -> TokenStream {
    let Module { attributes, visibility, ident, .. } = module;
    // Inner attributes must stand first, and they do: the author's content comes before the glue.
    quote! {
        #(#attributes)*
        #allows
        #visibility mod #ident {
            #content
        }
        #[doc(hidden)]
        #[allow(unused_imports, unreachable_pub)]
        pub use #ident::__plugboard::*;
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
    let span = module.ident.span();
    let plugin = quote_spanned!(span=> #private::Plugin);
    quote! {
        #export
        #allows
        const _: () = {
            #(#once)*
            #(#config)*
            impl #plugin for #state {
                const DESCRIPTOR: &'static #private::PluginDescriptor = &#descriptor;
            }
            impl #private::PluginCrate for __PlugboardPlugin {
                const DESCRIPTOR: &'static #private::PluginDescriptor = <#state as #private::Plugin>::DESCRIPTOR;
            }
            #root::__register!(<#state as #private::Plugin>::DESCRIPTOR);
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
    let all = [
        ("init", &model.inits),
        ("health", &model.health),
        ("shutdown", &model.shutdown),
        ("snapshot", &model.snapshot),
        ("restore", &model.restore),
    ];
    let check = |(helper, handlers): (&str, &Vec<Handler>)| {
        let last = handlers.last().filter(|_| handlers.len() > 1)?;
        let cfgs = handlers.iter().map(|handler| &handler.cfgs);
        let message = format!(
            "a plugin has one `#[{helper}]`, and this configuration has several\n  help: make their `#[cfg(…)]` exclude each other"
        );
        Some(quote_spanned! {last.function.ident.span()=>
            const _: () = ::core::assert!([#(#(#cfgs)* (),)*].len() <= 1, #message);
        })
    };
    all.into_iter().filter_map(check).collect()
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
    let stage = args.stage.as_ref().map_or_else(|| quote!(Middleware), |stage| quote!(#stage));
    let enabled = args.enabled.unwrap_or(true);
    let tags = &args.tags;
    let requires = args.requires.iter().map(|one| requirement(one, private));
    let conflicts = args.conflicts.iter().map(|one| anchor(one, private));
    let dependencies = model.inits.iter().flat_map(|init| dependencies(init, private));
    let hooks = model.hooks.iter().map(|hook| hooks::descriptor(hook, state, krate));
    let capabilities = model.capabilities.iter().map(|one| capability(one, state, private));
    let subscriptions = model.subscriptions.iter().map(|one| subscription(one, state, private));
    let tasks = model.tasks.iter().map(|one| task(one, state, private));
    let commands = model.commands.iter().map(|one| command(one, state, private));
    let config = config(model, private);
    let init = init(model, state, private);
    let yields = |output: &TokenStream| quote!(#private::BoxFuture<'static, #output>);
    let result =
        |output: &TokenStream| yields(&quote!(::core::result::Result<#output, #private::PluginError>));
    let value = quote!(#private::serde_json::Value);
    let (told, done, written) = (yields(&quote!(#private::Health)), result(&quote!(())), result(&value));
    let health =
        optional(&model.health, &quote!(fn(#private::State) -> #told), |one| health(one, state, private));
    let shutdown =
        optional(&model.shutdown, &quote!(fn(#private::State) -> #done), |one| outcome(one, state, private));
    let snapshot = optional(&model.snapshot, &quote!(fn(#private::State) -> #written), |one| {
        snapshot(one, state, private)
    });
    let restore = optional(&model.restore, &quote!(fn(#private::State, #value) -> #done), |one| {
        restore(one, state, private)
    });
    quote! {
        #private::PluginDescriptor {
            name: #name,
            id: #private::Id::of(#name),
            version: #private::Version::parse(#version),
            description: #description,
            authors: ::core::env!("CARGO_PKG_AUTHORS"),
            license: ::core::env!("CARGO_PKG_LICENSE"),
            package: ::core::env!("CARGO_PKG_NAME"),
            location: #place,
            stage: #private::Stage::#stage,
            enabled: #enabled,
            tags: &[#(#tags),*],
            requires: &[#(#requires),*],
            conflicts: &[#(#conflicts),*],
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

/// `Some(glue)` of the handler that cfg leaves, else `None`: the last of an array, for an expression cannot vanish. The type
/// is written out, for a closure becomes a function pointer only where one is expected.
fn optional(handlers: &[Handler], ty: &TokenStream, glue: impl Fn(&Handler) -> TokenStream) -> TokenStream {
    if handlers.is_empty() {
        return quote!(::core::option::Option::None);
    }
    let glues = handlers.iter().map(|handler| {
        let (cfgs, glue) = (&handler.cfgs, glue(handler));
        quote!(#(#cfgs)* { found = ::core::option::Option::Some(#glue); })
    });
    quote!({ let mut found: ::core::option::Option<#ty> = ::core::option::Option::None; #(#glues)* found })
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

fn dependencies<'a>(init: &'a Handler, private: &'a TokenStream) -> impl Iterator<Item = TokenStream> + 'a {
    init.function.params.iter().map(move |ty| {
        let (cfgs, place) = (&init.cfgs, location(private, ty.span()));
        let need = quote_spanned!(ty.span()=> <#ty as #private::Inject>::NEED);
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

fn init(model: &Model, state: &Type, private: &TokenStream) -> TokenStream {
    if model.inits.is_empty() {
        return quote!(|_| #private::init_default::<#state>());
    }
    let glues = model.inits.iter().map(|init| {
        let (cfgs, function) = (&init.cfgs, &init.function);
        let ident = &function.ident;
        let values = function.params.iter().map(|ty| quote_spanned!(placed(ty.span())=> <#ty as #private::Inject>::inject(&context)?));
        let call = quote_spanned!(ident.span()=> #ident(#(#values),*));
        let call = if function.is_async { quote!(#call.await) } else { call };
        let made = match function.returned() {
            Some((_, true)) => quote_spanned!(function.output_span()=> #private::init_result::<#state, _>(#call)),
            _ => quote_spanned!(function.output_span()=> ::core::result::Result::Ok::<#state, #private::PluginError>(#call)),
        };
        quote! {
            #(#cfgs)*
            {
                found = |context| {
                    ::std::boxed::Box::pin(async move {
                        let state: #state = #made?;
                        ::core::result::Result::Ok(::std::sync::Arc::new(state) as #private::State)
                    })
                };
            }
        }
    });
    quote! {{
        let mut found: fn(
            #private::InitContext,
        ) -> #private::BoxFuture<'static, ::core::result::Result<#private::State, #private::PluginError>> =
            |_| #private::init_missing();
        #(#glues)*
        found
    }}
}

fn capability(one: &Capability, state: &Type, private: &TokenStream) -> TokenStream {
    let Capability { cfgs, target, attributes } = one;
    let place = location(private, target.span());
    let id = quote_spanned!(target.span()=> <dyn #target as #private::Capability>::ID);
    let attributes = attributes.iter().map(|arg| {
        let key = arg.key.to_string();
        let value = attribute_value(&arg.value, private);
        quote!(#private::Attribute { key: #key, value: #value })
    });
    quote! {
        #(#cfgs)*
        #private::CapabilityDescriptor {
            capability: #id,
            location: #place,
            attributes: &[#(#attributes),*],
            provide: |state| {
                let target: ::std::sync::Arc<dyn #target> = #private::state::<#state>(state)?;
                ::core::result::Result::Ok(::std::boxed::Box::new(target))
            },
        },
    }
}

fn attribute_value(value: &Value, private: &TokenStream) -> TokenStream {
    let kind = quote!(#private::AttributeValue);
    match value {
        Value::Flag => quote!(#kind::Bool(true)),
        Value::List(list) => quote!(#kind::List(&[#list])),
        Value::Is(syn::Expr::Array(list)) => {
            let elements = &list.elems;
            quote!(#kind::List(&[#elements]))
        }
        Value::Is(expr) if let Some(text) = as_text(expr) => quote!(#kind::Text(#text)),
        Value::Is(expr) if let Some(number) = as_integer(expr) => quote!(#kind::Int(#number)),
        Value::Is(expr) => quote_spanned!(expr.span()=> #kind::Bool(#expr)),
    }
}

/// The state as the function takes it, told at the parameter where it is another.
fn own(handler: &Handler, state: &Type, private: &TokenStream) -> TokenStream {
    let ty = handler.function.referent(0);
    quote_spanned!(placed(ty.span())=> <#ty as #private::StateOf<#state>>::of(&state))
}

fn call(handler: &Handler, arguments: &TokenStream) -> TokenStream {
    let ident = &handler.function.ident;
    let call = quote_spanned!(ident.span()=> #ident(#arguments));
    if handler.function.is_async { quote!(#call.await) } else { call }
}

fn subscription(one: &Handler, state: &Type, private: &TokenStream) -> TokenStream {
    let (cfgs, ident, event) = (&one.cfgs, &one.function.ident, one.function.referent(1));
    let name = ident.to_string();
    let text = quote!(#event).to_string().replace(' ', "");
    let place = location(private, ident.span());
    let own = own(one, state, private);
    let call = call(one, &quote!(#own, &event));
    let outcome = quote_spanned!(one.function.output_span()=> #private::UnitOutcome::outcome(#call));
    quote! {
        #(#cfgs)*
        #private::SubscriptionDescriptor {
            event: #text,
            name: #name,
            location: #place,
            attach: |state, bus, plugin| #private::listen::<#state, #event, _>(
                state,
                bus,
                plugin,
                #name,
                |state, event| ::std::boxed::Box::pin(async move { #outcome }),
            ),
        },
    }
}

fn task(one: &Task, state: &Type, private: &TokenStream) -> TokenStream {
    let Task { handler, restart } = one;
    let (cfgs, function) = (&handler.cfgs, &handler.function);
    let name = function.ident.to_string();
    let place = location(private, function.ident.span());
    let restart = syn::Ident::new(restart, proc_macro2::Span::call_site());
    let ty = function.shared(0);
    let own = quote_spanned!(placed(ty.span())=> <#ty as #private::SharedStateOf<#state>>::shared(state));
    let shutdown = (function.params.len() > 1).then(|| quote!(, shutdown));
    let call = call(handler, &quote!(#own #shutdown));
    let outcome = quote_spanned!(function.output_span()=> #private::UnitOutcome::outcome(#call));
    quote! {
        #(#cfgs)*
        #private::TaskDescriptor {
            name: #name,
            location: #place,
            restart: #private::Restart::#restart,
            run: |state, shutdown| ::std::boxed::Box::pin(async move {
                let state = #private::state::<#state>(state)?;
                let _ = &shutdown;
                #outcome
            }),
        },
    }
}

fn command(one: &Command, state: &Type, private: &TokenStream) -> TokenStream {
    let Command { handler, name, description } = one;
    let (cfgs, function) = (&handler.cfgs, &handler.function);
    let place = location(private, function.ident.span());
    let own = own(handler, state, private);
    let (schema, read, passed) = match function.params.get(1) {
        Some(ty) => (
            quote_spanned!(ty.span()=> ::core::option::Option::Some(#private::schema::<#ty>)),
            quote_spanned!(placed(ty.span())=> let arguments: #ty = #private::arguments(arguments)?;),
            quote!(, arguments),
        ),
        None => (
            quote!(::core::option::Option::None),
            quote!(#private::no_arguments(&arguments)?;),
            TokenStream::new(),
        ),
    };
    let call = call(handler, &quote!(#own #passed));
    let output = quote_spanned!(function.output_span()=> #private::CommandReturn::output(#call));
    quote! {
        #(#cfgs)*
        #private::CommandDescriptor {
            name: #name,
            description: #description,
            location: #place,
            arguments: #schema,
            run: |state, arguments| ::std::boxed::Box::pin(async move {
                let state = #private::state::<#state>(state)?;
                #read
                #output
            }),
        },
    }
}

fn health(one: &Handler, state: &Type, private: &TokenStream) -> TokenStream {
    let own = own(one, state, private);
    let call = call(one, &own);
    let told = quote_spanned!(placed(one.function.output_span())=> let health: #private::Health = #call;);
    quote! {
        |state| ::std::boxed::Box::pin(async move {
            match #private::state::<#state>(state) {
                ::core::result::Result::Ok(state) => { #told health }
                ::core::result::Result::Err(error) => #private::Health::unhealthy(error),
            }
        })
    }
}

fn outcome(one: &Handler, state: &Type, private: &TokenStream) -> TokenStream {
    let own = own(one, state, private);
    let call = call(one, &own);
    let outcome = quote_spanned!(one.function.output_span()=> #private::UnitOutcome::outcome(#call));
    quote! {
        |state| ::std::boxed::Box::pin(async move {
            let state = #private::state::<#state>(state)?;
            #outcome
        })
    }
}

fn snapshot(one: &Handler, state: &Type, private: &TokenStream) -> TokenStream {
    let own = own(one, state, private);
    let call = call(one, &own);
    let output = quote_spanned!(one.function.output_span()=> #private::CommandReturn::output(#call));
    quote! {
        |state| ::std::boxed::Box::pin(async move {
            let state = #private::state::<#state>(state)?;
            #output
        })
    }
}

fn restore(one: &Handler, state: &Type, private: &TokenStream) -> TokenStream {
    let own = own(one, state, private);
    let ty = one.function.params.get(1);
    let call = call(one, &quote!(#own, snapshot));
    let outcome = quote_spanned!(one.function.output_span()=> #private::UnitOutcome::outcome(#call));
    let read = quote_spanned!(placed(ty.span())=> let snapshot: #ty = #private::arguments(snapshot)?;);
    quote! {
        |state, snapshot| ::std::boxed::Box::pin(async move {
            let state = #private::state::<#state>(state)?;
            #read
            #outcome
        })
    }
}
