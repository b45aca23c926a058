//! What the functions of a plugin look like, and what is wrong where they look otherwise.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, Ident, Pat, PathArguments, ReturnType, Signature, Type};

use crate::code::Code;
use crate::ctxt::Ctxt;

/// A function that the glue calls.
pub(super) struct Function {
    pub(super) ident: Ident,
    pub(super) is_async: bool,
    pub(super) params: Vec<Type>,
    pub(super) output: ReturnType,
}

impl Function {
    /// Reads a signature; everything the glue cannot call is an error at its token.
    pub(super) fn read(helper: &str, signature: &Signature, ctxt: &Ctxt) -> Option<Self> {
        let on = format!("`#[{helper}]`");
        let refuse = |tokens: &dyn ToTokens, rule: String, remedy: &str| {
            ctxt.error(Code::PlainFunction, tokens.to_token_stream(), rule, remedy);
        };
        let mut good = true;
        if !signature.generics.params.is_empty() {
            refuse(
                &signature.generics,
                format!("a function with {on} has no generic parameters: the framework calls it"),
                "use concrete types",
            );
            good = false;
        }
        if let syn::Safety::Unsafe(unsafety) = &signature.safety {
            refuse(
                unsafety,
                format!("a function with {on} is not unsafe: the framework calls it"),
                "keep the unsafe part inside",
            );
            good = false;
        }
        if let Some(abi) = &signature.abi {
            refuse(abi, format!("a function with {on} has Rust's own calling convention"), "remove `extern`");
            good = false;
        }
        for argument in &signature.inputs {
            match argument {
                FnArg::Receiver(receiver) => {
                    let rule = format!("a function with {on} stands in the module, not in an impl");
                    refuse(receiver, rule, "take the state as `name: &State`");
                    good = false;
                }
                FnArg::Typed(typed) => {
                    if !matches!(&*typed.pat, Pat::Ident(name) if name.subpat.is_none() && name.by_ref.is_none())
                        && !matches!(&*typed.pat, Pat::Wild(_))
                    {
                        refuse(
                            &typed.pat,
                            format!("a parameter of {on} has a plain name"),
                            "name it and take it apart in the body",
                        );
                        good = false;
                    }
                    if let Some(inner) = impl_trait(&typed.ty) {
                        refuse(
                            inner,
                            format!("a parameter of {on} has a concrete type, not `impl Trait`"),
                            "name the type",
                        );
                        good = false;
                    }
                }
            }
        }
        good.then(|| Self::quiet(signature))
    }

    /// The parameters and the return type, unchecked.
    pub(super) fn quiet(signature: &Signature) -> Self {
        let ty = |argument: &FnArg| match argument {
            FnArg::Typed(typed) => Some((*typed.ty).clone()),
            FnArg::Receiver(_) => None,
        };
        Self {
            ident: signature.ident.clone(),
            is_async: signature.asyncness.is_some(),
            params: signature.inputs.iter().filter_map(ty).collect(),
            output: signature.output.clone(),
        }
    }

    /// The parameter at `at`, or the name where there is none.
    pub(super) fn at(&self, at: usize) -> TokenStream {
        self.params.get(at).map_or_else(|| self.ident.to_token_stream(), ToTokens::to_token_stream)
    }

    /// The type behind `&`, of the parameter at `at`.
    pub(super) fn referent(&self, at: usize) -> Option<&Type> {
        match self.params.get(at)? {
            Type::Reference(reference) => Some(&reference.elem),
            _ => None,
        }
    }

    /// The type inside `Arc<…>`, of the parameter at `at`.
    pub(super) fn shared(&self, at: usize) -> Option<&Type> {
        first_argument(self.params.get(at)?, "Arc")
    }

    /// Whether the parameter at `at` is `&mut`.
    pub(super) fn is_mut(&self, at: usize) -> bool {
        matches!(self.params.get(at), Some(Type::Reference(reference)) if reference.mutability.is_some())
    }

    /// The last name in the type of the parameter at `at`, behind references.
    pub(super) fn names(&self, at: usize, name: &str) -> bool {
        let ty = match self.params.get(at) {
            Some(Type::Reference(reference)) => &reference.elem,
            Some(ty) => ty,
            None => return false,
        };
        last_name(ty).is_some_and(|last| last == name)
    }

    /// `T` of `Result<T, E>`, else the type itself; and whether it was a `Result`.
    pub(super) fn returned(&self) -> Option<(&Type, bool)> {
        let ReturnType::Type(_, ty) = &self.output else { return None };
        match first_argument(ty, "Result") {
            Some(inner) => Some((inner, true)),
            None => Some((ty, false)),
        }
    }

    /// Where the return type stands, or the name where there is none.
    pub(super) fn output_span(&self) -> Span {
        match &self.output {
            ReturnType::Type(_, ty) => ty.span(),
            ReturnType::Default => self.ident.span(),
        }
    }
}

fn impl_trait(ty: &Type) -> Option<&dyn ToTokens> {
    match ty {
        Type::ImplTrait(found) => Some(found),
        Type::Reference(reference) => impl_trait(&reference.elem),
        _ => None,
    }
}

fn last_name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

/// `T` of `name<T, …>`.
pub(super) fn first_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
