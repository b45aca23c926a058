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
    let idempotent = hook.idempotent;
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
            idempotent: #idempotent,
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
    let (now, later, third, convert) = match hook.kind {
        HookKind::Before => (quote!(before), quote!(before_later), None, quote!(decision)),
        HookKind::Around => (quote!(around), quote!(around_later), Some(quote!(next)), quote!(value)),
        HookKind::Replace => (quote!(replace), quote!(replace_later), None, quote!(value)),
        HookKind::After => (quote!(after), quote!(after_later), Some(quote!(output)), quote!(unit)),
        HookKind::Rescue => (quote!(rescue), quote!(rescue_later), Some(quote!(error)), quote!(value)),
        HookKind::Observe => (quote!(observe), quote!(observe_later), Some(quote!(seen)), quote!(seen)),
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
    let arguments = quote!(#own, #input #passed #call);
    let convert = at(span, convert);
    let expected = quote_spanned!(point.span()=> #at_point::expected::<#point>());
    let var = krate.local("out", span);
    let converted = quote_spanned!(span=> #at_output::#convert(#expected, #var));
    let bound = if function.is_async {
        // The future is made in its place: no box holds it, nothing copies it there, and no other future stands around it.
        let name = function.ident.span();
        let place = krate.local("place", point.span());
        // That it is not `Send` is told at the hook, all that is not right about the point at the point.
        let at_name = krate.private_at(name);
        let made = handlers::called(&hook.handler, &arguments);
        let make = quote_spanned!(name=> #at_name::sends(move || #made));
        let meant = quote_spanned!(span=> |#var| #converted);
        let value =
            quote_spanned!(point.span()=> #at_point::later::<#point, _, _, _, _>(#place, #make, #meant));
        quote_spanned!(point.span()=> #at_point::#later::<#point, #state, _>(#own_var, |#own_var, #input #third, #call_var, #place| #value))
    } else {
        let out = handlers::out(&hook.handler, &arguments, krate);
        let value = quote_spanned!(point.span()=> { #out #converted });
        quote_spanned!(point.span()=> #at_point::#now::<#point, #state, _>(#own_var, |#own_var, #input #third, #call_var| #value))
    };
    quote!(|#own_var| #bound)
}
