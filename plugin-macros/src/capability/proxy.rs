//! The proxy of a capability: a struct with the trait's methods, each of which calls the instance that serves now under the guard
//! of its plugin.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    FnArg, GenericArgument, ItemTrait, Pat, PatIdent, PathArguments, ReturnType, Signature, Type, parse_quote,
};

use super::later::later;
use super::model::{Method, Model};
use crate::expand::{Crate, allows};

pub(super) fn expand(item: &ItemTrait, model: &Model, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let (name, visibility, proxy) = (&item.ident, &item.vis, &model.proxy);
    let text = syn::ext::IdentExt::unraw(name).to_string();
    let doc = docs(&text);
    let version = model.version.as_ref().map_or_else(|| "1.0".to_owned(), syn::LitStr::value);
    let names = model.methods.iter().map(|method| {
        let (cfgs, name) = (&method.cfgs, &method.name);
        quote!(#(#cfgs)* #name)
    });
    // One variant a method, so that rustc counts them after `cfg`.
    let index = format_ident!("__Plugboard{proxy}Method");
    let variants = model.methods.iter().map(|method| {
        let (cfgs, ident) = (&method.cfgs, &method.signature.ident);
        quote!(#(#cfgs)* #ident)
    });
    let guarded = model.methods.iter().map(|method| guarded(method, item, model, &index, krate));
    let forwarded = model.methods.iter().map(|method| forwarded(method, proxy));
    let allows = allows();
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #proxy {
            slot: #private::Slot<dyn #name>,
        }

        #allows
        #[allow(dead_code, non_camel_case_types, missing_docs, missing_debug_implementations)]
        const _: () = {
            enum #index { #(#variants),* }

            impl #proxy {
                #(#guarded)*
            }

            #[#private::async_trait]
            impl #name for #proxy {
                #(#forwarded)*
            }

            #[diagnostic::do_not_recommend]
            impl #private::Capability for dyn #name {
                const ID: #private::CapabilityId = #private::CapabilityId::new(
                    #text,
                    ::core::concat!(::core::module_path!(), "::", #text),
                    #version,
                );
                const METHODS: &'static [&'static str] = &[#(#names),*];
                type Proxy = #proxy;

                fn proxy(slot: #private::Slot<Self>) -> #proxy {
                    #proxy { slot }
                }

                fn slot(proxy: &#proxy) -> &#private::Slot<Self> {
                    &proxy.slot
                }
            }
        };
    }
}

fn docs(name: &str) -> String {
    format!(
        " [`{name}`] as others call it: what `Provider<dyn {name}>` dereferences to.\n\n \
         Each method calls the instance of the plugin that serves when the call begins, under the plugin's guard. While the plugin \
         hands over to another instance, `async` methods wait for that one; plain ones go to the one in place.\n\n \
         # Errors\n\n \
         Beside the method's own errors, what its error type makes of a `CallError`: the plugin takes no calls now, panicked, \
         ran out of time, or its breaker or a limit refused the call.\n\n \
         # Cancellation\n\n \
         Dropping the future of a call drops what is in flight, and gives back all that the call holds.\n\n \
         # Further tries\n\n \
         A method that is `#[idempotent]` is called again after an error that is transient, or a timeout, where the `retry` of the \
         plugin's policy says so. All tries go to one instance.\n\n \
         # Cost\n\n \
         An `async` method called here allocates what the plugin's own future needs; called through `&dyn {name}`, a box \
         more. Looking up who serves shares no cache line with calls on other threads."
    )
}

