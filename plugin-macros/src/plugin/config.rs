//! `#[config]`: a struct becomes a config type, with defaults, a schema, and unknown keys refused.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, GenericArgument, Ident, PathArguments, Type};

use super::split::{Item, Module};
use crate::args::Args;
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::expand::{Crate, cfgs};

/// A config type.
pub(super) struct Config {
    pub(super) cfgs: Vec<Attribute>,
    /// The type, without helper attributes on its fields.
    pub(super) input: DeriveInput,
    pub(super) nested: bool,
    /// A field's type is no config type, which has been told.
    broken: bool,
    /// The fields' defaults, in order; `None` where the author implements `Default`.
    defaults: Option<Vec<Option<Expr>>>,
}

impl Config {
    pub(super) fn read(item: &Item, input: &DeriveInput, module: &Module, ctxt: &Ctxt) -> Option<Self> {
        let mut args = Args::of("config", &item.attribute, ctxt);
        let nested = args.flag("nested", ctxt).unwrap_or(false);
        args.finish(&["nested"], ctxt);
        let mut input = input.clone();
        if !input.generics.params.is_empty() {
            ctxt.error(
                Code::ConfigShape,
                &input.generics,
                "a config type has no generic parameters",
                "use concrete types",
            );
            return None;
        }
        let mut defaults = Vec::new();
        match &mut input.data {
            Data::Struct(data) => match &mut data.fields {
                Fields::Named(fields) => {
                    defaults.extend(fields.named.iter_mut().map(|field| default_of(&mut field.attrs, ctxt)));
                }
                Fields::Unit => {}
                Fields::Unnamed(_) => {
                    ctxt.error(
                        Code::ConfigShape,
                        &input.ident,
                        "a config's fields have names, which are its keys",
                        "write `struct Config { key: Type }`",
                    );
                    return None;
                }
            },
            Data::Enum(_) if nested => {}
            Data::Enum(_) | Data::Union(_) => {
                ctxt.error(
                    Code::ConfigShape,
                    &input.ident,
                    "a plugin's config is a struct: its fields are the keys",
                    "make it a struct, or mark it `#[config(nested)]`",
                );
                return None;
            }
        }
        let broken = without_attribute(&input, module, ctxt);
        let derived = item.attributes.iter().any(|attribute| {
            attribute.path().is_ident("derive") && attribute.to_token_stream().to_string().contains("Default")
        });
        let own = derived || module.implements_default(&input.ident) || matches!(input.data, Data::Enum(_));
        if own && let Some(default) = defaults.iter().flatten().next() {
            ctxt.error(
                Code::ConfigDefault,
                default,
                "the defaults are written twice: here and in the type's `Default`",
                "keep one of them",
            );
        }
        Some(Self {
            cfgs: cfgs(&item.attributes),
            input,
            nested,
            broken,
            defaults: (!own).then_some(defaults),
        })
    }

    /// The type with its derives, and its `Default`.
    pub(super) fn expand(&self, attributes: &[Attribute], krate: &Crate) -> TokenStream {
        if self.broken {
            return self.stub(attributes);
        }
        let Crate { private, .. } = krate;
        let input = &self.input;
        let serde = quote!(#private::serde).to_string().replace(' ', "");
        let schemars = quote!(#private::schemars).to_string().replace(' ', "");
        let serde_args = match &input.data {
            Data::Enum(_) => quote!(rename_all = "kebab-case"),
            _ => quote!(default, deny_unknown_fields),
        };
        let default = self.defaults.as_ref().map(|defaults| self.default(defaults, krate));
        quote! {
            #(#attributes)*
            #[derive(
                ::core::clone::Clone, ::core::fmt::Debug,
                #private::serde::Deserialize, #private::serde::Serialize, #private::schemars::JsonSchema,
            )]
            #[serde(crate = #serde, #serde_args)]
            #[schemars(crate = #schemars)]
            #input
            #default
        }
    }

    /// A type like it that asks nothing of its fields, so that a field that was told is not told again by each derive.
    fn stub(&self, attributes: &[Attribute]) -> TokenStream {
        let mut input = self.input.clone();
        let plain =
            |attribute: &Attribute| !["serde", "schemars"].iter().any(|name| attribute.path().is_ident(name));
        let kept =
            attributes.iter().filter(|attribute| plain(attribute) && !attribute.path().is_ident("derive"));
        if let Data::Struct(data) = &mut input.data {
            data.fields.iter_mut().for_each(|field| field.attrs.retain(plain));
        }
        let (name, cfgs) = (&input.ident, &self.cfgs);
        quote! {
            #(#kept)*
            #input
            #(#cfgs)*
            impl ::core::clone::Clone for #name { fn clone(&self) -> Self { ::core::unreachable!() } }
            #(#cfgs)*
            impl ::core::fmt::Debug for #name {
                fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { ::core::result::Result::Ok(()) }
            }
        }
    }

    fn default(&self, defaults: &[Option<Expr>], krate: &Crate) -> TokenStream {
        let (name, cfgs_of_type) = (&self.input.ident, &self.cfgs);
        let Data::Struct(data) = &self.input.data else { return TokenStream::new() };
        let values = data.fields.iter().zip(defaults).map(|(field, default)| {
            let (cfgs, ident) = (cfgs(&field.attrs), &field.ident);
            let value = match default {
                Some(default) => quote!(#default),
                None => {
                    let span = field.ty.span();
                    let ty = &field.ty;
                    let private = krate.private_at(span);
                    quote_spanned!(span=> <#ty as #private::DefaultField>::field())
                }
            };
            quote!(#(#cfgs)* #ident: #value,)
        });
        let body =
            if matches!(data.fields, Fields::Unit) { quote!(Self) } else { quote!(Self { #(#values)* }) };
        quote! {
            #(#cfgs_of_type)*
            impl ::core::default::Default for #name {
                fn default() -> Self {
                    #body
                }
            }
        }
    }
}

/// Whether a field's type is one of this module without `#[config(nested)]` and without derives of its own: each of the five
/// derives would tell it in words of its own.
fn without_attribute(input: &DeriveInput, module: &Module, ctxt: &Ctxt) -> bool {
    let Data::Struct(data) = &input.data else { return false };
    let mut broken = false;
    for field in &data.fields {
        for name in names(&field.ty).into_iter().filter(|name| module.declares_bare(name)) {
            let rule = format!("`{name}` is a part of the config, so it is a config type too");
            ctxt.error(Code::NestedConfig, name, rule, format!("put `#[config(nested)]` on `{name}`"));
            broken = true;
        }
    }
    broken
}

/// The plain names in a type, also those inside `Vec<…>` and its like.
fn names(ty: &Type) -> Vec<&Ident> {
    let Type::Path(path) = ty else { return Vec::new() };
    let mut found = Vec::new();
    found.extend(path.path.get_ident());
    for segment in &path.path.segments {
        if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
            found.extend(arguments.args.iter().flat_map(|argument| match argument {
                GenericArgument::Type(ty) => names(ty),
                _ => Vec::new(),
            }));
        }
    }
    found
}

/// Takes `#[config(default = …)]` from a field.
fn default_of(attributes: &mut Vec<Attribute>, ctxt: &Ctxt) -> Option<Expr> {
    let mut default = None;
    attributes.retain(|attribute| {
        if super::split::refuse_hidden(attribute, ctxt) {
            return false;
        }
        let ours = crate::symbol::helper(attribute) == Some("config");
        if ours {
            let mut args = Args::of("config", attribute, ctxt);
            default = args.expr("default", ctxt).or_else(|| default.take());
            args.finish(&["default"], ctxt);
        }
        !ours
    });
    default
}
