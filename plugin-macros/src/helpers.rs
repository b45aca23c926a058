//! Helper attributes that stand where no `#[plugin]` module, and no `#[capability]` trait, takes them out.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::code::Code;

pub(crate) fn outside(name: &str, item: &TokenStream) -> TokenStream {
    let rule = format!("`#[{name}]` works only directly inside a `#[plugin]` module");
    let remedy = "move this into the `#[plugin] mod … { … }` itself, not into an impl or a module in it; or remove the attribute";
    misplaced(Code::Outside, &rule, remedy, item)
}

pub(crate) fn idempotent(item: &TokenStream) -> TokenStream {
    let rule = "`#[idempotent]` works only on the methods of a trait with `#[capability]`";
    let remedy =
        "put it on the method where the trait is declared; for a hook write `#[hook(before, idempotent)]`";
    misplaced(Code::IdempotentMethod, rule, remedy, item)
}

/// The error, and the item as it is, so that nothing else fails.
fn misplaced(code: Code, rule: &str, remedy: &str, item: &TokenStream) -> TokenStream {
    let error = syn::Error::new(Span::call_site(), code.message(rule, remedy)).to_compile_error();
    quote!(#error #item)
}
