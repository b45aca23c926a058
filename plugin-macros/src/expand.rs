//! What several expansions share.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Attribute;

/// `::plugin_core`, or what `crate = …` says; and its module for generated code.
pub(crate) struct Crate {
    pub(crate) root: TokenStream,
    pub(crate) private: TokenStream,
    hygiene: Span,
}

impl Crate {
    pub(crate) fn new(path: Option<&syn::Path>) -> Self {
        let root = path.map_or_else(|| quote!(::plugin_core), |path| quote!(#path));
        Self { private: quote!(#root::__private), root, hygiene: Span::call_site() }
    }
}

impl Crate {
    /// The same, whose [`local`](Self::local)s are of one hygiene with `span`.
    pub(crate) fn in_hygiene_of(mut self, span: Span) -> Self {
        self.hygiene = span;
        self
    }

    /// A local variable of the glue that stands at `span`. Its hygiene is the same everywhere, also where a macro of the author's
    /// made the token that `span` is of.
    pub(crate) fn local(&self, name: &str, span: Span) -> Ident {
        Ident::new(name, self.hygiene.located_at(span))
    }

    /// [`private`](Self::private) as if it stood at `span`: rustc tells a wrong type where all tokens of the call stand.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        at(span, self.private.clone())
    }
}

/// The tokens as if they stood at `span`.
pub(crate) fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let place = |token| match token {
        TokenTree::Group(group) => {
            let mut moved = Group::new(group.delimiter(), at(span, group.stream()));
            moved.set_span(span);
            TokenTree::Group(moved)
        }
        // `$crate` means another crate where its span is another.
        TokenTree::Ident(ident) if ident == "$crate" => TokenTree::Ident(ident),
        mut token => {
            token.set_span(span);
            token
        }
    };
    tokens.into_iter().map(place).collect()
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
    quote!(#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, unused_qualifications, unused_variables, deprecated)])
}
