//! What `#[capability]` reads from a trait.

use proc_macro2::TokenStream;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Attribute, Ident, ItemTrait, LitStr, Path, Signature, TraitItem, TraitItemFn};

use super::validate::{is_for_sized_only, validate_idempotent};
use crate::args::Args;
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::expand::cfgs;

const KEYS: &[&str] = &["version", "classify", "crate"];

/// A capability's trait.
pub(super) struct Model {
    /// Of the contract.
    pub(super) version: Option<LitStr>,
    /// What says how the guard takes an error.
    pub(super) classify: Option<Path>,
    /// Another name of the framework's crate.
    pub(super) root: Option<Path>,
    /// The name of what a provider dereferences to.
    pub(super) proxy: Ident,
    /// Those that can be called through `dyn`.
    pub(super) methods: Vec<Method>,
}

/// A method that others can call.
pub(super) struct Method {
    pub(super) cfgs: Vec<Attribute>,
    /// What is said to its users: documentation and lints.
    pub(super) notes: Vec<Attribute>,
    pub(super) signature: Signature,
    /// Whether it may be called again with the same arguments.
    pub(super) idempotent: bool,
    /// `Storage::get`
    pub(super) name: String,
}

impl Model {
    pub(super) fn read(args: TokenStream, item: &mut ItemTrait, ctxt: &Ctxt) -> Self {
        let mut args = Args::read("capability", args, ctxt);
        let (version, classify) = (args.text("version", ctxt), args.path("classify", ctxt));
        let root = args.path("crate", ctxt);
        args.finish(KEYS, ctxt);
        if let Some(version) =
            version.as_ref().filter(|text| semver::VersionReq::parse(&text.value()).is_err())
        {
            ctxt.error(
                Code::Version,
                version,
                format!("`{}` is no version", version.value()),
                "write it as `\"1.1\"` or `\"1.1.0\"`",
            );
        }
        let owner = item.ident.unraw();
        let methods = item.items.iter_mut().filter_map(|member| match member {
            TraitItem::Fn(method) => {
                let idempotent = take_idempotent(method, ctxt);
                (!is_for_sized_only(method)).then(|| Method {
                    cfgs: cfgs(&method.attrs),
                    notes: method.attrs.iter().filter(|one| is_note(one)).cloned().collect(),
                    signature: method.sig.clone(),
                    idempotent,
                    name: format!("{owner}::{}", method.sig.ident.unraw()),
                })
            }
            _ => None,
        });
        let methods = methods.collect();
        Self {
            version,
            classify,
            root,
            proxy: format_ident!("{owner}Proxy", span = item.ident.span()),
            methods,
        }
    }
}

/// Takes `#[idempotent]` off a method.
fn take_idempotent(method: &mut TraitItemFn, ctxt: &Ctxt) -> bool {
    let (taken, others): (Vec<_>, _) =
        method.attrs.drain(..).partition(|one| one.path().is_ident("idempotent"));
    method.attrs = others;
    taken.first().inspect(|attribute| validate_idempotent(attribute, method, ctxt)).is_some()
}

/// Whether an attribute of a method tells its users something that holds for the proxy's method as well.
fn is_note(attribute: &Attribute) -> bool {
    ["doc", "must_use", "deprecated"].iter().any(|name| attribute.path().is_ident(name))
}
