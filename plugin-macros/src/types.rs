//! The arguments of an attribute of which some take a type: `output = Vec<u8>` is no expression, so those are read apart.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use crate::args::{Args, unread};
use crate::code::Code;
use crate::ctxt::Ctxt;

/// The arguments of one attribute.
pub(crate) struct Types {
    /// Those that take a type, by key.
    pub(crate) types: HashMap<&'static str, Type>,
    /// The others.
    pub(crate) args: Args,
}

impl Types {
    /// Reads what stands in the parentheses of `attribute`, whose `keys` take a type.
    pub(crate) fn of(
        name: &'static str,
        keys: &[&'static str],
        attribute: &syn::Attribute,
        ctxt: &Ctxt,
    ) -> Self {
        let mut types = HashMap::new();
        let mut rest = TokenStream::new();
        let tokens = match &attribute.meta {
            syn::Meta::List(list) => list.tokens.clone(),
            _ => {
                Args::of(name, attribute, ctxt);
                TokenStream::new()
            }
        };
        let parsed = syn::parse::Parser::parse2(
            |input: syn::parse::ParseStream<'_>| {
                while !input.is_empty() {
                    let key: syn::Ident = syn::ext::IdentExt::parse_any(input)?;
                    if let Some(key_name) = keys.iter().find(|one| key == **one) {
                        if !input.peek(syn::Token![=]) {
                            return Err(untyped(key_name, &key));
                        }
                        input.parse::<syn::Token![=]>()?;
                        let ty = input.parse().map_err(|_| untyped(key_name, &key))?;
                        if types.insert(*key_name, ty).is_some() {
                            let rule = format!("`{key_name}` is given twice in `#[{name}]`");
                            ctxt.error(Code::Twice, &key, rule, "keep one of them");
                        }
                    } else {
                        quote::ToTokens::to_tokens(&key, &mut rest);
                        while !input.is_empty() && !input.peek(syn::Token![,]) {
                            rest.extend([input.parse::<proc_macro2::TokenTree>()?]);
                        }
                        rest.extend(quote!(,));
                    }
                    if !input.is_empty() {
                        input.parse::<syn::Token![,]>()?;
                    }
                }
                Ok(())
            },
            tokens,
        );
        ctxt.ok(parsed.map_err(|error| unread(name, &error)));
        Self { types, args: Args::read(name, rest, ctxt) }
    }
}

fn untyped(key: &str, place: &syn::Ident) -> syn::Error {
    Code::ValueKind.at(place, format!("`{key}` takes a type"), format!("write `{key} = Type`"))
}
