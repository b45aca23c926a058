//! Helper attributes that stand where no `#[plugin]` module, and no `#[capability]` trait, takes them out.

use proc_macro2::{Span, TokenStream};
use quote::quote;

pub(crate) fn outside(name: &str, item: &TokenStream) -> TokenStream {
    let message = format!(
        "`#[{name}]` works only inside a `#[plugin]` module\n  help: move this into a `#[plugin] mod … {{ … }}`, or remove the attribute"
    );
    misplaced(&message, item)
}

pub(crate) fn idempotent(item: &TokenStream) -> TokenStream {
    let message = "`#[idempotent]` works only on the methods of a trait with `#[capability]`\n  help: put it on the method where the trait is declared; for a hook write `#[hook(before, idempotent)]`";
    misplaced(message, item)
}

/// The error, and the item as it is, so that nothing else fails.
fn misplaced(message: &str, item: &TokenStream) -> TokenStream {
    let error = syn::Error::new(Span::call_site(), message).to_compile_error();
    quote!(#error #item)
}
