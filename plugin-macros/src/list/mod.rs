//! `plugins! { … }`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Ident, LitStr, Path, Token};

use crate::args::location;
use crate::code::{Code, is_told};
use crate::ctxt::Ctxt;
use crate::expand::{Crate, allows};

/// How a line is written.
const LINE: &str = "write `\"feature\" => path_of_the_crate`";

/// `"feature" => path: Capability + Capability`
struct Line {
    feature: Option<LitStr>,
    path: Path,
    provides: Vec<Ident>,
}

impl Parse for Line {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let feature = if input.peek(LitStr) {
            let feature: LitStr = input.parse()?;
            if !input.peek(Token![=>]) {
                return Err(Code::ListLine.at(feature, "behind a feature stands its plugin", LINE));
            }
            input.parse::<Token![=>]>()?;
            Some(feature)
        } else {
            None
        };
        let path = input.call(Path::parse_mod_style)?;
        if input.peek(Token![=>]) {
            let rule = "a feature is written in double quotes, as in Cargo.toml";
            return Err(Code::ListLine.at(path, rule, LINE));
        }
        let mut provides = Vec::new();
        if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            provides = Punctuated::<Ident, Token![+]>::parse_separated_nonempty(input)?.into_iter().collect();
        }
        Ok(Self { feature, path, provides })
    }
}

pub(crate) fn expand(items: TokenStream) -> TokenStream {
    let ctxt = Ctxt::default();
    // One by one, so that a line that cannot be read leaves the others.
    let line = |tokens| ctxt.ok(syn::parse2::<Line>(tokens).map_err(unread));
    let lines: Vec<Line> = split(items).into_iter().filter_map(line).collect();
    validate(&lines, &ctxt);
    let tokens = generate(if ctxt.is_clean() { &lines } else { &[] });
    let errors = ctxt.into_tokens();
    quote!(#errors #tokens)
}

/// What keeps a line from being read.
fn unread(error: syn::Error) -> syn::Error {
    if is_told(&error) {
        return error;
    }
    let rule = format!("a line of `plugins!` cannot be read: {error}");
    syn::Error::new(error.span(), Code::ListLine.message(rule, LINE))
}

/// The tokens between commas.
fn split(items: TokenStream) -> Vec<TokenStream> {
    let mut lines = vec![TokenStream::new()];
    for token in items {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => lines.push(TokenStream::new()),
            _ => lines.iter_mut().next_back().into_iter().for_each(|line| line.extend([token.clone()])),
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn validate(lines: &[Line], ctxt: &Ctxt) {
    let mut features = std::collections::HashSet::new();
    let mut paths = std::collections::HashSet::new();
    for line in lines {
        if let Some(feature) = line.feature.as_ref().filter(|feature| !features.insert(feature.value())) {
            ctxt.error(
                Code::Twice,
                feature,
                format!("the feature `{}` is listed twice", feature.value()),
                "remove one of the lines",
            );
        }
        let path = line.path.to_token_stream().to_string().replace(' ', "");
        if !paths.insert(path.clone()) {
            ctxt.error(
                Code::Twice,
                &line.path,
                format!("`{path}` is listed twice"),
                "remove one of the lines",
            );
        }
    }
}

fn generate(lines: &[Line]) -> TokenStream {
    let Crate { root, private, .. } = Crate::new(None);
    let entries = lines.iter().map(|line| entry(line, &private));
    let allows = allows();
    quote! {
        /// All plugins that this app may contain, and which of them this build does contain.
        pub const PLUGINS: #root::PluginSet = #root::PluginSet { entries: &[#(#entries)*] };

        #allows
        const _: () = {
            const FINDINGS: #private::Findings = #private::check_list(
                &PLUGINS,
                #private::Scratch::<{ #private::scratch_len(PLUGINS.entries) }>::new(),
            );
            if !FINDINGS.is_empty() {
                ::core::panic!("{}", FINDINGS.text(PLUGINS.entries).as_str());
            }
        };
    }
}

fn entry(line: &Line, private: &TokenStream) -> TokenStream {
    let Line { feature, path, provides } = line;
    let text = path.to_token_stream().to_string().replace(' ', "");
    // Of several tokens stable rustc gives the span of the first, so the last one stands for the path.
    let span = path.segments.last().map_or_else(|| path.span(), |last| last.ident.span());
    let location = location(private, span);
    let provides = provides.iter().map(ToString::to_string);
    // The marker of the plugin's crate shadows the local one; without it, the local one is found to be no plugin. Where the path
    // does not resolve, its name is an error as a value too, and so is the local marker: then rustc says no more of it.
    let descriptor = quote_spanned! {span=> {
        #[allow(non_upper_case_globals, dead_code)]
        const __plugboard_listed: usize = 0;
        {
            // Under another name, for the module may hold an item of its own name.
            #[allow(unused_imports)]
            use #path::{self as __plugboard_listed};
            #[allow(dead_code)]
            type __PlugboardPlugin = #private::NoPlugin<{ __plugboard_listed }>;
            {
                #[allow(unused_imports)]
                use __plugboard_listed::*;
                <__PlugboardPlugin as #private::PluginCrate>::DESCRIPTOR
            }
        }
    }};
    let entry = |feature: &str, plugin: TokenStream| {
        let provides = provides.clone();
        quote!(#private::Entry { feature: #feature, path: #text, location: #location, provides: &[#(#provides),*], plugin: #plugin },)
    };
    match feature {
        None => entry("", quote!(::core::result::Result::Ok(#descriptor))),
        Some(feature) => {
            let linked = entry(&feature.value(), quote!(::core::result::Result::Ok(#descriptor)));
            let absent =
                entry(&feature.value(), quote!(::core::result::Result::Err(#private::Absent::Feature)));
            quote! {
                #[cfg(feature = #feature)]
                #linked
                #[cfg(not(feature = #feature))]
                #absent
            }
        }
    }
}
