//! What keeps a trait from being a capability, told with its remedy: not by rustc at the first `dyn`, and not inside the proxy.

use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, FnArg, ItemTrait, Lifetime, Meta, ParenthesizedGenericArguments, ReceiverKind, ReturnType,
    Safety, TraitItem, TraitItemFn, Type, TypeFnPtr, TypeParamBound, TypeReference,
};

use crate::code::Code;
use crate::ctxt::Ctxt;

/// Supertraits that every proxy has.
const SUPERTRAITS: &[&str] = &["Send", "Sync", "Unpin", "Debug", "Any"];

pub(super) fn validate(item: &ItemTrait, ctxt: &Ctxt) {
    if !item.generics.params.is_empty() {
        ctxt.error(
            Code::CapabilityDyn,
            &item.generics,
            "a capability has no generic parameters: plugins find each other by the trait alone",
            "declare a trait for each type, or make the methods take `&dyn` values",
        );
    }
    for bound in &item.supertraits {
        if !is_known(bound) {
            ctxt.error(Code::Supertrait,
                bound,
                "a capability has no supertraits with methods: they would be called past the guard",
                "make it a capability of its own that others take beside this one, or repeat its methods here",
            );
        }
    }
    for member in &item.items {
        match member {
            TraitItem::Fn(method) => validate_method(method, ctxt),
            TraitItem::Type(associated) => ctxt.error(
                Code::CapabilityDyn,
                associated,
                "a capability has no associated types: it is called as `dyn` trait",
                "use a concrete type in the methods",
            ),
            TraitItem::Const(associated) => ctxt.error(
                Code::CapabilityDyn,
                associated,
                "a capability has no associated constants: it is called as `dyn` trait",
                "make it a method",
            ),
            _ => {}
        }
    }
}

fn is_known(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|last| SUPERTRAITS.iter().any(|known| last.ident == known))
        }
        TypeParamBound::Lifetime(lifetime) => lifetime.ident == "static",
        // rustc tells what it thinks of the others.
        _ => true,
    }
}

