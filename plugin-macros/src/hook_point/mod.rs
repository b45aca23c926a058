//! `#[derive(HookPoint)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Type};

use crate::args::Args;
use crate::ctxt::Ctxt;
use crate::expand::{Crate, allows};

const KEYS: &[&str] = &["output", "error", "classify", "sync", "crate"];

/// What the attribute says.
struct Point {
    output: Option<Type>,
    error: Option<Type>,
    /// Says what an error means to the guard.
    classify: Option<syn::Path>,
    sync: bool,
    root: Option<syn::Path>,
}

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let ctxt = Ctxt::default();
    let Some(item) = ctxt.ok(syn::parse2::<DeriveInput>(item)) else { return ctxt.into_tokens() };
    let point = read(&item, &ctxt);
    validate(&item, &ctxt);
    let tokens = if item.generics.params.is_empty() { generate(&item, &point) } else { TokenStream::new() };
    let errors = ctxt.into_tokens();
    quote!(#errors #tokens)
}

fn read(item: &DeriveInput, ctxt: &Ctxt) -> Point {
    let mut point = Point { output: None, error: None, classify: None, sync: false, root: None };
    for attribute in item.attrs.iter().filter(|attribute| attribute.path().is_ident("hook_point")) {
        let mut args = Types::of(attribute, ctxt);
        point.output = args.types.remove("output").or(point.output);
        point.error = args.types.remove("error").or(point.error);
        point.classify = args.args.path("classify", ctxt).or(point.classify);
        point.sync |= args.args.flag("sync", ctxt).unwrap_or(false);
        point.root = args.args.path("crate", ctxt).or(point.root);
        args.args.finish(KEYS, ctxt);
    }
    point
}

/// `output = Vec<u8>` is no expression, so the keys that take a type are read apart from the others.
struct Types {
    types: std::collections::HashMap<&'static str, Type>,
    args: Args,
}

impl Types {
    fn of(attribute: &syn::Attribute, ctxt: &Ctxt) -> Self {
        let mut types = std::collections::HashMap::new();
        let mut rest = TokenStream::new();
        let tokens = match &attribute.meta {
            syn::Meta::List(list) => list.tokens.clone(),
            _ => {
                Args::of("hook_point", attribute, ctxt);
                TokenStream::new()
            }
        };
        let parsed = syn::parse::Parser::parse2(
            |input: syn::parse::ParseStream<'_>| {
                while !input.is_empty() {
                    let key: syn::Ident = syn::ext::IdentExt::parse_any(input)?;
                    if let Some(name) = ["output", "error"].into_iter().find(|name| key == name) {
                        if !input.peek(syn::Token![=]) {
                            let message = format!("`{name}` takes a type\n  help: write `{name} = Type`");
                            return Err(syn::Error::new(key.span(), message));
                        }
                        input.parse::<syn::Token![=]>()?;
                        if types.insert(name, input.parse()?).is_some() {
                            ctxt.error(
                                &key,
                                format!("`{name}` is given twice in `#[hook_point]`"),
                                "keep one of them",
                            );
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
        ctxt.ok(parsed);
        Self { types, args: Args::read("hook_point", rest, ctxt) }
    }
}

fn validate(item: &DeriveInput, ctxt: &Ctxt) {
    if !item.generics.params.is_empty() {
        ctxt.error(
            &item.generics,
            "a hook point has no generic parameters: each point is one operation",
            "derive it for a struct of concrete types",
        );
    }
}

fn generate(item: &DeriveInput, point: &Point) -> TokenStream {
    let Crate { root, private, .. } = Crate::new(point.root.as_ref());
    let name = &item.ident;
    let text = syn::ext::IdentExt::unraw(name).to_string();
    let output = point.output.as_ref().map_or_else(|| quote!(()), |output| quote!(#output));
    let error = point.error.as_ref().map_or_else(|| quote!(#root::PluginError), |error| quote!(#error));
    let (point_of, mode) = if point.sync {
        (quote!(SyncPoint), quote!(NeverAwaits))
    } else {
        (quote!(AsyncPoint), quote!(Awaits))
    };
    // An error without a class of its own is a refusal, which `HookPoint` says; `PluginError` has one.
    let by = match (&point.classify, &point.error) {
        (Some(path), _) => Some(quote!(#path)),
        (None, None) => Some(quote!(#root::PluginError::class)),
        (None, Some(_)) => None,
    };
    let classify = by.map(|by| {
        let span =
            point.classify.as_ref().map_or_else(proc_macro2::Span::call_site, syn::spanned::Spanned::span);
        quote_spanned! {span=>
            fn classify(error: &Self::Error) -> #private::ErrorClass {
                #by(error)
            }
        }
    });
    let allows = allows();
    quote! {
        #allows
        const _: () = {
            impl #private::HookPoint for #name {
                type Output = #output;
                type Error = #error;
                type Mode = #private::#mode;
                const ID: #private::PointId =
                    #private::PointId::new(#text, ::core::concat!(::core::module_path!(), "::", #text));
                #classify
            }
            impl #private::#point_of for #name {}
        };
    }
}
