//! The impl of an event.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;

use super::model::Model;
use crate::expand::{Crate, allows};

pub(super) fn expand(item: &DeriveInput, model: &Model) -> TokenStream {
    let krate = Crate::new(model.root.as_ref());
    let private = &krate.private;
    let name = &item.ident;
    let text = syn::ext::IdentExt::unraw(name).to_string();
    let topic = match &model.topic {
        Some(topic) => quote!(#topic),
        None => quote!(::core::concat!(::core::module_path!(), "::", #text)),
    };
    let historic = model.historic.as_ref().map(|historic| match &historic.key {
        // rustc tells at the field that its type has no text.
        Some(key) => {
            let there = krate.private_at(key.span());
            quote_spanned!(key.span()=> .historic(|event| #there::HistoricKey::text(&event.#key)))
        }
        None => quote!(.historic(|_| ::std::string::String::new())),
    });
    // Where the event is named, for that is what must serialize.
    let carried = model.carried.as_ref().map(|_| quote_spanned!(name.span()=> .carried()));
    let answered = model.reply.as_ref().map(|_| quote!(.answered()));
    let request = model.reply.as_ref().map(|_| quote!(impl #private::Request for #name {}));
    let reply = model.reply.as_ref().map_or_else(|| quote!(()), |reply| quote!(#reply));
    let allows = allows();
    quote! {
        #allows
        const _: () = {
            #[diagnostic::do_not_recommend]
            impl #private::Event for #name {
                type Reply = #reply;
                const TOPIC: #private::Topic<Self> =
                    #private::Topic::<Self>::new(#topic) #historic #carried #answered;
            }
            #request
        };
    }
}