/// The inherent method.
fn guarded(method: &Method, item: &ItemTrait, model: &Model, index: &Ident, krate: &Crate) -> TokenStream {
    let Method { cfgs, notes, idempotent, .. } = method;
    let visibility = &item.vis;
    let (signature, arguments) = named(&method.signature);
    let ident = &signature.ident;
    let private = &krate.private;
    let owner = syn::ext::IdentExt::unraw(&item.ident).to_string();
    let doc = notes.iter().all(|note| !note.path().is_ident("doc")).then(|| {
        let text = format!(" Calls [`{owner}::{}`], guarded.", syn::ext::IdentExt::unraw(ident));
        quote!(#[doc = #text])
    });
    let ReturnType::Type(_, output) = &signature.output else {
        // Refused before.
        return TokenStream::new();
    };
    // At one token and no more: rustc tells once what is wrong at one place.
    let span = output.span();
    let there = krate.private_at(span);
    let own = signature.receiver().map(|receiver| receiver.self_token);
    let classify = match &model.classify {
        Some(path) => match error_of(output) {
            // Said in full, so that what does not fit is told at the path, and not at each method.
            Some(error) => {
                let class = quote_spanned!(path.span()=> -> #private::ErrorClass);
                quote!({ let classify: fn(&#error) #class = #path; classify })
            }
            None => path.to_token_stream(),
        },
        None => {
            let name = quote_spanned!(span=> refusal);
            quote!(#there::#name)
        }
    };
    // Not to be confused with the author's arguments.
    let target = Ident::new("target", Span::mixed_site());
    let slot = quote!(&#own.slot);
    let method = quote!(#private::Method::<{ #index::#ident as usize }>);
    let classify = quote!(|| #classify);
    let (name, call) = if signature.asyncness.is_some() {
        let again = signature.inputs.iter().filter_map(|argument| again(argument, krate));
        let again = idempotent.then(|| quote!(#(#again)*));
        let all = quote!((#(#arguments,)*));
        let name = if *idempotent { "call_again" } else { "call" };
        (name, quote!(#all, |#target, #all, _| { #again #target.#ident(#(#arguments),*) }))
    } else {
        ("call_sync", quote!(move |#target| #target.#ident(#(#arguments),*)))
    };
    let name = Ident::new(name, span);
    let body = quote_spanned!(span=> #there::#name(#slot, #method, #classify, #call));
    let later = signature.asyncness.and_then(|_| later(&signature));
    let wait = (later.is_none() && signature.asyncness.is_some()).then(|| quote_spanned!(span=> .await));
    let signature = later.unwrap_or(signature);
    // What a call does where it passes is little, and mostly in another crate than its caller.
    quote! {
        #(#cfgs)* #(#notes)* #doc #[inline]
        #visibility #signature { #body #wait }
    }
}

/// `E` of a type that is written `Result<_, E>`.
fn error_of(output: &Type) -> Option<&Type> {
    let Type::Path(path) = output else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.iter().nth(1) {
        Some(GenericArgument::Type(error)) => Some(error),
        _ => None,
    }
}

/// One try's own copy of an argument, of which there is a reference. That it has none is told at its type.
fn again(argument: &FnArg, krate: &Crate) -> Option<TokenStream> {
    let FnArg::Typed(typed) = argument else { return None };
    let Pat::Ident(PatIdent { ident, .. }) = &*typed.pat else { return None };
    let span = typed.ty.span();
    let there = krate.private_at(span);
    let from = Ident::new(&ident.to_string(), ident.span().located_at(span));
    let copy = quote_spanned!(span=> #there::again(#from));
    Some(quote!(let #ident = #copy;))
}

/// The method of the trait, so that a provider is one.
fn forwarded(method: &Method, proxy: &Ident) -> TokenStream {
    let cfgs = &method.cfgs;
    let (signature, arguments) = named(&method.signature);
    let (ident, own) = (&signature.ident, signature.receiver().map(|receiver| receiver.self_token));
    let wait = signature.asyncness.map(|_| quote!(.await));
    quote!(#(#cfgs)* #signature { #proxy::#ident(#own, #(#arguments),*) #wait })
}

/// The signature with a name for each argument, and the names.
fn named(signature: &Signature) -> (Signature, Vec<Ident>) {
    let mut signature = signature.clone();
    let mut names = Vec::new();
    for (at, argument) in signature.inputs.iter_mut().enumerate() {
        let FnArg::Typed(typed) = argument else { continue };
        let name = match &*typed.pat {
            Pat::Ident(one) if one.subpat.is_none() => one.ident.clone(),
            _ => Ident::new(&format!("argument_{at}"), Span::mixed_site()),
        };
        *typed.pat = parse_quote!(#name);
        names.push(name);
    }
    (signature, names)
}