/// Whether a method is not for `dyn`, by `where Self: Sized`.
pub(super) fn is_for_sized_only(method: &TraitItemFn) -> bool {
    method.sig.generics.where_clause.as_ref().is_some_and(|clause| {
        clause.predicates.iter().any(|one| quote!(#one).to_string().replace(' ', "") == "Self:Sized")
    })
}

fn validate_method(method: &TraitItemFn, ctxt: &Ctxt) {
    let signature = &method.sig;
    if is_for_sized_only(method) {
        if method.default.is_none() {
            ctxt.error(
                Code::CapabilityDyn,
                &signature.ident,
                "what is only for `Sized` types needs a body: the proxy of a provider could not implement it",
                "give it a body, or make it a free function",
            );
        }
        return;
    }
    if !matches!(signature.safety, Safety::Default) {
        ctxt.error(
            Code::SharedMethod,
            &signature.ident,
            "a capability's methods are safe to call",
            "remove `unsafe`",
        );
    }
    match signature.receiver() {
        None => ctxt.error(
            Code::SharedMethod,
            &signature.ident,
            "a capability's methods take `&self`: it is called as `dyn` trait",
            "add `&self`, or make it a free function",
        ),
        Some(receiver) if !matches!(receiver.kind, ReceiverKind::Reference(_, _, None)) => ctxt.error(
            Code::SharedMethod,
            receiver,
            "a capability is shared, so its methods take `&self`",
            "write `&self`, and keep what changes behind a lock or an atomic",
        ),
        Some(_) => {}
    }
    if signature.generics.type_params().next().is_some() || signature.generics.const_params().next().is_some()
    {
        ctxt.error(
            Code::CapabilityDyn,
            &signature.generics,
            "a capability's methods have no generic parameters: it is called as `dyn` trait",
            "take a `&dyn` value or a concrete type",
        );
    }
    for argument in &signature.inputs {
        if let FnArg::Typed(typed) = argument
            && matches!(&*typed.ty, Type::ImplTrait(_))
        {
            ctxt.error(
                Code::CapabilityDyn,
                &typed.ty,
                "a capability's methods take no `impl Trait`",
                "take a `&dyn` value or a concrete type",
            );
        }
    }
    validate_output(method, ctxt);
}

/// What keeps a method from being called again.
pub(super) fn validate_idempotent(attribute: &Attribute, method: &TraitItemFn, ctxt: &Ctxt) {
    if !matches!(attribute.meta, Meta::Path(_)) {
        ctxt.error(Code::IdempotentMethod,
            attribute,
            "`#[idempotent]` takes no arguments",
            "write `#[idempotent]`; how often a call is tried again, and after what wait, is the `retry` of the plugin that offers it",
        );
    }
    if is_for_sized_only(method) {
        ctxt.error(
            Code::IdempotentMethod,
            attribute,
            "what is only for `Sized` types is not called through the guard, which is what tries again",
            "remove `#[idempotent]`, or `where Self: Sized`",
        );
    }
    if method.sig.asyncness.is_none() {
        ctxt.error(
            Code::IdempotentMethod,
            attribute,
            "a plain method is not tried again: it cannot wait between two tries",
            "make it an `async fn`, or remove `#[idempotent]`",
        );
    }
    for argument in &method.sig.inputs {
        if let FnArg::Typed(typed) = argument
            && matches!(&*typed.ty, Type::Reference(reference) if reference.mutability.is_some())
        {
            ctxt.error(Code::IdempotentMethod,
                &typed.ty,
                "an `#[idempotent]` method takes nothing by `&mut`: a try that failed may have changed what the next one is given",
                "take it by `&` or by value and return what changes, or remove `#[idempotent]`",
            );
        }
    }
}

fn validate_output(method: &TraitItemFn, ctxt: &Ctxt) {
    let fallible = |at: &dyn quote::ToTokens| {
        ctxt.error(Code::FallibleMethod,
            at.to_token_stream(),
            "a capability's method returns a `Result`: a call into a plugin can fail for the framework's reasons, as when the plugin is paused, panics or takes too long",
            "return `Result<_, E>` where `E` implements `From<CallError>`, `PluginError` for example",
        );
    };
    match &method.sig.output {
        ReturnType::Default => fallible(&method.sig.ident),
        ReturnType::Type(_, output) => match &**output {
            Type::ImplTrait(_) => ctxt.error(
                Code::CapabilityDyn,
                output,
                "a capability's methods return no `impl Trait`",
                "return a concrete type or a boxed `dyn`",
            ),
            // Of a path only rustc knows whether it is a `Result`, and tells it in these words.
            Type::Path(_) | Type::Macro(_) | Type::Group(_) | Type::Paren(_) => {
                validate_borrows(method, output, ctxt);
            }
            other => fallible(other),
        },
    }
}

/// What a method returns outlives the call, and with it the lease of the instance that it could borrow from.
fn validate_borrows(method: &TraitItemFn, output: &Type, ctxt: &Ctxt) {
    let own = method.sig.receiver().and_then(|receiver| match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, _) => lifetime.clone(),
        _ => None,
    });
    let mut borrows = Borrows { own, found: None };
    borrows.visit_type_mut(&mut output.clone());
    if let Some(place) = borrows.found {
        ctxt.error(Code::BorrowedOutput,
            place,
            "a capability's method cannot return what it borrows from `&self`: the plugin may be reloaded while the caller keeps it",
            "return an owned value, or an `Arc`",
        );
    }
}

/// Finds the first place in a type that borrows from the receiver.
struct Borrows {
    /// The receiver's lifetime, where it has a name.
    own: Option<Lifetime>,
    found: Option<proc_macro2::TokenStream>,
}

impl VisitMut for Borrows {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            self.found.get_or_insert_with(|| quote!(#reference));
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" || self.own.as_ref() == Some(&*lifetime) {
            self.found.get_or_insert_with(|| quote!(#lifetime));
        }
    }

    // What is elided in these is their own.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}
}
