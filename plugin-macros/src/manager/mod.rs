//! `#[derive(PluginManager)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, Field, Fields, Ident, Type};

use crate::args::{Args, location};
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::expand::{Crate, allows, cfgs};

const KEYS: &[&str] = &["plugins", "crate"];

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let ctxt = Ctxt::default();
    let Some(item) = ctxt.ok(syn::parse2::<DeriveInput>(item)) else { return ctxt.into_tokens() };
    let mut plugins = None;
    let mut root = None;
    for attribute in item.attrs.iter().filter(|attribute| attribute.path().is_ident("manager")) {
        let mut args = Args::of("manager", attribute, &ctxt);
        plugins = args.expr("plugins", &ctxt).or(plugins);
        root = args.path("crate", &ctxt).or(root);
        args.finish(KEYS, &ctxt);
    }
    let fields = fields(&item, &ctxt);
    let tokens = if ctxt.is_clean() {
        generate(&item, &fields, plugins.as_ref(), &Crate::new(root.as_ref()))
    } else {
        TokenStream::new()
    };
    let errors = ctxt.into_tokens();
    quote!(#errors #tokens)
}

fn fields(item: &DeriveInput, ctxt: &Ctxt) -> Vec<Field> {
    if !item.generics.params.is_empty() {
        let rule = "a manager has no generic parameters: its plugins are known while compiling";
        ctxt.error(Code::ManagerShape, &item.generics, rule, "remove them");
    }
    match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields.named.iter().cloned().collect(),
            Fields::Unit => Vec::new(),
            Fields::Unnamed(_) => {
                let remedy = "write `struct M { chat: Chain<…> }`";
                ctxt.error(
                    Code::ManagerShape,
                    &item.ident,
                    "a manager's fields have names, which its errors use",
                    remedy,
                );
                Vec::new()
            }
        },
        Data::Enum(_) | Data::Union(_) => {
            ctxt.error(
                Code::ManagerShape,
                &item.ident,
                "a manager is a struct of chains and providers",
                "derive `PluginManager` for a struct",
            );
            Vec::new()
        }
    }
}

/// `<Type as ManagerField>::item`, which stands where the type stands, from its first token to its last: what is wrong with the type
/// itself is then the same message as rustc's own at the field, and told once.
fn of_field(ty: &Type, item: &str, krate: &Crate) -> TokenStream {
    let there = krate.private_at(ty.span());
    let last = ty.to_token_stream().into_iter().last().map_or_else(|| ty.span(), |token| token.span());
    let item = Ident::new(item, last);
    quote_spanned!(ty.span()=> <#ty as #there::ManagerField>::#item)
}

fn generate(item: &DeriveInput, fields: &[Field], plugins: Option<&Expr>, krate: &Crate) -> TokenStream {
    let Crate { root, private, .. } = krate;
    let (name, vis) = (&item.ident, &item.vis);
    let text = name.to_string();
    let list = plugins.map_or_else(|| quote_spanned!(name.span()=> PLUGINS), |plugins| quote!(#plugins));
    let specs = fields.iter().map(|field| {
        let (cfgs, ty) = (cfgs(&field.attrs), &field.ty);
        let need = of_field(ty, "NEED", krate);
        let text = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let location = location(private, field.ident.span());
        quote! {
            #(#cfgs)*
            #private::FieldDescriptor { name: #text, location: #location, need: #need },
        }
    });
    let values = fields.iter().map(|field| {
        let (cfgs, ident, ty) = (cfgs(&field.attrs), &field.ident, &field.ty);
        let take = of_field(ty, "take", krate);
        let taken = quote_spanned!(ty.span()=> (assembly)?);
        quote!(#(#cfgs)* #ident: #take #taken,)
    });
    let body = if fields.is_empty()
        && matches!(&item.data, Data::Struct(data) if matches!(data.fields, Fields::Unit))
    {
        quote!(Self)
    } else {
        quote!(Self { #(#values)* })
    };
    let builder = format!("Configures and starts a [`{text}`] over the app's list of plugins.");
    let allows = allows();
    let check = quote_spanned! {name.span()=>
        if !__PLUGBOARD_FINDINGS.is_empty() {
            ::core::panic!("{}", __PLUGBOARD_FINDINGS.text(__PLUGBOARD_LIST.entries).as_str());
        }
    };
    quote! {
        impl #name {
            #[doc = #builder]
            #vis fn builder() -> #root::manager::Builder<Self> {
                #root::manager::Builder::new()
            }
        }

        #allows
        const _: () = {
            impl #private::PluginManager for #name {
                const SPEC: #private::ManagerSpec =
                    #private::ManagerSpec { name: #text, fields: &[#(#specs)*] };
                const PLUGINS: #root::PluginSet = __PLUGBOARD_LIST;

                fn assemble(
                    assembly: &mut #private::Assembly,
                ) -> ::core::result::Result<Self, #root::PluginError> {
                    let _ = &assembly;
                    ::core::result::Result::Ok(#body)
                }
            }

            // Outside the impl: in there rustc would take a list that is not in scope for the constant of the trait.
            const __PLUGBOARD_LIST: #root::PluginSet = #list;
            const __PLUGBOARD_FINDINGS: #private::Findings =
                #private::check_manager(&__PLUGBOARD_LIST, &<#name as #private::PluginManager>::SPEC);
            #check
        };
    }
}
