//! `#[derive(Event)]`: model → validate → expand.

mod expand;
mod model;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::ctxt::Ctxt;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let ctxt = Ctxt::default();
    let Some(item) = ctxt.ok(syn::parse2::<DeriveInput>(item)) else { return ctxt.into_tokens() };
    let mut model = model::Model::read(&item, &ctxt);
    validate::model(&item, &mut model, &ctxt);
    // The impl stands also beside errors, so that whoever uses the event is not told of a missing one.
    let tokens =
        if item.generics.params.is_empty() { expand::expand(&item, &model) } else { TokenStream::new() };
    let errors = ctxt.into_tokens();
    quote!(#errors #tokens)
}
