//! What is emitted when something is wrong: every error, and a stand-in so that nothing else fails for it.

use proc_macro2::TokenStream;
use quote::quote;

use super::expand::{content, export, wrap};
use super::model::Model;
use super::split::Module;
use crate::ctxt::Ctxt;
use crate::expand::{Crate, allows};

/// For an item that is no module: the errors and the item.
pub(super) fn unreadable(ctxt: Ctxt, item: &TokenStream) -> TokenStream {
    let errors = ctxt.into_tokens();
    quote!(#errors #item)
}

/// For a module: the errors, its items without helper attributes, and a plugin that does nothing.
pub(super) fn module(ctxt: Ctxt, module: &Module, model: &Model, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let name = &model.name;
    let errors = ctxt.into_tokens();
    let content = content(module, model, krate);
    let export = export();
    let implemented = match &model.state {
        Some(state) => quote!(#state),
        None => quote!(__PlugboardPlugin),
    };
    let allows = allows();
    let glue = quote! {
        #export
        #allows
        const _: () = {
            impl #private::Plugin for #implemented {
                const DESCRIPTOR: &'static #private::PluginDescriptor = &#private::PluginDescriptor::stub(#name);
            }
            impl #private::PluginCrate for __PlugboardPlugin {
                const DESCRIPTOR: &'static #private::PluginDescriptor = <#implemented as #private::Plugin>::DESCRIPTOR;
            }
        };
    };
    let module =
        wrap(module, &quote!(#content #glue), &quote!(#[allow(dead_code, unused_imports, unused_variables)]));
    quote!(#errors #module)
}
