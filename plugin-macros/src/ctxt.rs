//! Collects errors, so that all of an input are told at once.

use std::cell::RefCell;

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::api::Api;
use crate::code::Code;

/// The errors found so far.
#[derive(Default)]
pub(crate) struct Ctxt {
    /// Of old forms, which are no errors.
    pub(crate) api: Api,
    errors: RefCell<Vec<syn::Error>>,
}

impl Ctxt {
    /// An error at `tokens`: the rule, its code, the remedy.
    pub(crate) fn error(
        &self,
        code: Code,
        tokens: impl ToTokens,
        rule: impl std::fmt::Display,
        remedy: impl std::fmt::Display,
    ) {
        self.push(code.at(tokens, rule, remedy));
    }

    pub(crate) fn push(&self, error: syn::Error) {
        self.errors.borrow_mut().push(error);
    }

    /// The value, or `None` with the error kept.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.errors.borrow().is_empty()
    }

    /// All errors as `compile_error!`s.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.errors.into_inner().iter().map(syn::Error::to_compile_error).collect()
    }
}
