//! `#[capability]` on a trait or, outside a plugin, on an impl.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, ItemImpl, ItemTrait, ReturnType, TraitItem, Type, parse_quote};

use crate::args::Args;
use crate::ctxt::Ctxt;
use crate::expand::{Crate, allows};

const KEYS: &[&str] = &["version", "crate"];

pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    if let Ok(item) = syn::parse2::<ItemTrait>(item.clone()) {
        return expand_trait(args, item);
    }
    match syn::parse2::<ItemImpl>(item.clone()) {
        Ok(block) if block.trait_.is_some() => expand_impl(args, &block),
        _ => {
            let ctxt = Ctxt::default();
            ctxt.error(
                item,
                "`#[capability]` stands on a trait, or on the impl of one",
                "declare a capability with `#[capability] pub trait T { … }`, offer it with `#[capability] impl T for State { … }`",
            );
            let errors = ctxt.into_tokens();
            quote!(#errors #item)
        }
    }
}

fn expand_trait(args: TokenStream, mut item: ItemTrait) -> TokenStream {
    let ctxt = Ctxt::default();
    let mut args = Args::read("capability", args, &ctxt);
    let version = args.text("version", &ctxt);
    let root = args.path("crate", &ctxt);
    args.finish(KEYS, &ctxt);
    if let Some(version) = version.as_ref().filter(|text| semver::VersionReq::parse(&text.value()).is_err()) {
        ctxt.error(version, "this is no version", "write it as `\"1.1\"` or `\"1.1.0\"`");
    }
    validate(&item, &ctxt);
    let Crate { private, .. } = Crate::new(root.as_ref());
    let name = &item.ident;
    let text = syn::ext::IdentExt::unraw(name).to_string();
    let version = version.map_or_else(|| "1.0".to_owned(), |version| version.value());
    let allows = allows();
    let identity = item.generics.params.is_empty().then(|| {
        quote! {
            #allows
            const _: () = {
                impl #private::Capability for dyn #name {
                    const ID: #private::CapabilityId = #private::CapabilityId::new(
                        #text,
                        ::core::concat!(::core::module_path!(), "::", #text),
                        #version,
                    );
                }
            };
        }
    });
    let clean = ctxt.is_clean();
    let errors = ctxt.into_tokens();
    if !clean {
        // Without the identity: a trait that cannot be an object would fail there a second time.
        return quote!(#errors #[#private::async_trait] #item);
    }
    item.supertraits.push(parse_quote!(::core::marker::Send));
    item.supertraits.push(parse_quote!(::core::marker::Sync));
    item.supertraits.push(parse_quote!('static));
    item.colon_token.get_or_insert_with(Default::default);
    quote!(#[#private::async_trait] #item #identity)
}

/// What keeps a trait from being an object is told here with its remedy, not by rustc at the first `dyn`.
fn validate(item: &ItemTrait, ctxt: &Ctxt) {
    if !item.generics.params.is_empty() {
        ctxt.error(
            &item.generics,
            "a capability has no generic parameters: plugins find each other by the trait alone",
            "declare a trait for each type, or make the methods take `&dyn` values",
        );
    }
    for member in &item.items {
        match member {
            TraitItem::Fn(method) => validate_method(method, ctxt),
            TraitItem::Type(associated) => ctxt.error(
                associated,
                "a capability has no associated types: it is called as `dyn` trait",
                "use a concrete type in the methods",
            ),
            TraitItem::Const(associated) => ctxt.error(
                associated,
                "a capability has no associated constants: it is called as `dyn` trait",
                "make it a method",
            ),
            _ => {}
        }
    }
}

fn validate_method(method: &syn::TraitItemFn, ctxt: &Ctxt) {
    let sized = method.sig.generics.where_clause.as_ref().is_some_and(|clause| {
        clause.predicates.iter().any(|one| quote!(#one).to_string().replace(' ', "") == "Self:Sized")
    });
    if sized {
        return;
    }
    match method.sig.receiver() {
        None => ctxt.error(
            &method.sig.ident,
            "a capability's methods take `&self`: it is called as `dyn` trait",
            "add `&self`, or make it a free function",
        ),
        Some(receiver) if !matches!(receiver.kind, syn::ReceiverKind::Reference(_, _, None)) => ctxt.error(
            receiver,
            "a capability is shared, so its methods take `&self`",
            "write `&self`, and keep what changes behind a lock or an atomic",
        ),
        Some(_) => {}
    }
    if method.sig.generics.type_params().next().is_some()
        || method.sig.generics.const_params().next().is_some()
    {
        ctxt.error(
            &method.sig.generics,
            "a capability's methods have no generic parameters: it is called as `dyn` trait",
            "take a `&dyn` value or a concrete type",
        );
    }
    for argument in &method.sig.inputs {
        if let FnArg::Typed(typed) = argument
            && matches!(&*typed.ty, Type::ImplTrait(_))
        {
            ctxt.error(
                &typed.ty,
                "a capability's methods take no `impl Trait`",
                "take a `&dyn` value or a concrete type",
            );
        }
    }
    if let ReturnType::Type(_, output) = &method.sig.output
        && matches!(&**output, Type::ImplTrait(_))
    {
        ctxt.error(
            output,
            "a capability's methods return no `impl Trait`",
            "return a concrete type or a boxed `dyn`",
        );
    }
}

fn expand_impl(args: TokenStream, block: &ItemImpl) -> TokenStream {
    let ctxt = Ctxt::default();
    let mut args = Args::read("capability", args, &ctxt);
    let root = args.path("crate", &ctxt);
    args.finish(&["crate"], &ctxt);
    let Crate { private, .. } = Crate::new(root.as_ref());
    let errors = ctxt.into_tokens();
    quote!(#errors #[#private::async_trait] #block)
}
