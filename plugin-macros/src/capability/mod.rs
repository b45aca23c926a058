//! `#[capability]` on a trait or, outside a plugin, on an impl.

mod later;
mod model;
mod proxy;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ItemImpl, ItemTrait, parse_quote};

use crate::args::Args;
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::expand::Crate;
use model::Model;

pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    if let Ok(item) = syn::parse2::<ItemTrait>(item.clone()) {
        return expand_trait(args, item);
    }
    match syn::parse2::<ItemImpl>(item.clone()) {
        Ok(block) if block.trait_.is_some() => expand_impl(args, &block),
        _ => {
            let ctxt = Ctxt::default();
            ctxt.error(Code::CapabilityItem,
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
    let model = Model::read(args, &mut item, &ctxt);
    validate::validate(&item, &ctxt);
    let krate = Crate::new(model.root.as_ref());
    let private = &krate.private;
    if !ctxt.is_clean() {
        let errors = ctxt.into_tokens();
        // Without the identity: a trait that cannot be an object would fail there a second time.
        return quote!(#errors #[#private::async_trait] #item);
    }
    let proxy = proxy::expand(&item, &model, &krate);
    item.supertraits.push(parse_quote!(::core::marker::Send));
    item.supertraits.push(parse_quote!(::core::marker::Sync));
    item.supertraits.push(parse_quote!('static));
    item.colon_token.get_or_insert_with(Default::default);
    quote!(#[#private::async_trait] #item #proxy)
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
