//! `#[plugin]`: args → split → model → validate → expand.

mod args;
mod config;
mod expand;
mod fallback;
mod handlers;
mod hooks;
mod model;
mod permissions;
mod policy;
mod shapes;
mod signature;
mod split;
#[cfg(test)]
mod tests;
mod upkeep;
mod validate;

use proc_macro2::TokenStream;

use crate::ctxt::Ctxt;
use crate::expand::Crate;

pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let ctxt = Ctxt::default();
    let args = args::PluginArgs::read(arguments, &ctxt);
    let krate = Crate::new(args.root.as_ref());
    let module = match split::Module::read(item.clone(), &ctxt) {
        Some(module) => module,
        None => return fallback::unreadable(ctxt, item),
    };
    let krate = krate.in_hygiene_of(module.ident.span());
    let model = model::Model::read(args, &module, &ctxt);
    if !ctxt.is_clean() {
        return fallback::module(ctxt, &module, &model, &krate);
    }
    expand::expand(&module, &model, &ctxt, &krate)
}
