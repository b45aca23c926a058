//! What an `async` method is where nothing is put around the future that it yields: a plain function.

use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    FnArg, GenericParam, Lifetime, ParenthesizedGenericArguments, PathArguments, ReturnType, Signature,
    TypeFnPtr, TypeMacro, TypePath, TypeReference, parse_quote,
};

/// Of which a longer lifetime inside may stand for a shorter one.
const COVARIANT: &[&str] = &["Option", "Result", "Vec", "Box", "Arc", "Rc", "Cow"];

/// The same without `async`, if that can be said: a future of several arguments that borrow is told from others by one lifetime, which
/// must do for all of them.
pub(super) fn later(signature: &Signature) -> Option<Signature> {
    let mut signature = signature.clone();
    if signature.generics.lifetimes().next().is_some() {
        return None;
    }
    let lifetime: Lifetime = parse_quote!('plugboard);
    let mut shared = Shared { lifetime: lifetime.clone(), fixed: 0, is_used: false, fails: false };
    for argument in &mut signature.inputs {
        if let FnArg::Typed(typed) = argument {
            shared.visit_type_mut(&mut typed.ty);
        }
    }
    if shared.fails {
        return None;
    }
    let shared = shared.is_used.then_some(lifetime);
    signature.generics.params.extend(shared.iter().map(|one| -> GenericParam { parse_quote!(#one) }));
    if let ReturnType::Type(_, output) = &mut signature.output {
        // At one token, so that rustc tells once what is wrong there; and not by the edition of that.
        let span = output.span();
        let shared = shared.iter();
        *output = syn::parse_quote_spanned!(span=> impl ::core::future::Future<Output = #output> + use<'_ #(, #shared)*>);
    }
    signature.asyncness = None;
    Some(signature)
}

/// Says one lifetime wherever none is said.
struct Shared {
    lifetime: Lifetime,
    /// How many types are around of which the lifetime inside may have to be just what it is.
    fixed: usize,
    is_used: bool,
    fails: bool,
}

impl Shared {
    fn inside(&mut self, is_fixed: bool, visit: impl FnOnce(&mut Self)) {
        self.fixed += usize::from(is_fixed);
        visit(self);
        self.fixed -= usize::from(is_fixed);
    }

    fn say(&mut self) -> Lifetime {
        self.fails |= self.fixed > 0;
        self.is_used = true;
        self.lifetime.clone()
    }
}

impl VisitMut for Shared {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.say());
        }
        self.inside(reference.mutability.is_some(), |shared| {
            visit_mut::visit_type_reference_mut(shared, reference);
        });
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.say();
        }
    }

    fn visit_type_path_mut(&mut self, path: &mut TypePath) {
        // Of what is in others nobody knows how.
        let is_known =
            path.path.segments.last().is_some_and(|last| COVARIANT.iter().any(|known| last.ident == known));
        for segment in &mut path.path.segments {
            if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                self.inside(!is_known, |shared| {
                    visit_mut::visit_angle_bracketed_generic_arguments_mut(shared, arguments);
                });
            }
        }
    }

    fn visit_type_macro_mut(&mut self, _: &mut TypeMacro) {
        self.fails = true;
    }

    // What is elided in these is their own.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}
}
