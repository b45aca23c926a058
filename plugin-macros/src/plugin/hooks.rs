//! The glue of one hook: a closure that brings the author's function into the shape of its kind.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::handlers;
use super::model::{Hook, HookKind};
use crate::args::location;
use crate::expand::{Crate, at};

/// A `HookDescriptor`.
pub(super) fn descriptor(hook: &Hook, state: &Type, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let function = &hook.handler.function;
    let (cfgs, point, priority) = (&hook.handler.cfgs, &hook.point, hook.priority);
    let name = syn::ext::IdentExt::unraw(&function.ident).to_string();
    let place = location(private, function.ident.span());
    let anchors = |names: &[syn::LitStr]| {
        names.iter().map(|name| super::expand::anchor(name, private)).collect::<Vec<_>>()
    };
    let changes = match hook.kind {
        HookKind::Before => function.is_mut(1),
        HookKind::Observe => false,
        HookKind::Around | HookKind::Replace | HookKind::After | HookKind::Rescue => true,
    };
    let (before, after) = (anchors(&hook.before), anchors(&hook.after));
    let variant = hook.kind.variant();
    let bind = bind(hook, state, krate);
    let there = krate.private_at(point.span());
    let id = quote_spanned!(point.span()=> #there::point_id::<#point>());
    quote! {
        #(#cfgs)*
        #private::HookDescriptor {
            point: #id,
            kind: #private::HookKind::#variant,
            name: #name,
            location: #place,
            priority: #priority,
            changes: #changes,
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

fn bind(hook: &Hook, state: &Type, krate: &Crate) -> TokenStream {
    let function = &hook.handler.function;
    let point = &hook.point;
    // Whatever is not right about the point is told at its type, and because all of it stands there, once.
    let at_point = krate.private_at(point.span());
    let span = function.output_span();
    let at_output = krate.private_at(span);
    let (binder, third, convert) = match hook.kind {
        HookKind::Before => (quote!(before), None, quote!(decision)),
        HookKind::Around => (quote!(around), Some(quote!(next)), quote!(value)),
        HookKind::Replace => (quote!(replace), None, quote!(value)),
        HookKind::After => (quote!(after), Some(quote!(output)), quote!(unit)),
        HookKind::Rescue => (quote!(rescue), Some(quote!(error)), quote!(value)),
        HookKind::Observe => (quote!(observe), Some(quote!(seen)), quote!(seen)),
    };
    let own = handlers::own(&hook.handler, state, krate);
    let third = third.map(|convert| {
        let ty = if hook.kind == HookKind::After { function.referent(2) } else { function.params.get(2) };
        let (at_third, convert) = (krate.private_at(ty.span()), at(ty.span(), convert));
        let var = krate.local("third", ty.span());
        let of = quote_spanned!(ty.span()=> , #at_third::Given(#var).#convert::<#ty>());
        let var = krate.local("third", point.span());
        (quote!(, #var), of)
    });
    let (third, passed) = third.unwrap_or_default();
    let call = function.params.get(hook.kind.arity()).map(|ty| {
        let call = krate.local("call", ty.span());
        quote_spanned!(ty.span()=> , #call)
    });
    let [own_var, input, call_var] = ["state", "input", "call"].map(|name| krate.local(name, point.span()));
    let out = handlers::out(&hook.handler, &quote!(#own, #input #passed #call), krate);
    let convert = at(span, convert);
    let expected = quote_spanned!(point.span()=> #at_point::expected::<#point>());
    let var = krate.local("out", span);
    let converted = quote_spanned!(span=> #at_output::#convert(#expected, #var));
    let step = if function.is_async {
        let at_name = krate.private_at(function.ident.span());
        let future = quote_spanned!(function.ident.span()=> #at_name::soon(async move { #out #converted }));
        quote_spanned!(point.span()=> #at_point::later::<#point, _>(#future))
    } else {
        quote_spanned!(point.span()=> { #out #at_point::Step::Ready(#converted) })
    };

    let bound = quote_spanned!(point.span()=> #at_point::#binder::<#point, #state, _>(#own_var, |#own_var, #input #third, #call_var| #step));
    quote!(|#own_var| #bound)
}
