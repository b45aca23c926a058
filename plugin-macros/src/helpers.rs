//! Helper attributes that stand where no `#[plugin]` module takes them out.

use proc_macro2::{Span, TokenStream};
use quote::quote;

/// The error, and the item as it is, so that nothing else fails.
pub(crate) fn outside(name: &str, item: &TokenStream) -> TokenStream {
    let message = format!(
        "`#[{name}]` works only inside a `#[plugin]` module\n  help: move this into a `#[plugin] mod … {{ … }}`, or remove the attribute"
    );
    let error = syn::Error::new(Span::call_site(), message).to_compile_error();
    quote!(#error #item)
}
