//! `#[derive(HookPoint)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Type};

use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::expand::{Crate, allows};
use crate::types::Types;

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
        let mut args = Types::of("hook_point", &["output", "error"], attribute, ctxt);
        point.output = args.types.remove("output").or(point.output);
        point.error = args.types.remove("error").or(point.error);
        point.classify = args.args.path("classify", ctxt).or(point.classify);
        point.sync |= args.args.flag("sync", ctxt).unwrap_or(false);
        point.root = args.args.path("crate", ctxt).or(point.root);
        args.args.finish(KEYS, ctxt);
    }
    point
}

fn validate(item: &DeriveInput, ctxt: &Ctxt) {
    if !item.generics.params.is_empty() {
        ctxt.error(
            Code::GenericPoint,
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
    let mode = if point.sync { quote!(NeverAwaits) } else { quote!(Awaits) };
    // An error without a class of its own is a refusal, which `HookPoint` says; `PluginError` has one.
    let by = match (&point.classify, &point.error) {
        (Some(path), _) => Some(quote!(#path)),
        (None, None) => Some(quote!(#root::PluginError::class)),
        (None, Some(_)) => None,
    };
    let classify = by.map(|by| {
        // Without a path it stands at the name: what is wrong about the type is told there, and so once.
        let span = point.classify.as_ref().map_or_else(|| name.span(), syn::spanned::Spanned::span);
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
        };
    }
}
