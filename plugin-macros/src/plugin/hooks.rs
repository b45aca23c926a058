//! The glue of one hook: a closure that brings the author's function into the shape of its kind.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::model::{Hook, HookKind};
use crate::args::location;
use crate::expand::{Crate, placed};

/// A `HookDescriptor`.
pub(super) fn descriptor(hook: &Hook, state: &Type, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let function = &hook.handler.function;
    let (cfgs, point, priority) = (&hook.handler.cfgs, &hook.point, hook.priority);
    let name = function.ident.to_string();
    let place = location(private, function.ident.span());
    let anchors = |names: &[syn::LitStr]| {
        names.iter().map(|name| super::expand::anchor(name, private)).collect::<Vec<_>>()
    };
    let (before, after) = (anchors(&hook.before), anchors(&hook.after));
    let variant = hook.kind.variant();
    let bind = bind(hook, state, private);
    let id = quote_spanned!(point.span()=> <#point as #private::HookPoint>::ID);
    quote! {
        #(#cfgs)*
        #private::HookDescriptor {
            point: #id,
            kind: #private::HookKind::#variant,
            name: #name,
            location: #place,
            priority: #priority,
            before: &[#(#before),*],
            after: &[#(#after),*],
            bind: #bind,
        },
    }
}

impl HookKind {
    fn variant(self) -> TokenStream {
        match self {
            Self::Before => quote!(Before),
            Self::Around => quote!(Around),
            Self::Replace => quote!(Replace),
            Self::After => quote!(After),
            Self::Rescue => quote!(Rescue),
            Self::Observe => quote!(Observe),
        }
    }
}

fn bind(hook: &Hook, state: &Type, private: &TokenStream) -> TokenStream {
    let function = &hook.handler.function;
    let (ident, point) = (&function.ident, &hook.point);
    let state_type = function.referent(0);
    let own =
        quote_spanned!(placed(state_type.span())=> <#state_type as #private::StateOf<#state>>::of(state));
    let (binder, params, convert) = match hook.kind {
        HookKind::Before => {
            (quote!(before), quote!(input), quote!(#private::BeforeReturn::<#point>::decision))
        }
        HookKind::Around => {
            (quote!(around), quote!(input, third), quote!(#private::ValueReturn::<#point>::value))
        }
        HookKind::Replace => (quote!(replace), quote!(input), quote!(#private::ValueReturn::<#point>::value)),
        HookKind::After => {
            (quote!(after), quote!(input, third), quote!(#private::AfterReturn::<#point>::unit))
        }
        HookKind::Rescue => {
            (quote!(rescue), quote!(input, third), quote!(#private::ValueReturn::<#point>::value))
        }
        HookKind::Observe => (quote!(observe), quote!(input, third), quote!(#private::ObserveReturn::seen)),
    };
    let call = (function.params.len() > hook.kind.arity()).then(|| quote!(, call));
    let called = quote_spanned!(ident.span()=> #ident(#own, #params #call));
    let result = function.output_span();
    let step = if function.is_async {
        let converted = quote_spanned!(result=> #convert(#called.await));
        quote_spanned!(ident.span()=> #private::later::<#point, _>(async move { #converted }))
    } else {
        let converted = quote_spanned!(result=> #convert(#called));
        quote!(#private::Step::Ready(#converted))
    };
    quote!(|state| #private::#binder::<#point, #state, _>(state, |state, #params, call| #step))
}
