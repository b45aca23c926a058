//! What several expansions share.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Attribute;

/// `::plugin_core`, or what `crate = …` says; and its module for generated code.
pub(crate) struct Crate {
    pub(crate) root: TokenStream,
    pub(crate) private: TokenStream,
}

impl Crate {
    pub(crate) fn new(path: Option<&syn::Path>) -> Self {
        let root = path.map_or_else(|| quote!(::plugin_core), |path| quote!(#path));
        Self { private: quote!(#root::__private), root }
    }
}

/// The place of `span` with the names of the expansion: by it the glue finds its own variables where `#[plugin]` stands in
/// a `macro_rules!` and the author's tokens are its arguments.
pub(crate) fn placed(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

/// The `#[cfg]`s among `attributes`, to be copied to what is generated for the item.
pub(crate) fn cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}

/// The doc comment among `attributes`, lines joined, without the leading space of each.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => {
            let text = crate::args::as_text(&pair.value)?.value();
            Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
        }
        _ => None,
    };
    let lines: Vec<String> = attributes.iter().filter_map(line).collect();
    lines.join("\n").trim().to_owned()
}

/// `content_filter` as `content-filter`.
pub(crate) fn kebab(ident: &syn::Ident) -> String {
    syn::ext::IdentExt::unraw(ident).to_string().replace('_', "-")
}

/// Lints that generated code may break and an author cannot mend.
pub(crate) fn allows() -> TokenStream {
    quote!(#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, unused_qualifications, deprecated)])
}
