//! Walks the syntax of a file and notes what it defines, imports and mentions.

use proc_macro2::{Ident, Span, TokenStream};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Abi, Attribute, Expr, ImplItem, Item, ItemUse, Lit, Safety, Stmt, TraitItem};

use super::cfg::{self, is_test_only};
use super::known;
use super::load::Position;
use super::permission::Kind;
use super::program::{Argument, Definition, Direct, Mention, Path, Program, Role, ScopeId, plain};
use super::source::{Files, Place};
use super::text;

/// Notes what it walks over, in the scope and file where it is.
pub(super) struct Collector<'a> {
    pub(super) program: &'a mut Program,
    pub(super) files: &'a mut Files,
    pub(super) scope: ScopeId,
    pub(super) position: Position,
    /// The folder of the manifest.
    pub(super) package: &'a std::path::Path,
    /// Whether this is read from what a macro takes, which may make anything of it or nothing.
    pub(super) guessing: bool,
}

impl Collector<'_> {
    pub(super) fn place(&self, span: Span) -> Place {
        Place::new(self.position.file, span)
    }

    pub(super) fn path(&self, path: &syn::Path) -> Path {
        let names =
            path.segments.iter().map(|segment| plain(&segment.ident.to_string()).to_owned()).collect();
        Path { scope: self.scope, leading: path.leading_colon.is_some(), names }
    }

    /// The names of the path alone: arguments may be long, and are mentions of their own.
    fn place_of(&self, path: &syn::Path) -> Place {
        let last = path.segments.last().map_or_else(Span::call_site, |last| last.ident.span());
        let first = path.segments.first().map_or(last, |first| first.ident.span());
        let first = path.leading_colon.map_or(first, |colons| colons.spans[0]);
        self.place(first).to(self.place(last))
    }

    pub(super) fn mention(&mut self, path: &syn::Path, role: Role, arguments: Option<Vec<Argument>>) {
        let mention = Mention { path: self.path(path), place: self.place_of(path), role, arguments };
        self.program.mentions.push(mention);
    }

    pub(super) fn direct(&mut self, kind: Kind, what: &str, span: Span) {
        let place = self.place(span);
        self.program.direct.push(Direct { kind, value: None, what: what.to_owned(), place });
    }

    /// Walks over statements that have a block to themselves.
    pub(super) fn statements(&mut self, statements: &[Stmt]) {
        let block = self.program.add_scope(Some(self.scope), false);
        let outer = std::mem::replace(&mut self.scope, block);
        statements.iter().for_each(|statement| self.visit_stmt(statement));
        self.scope = outer;
    }

    pub(super) fn define(&mut self, name: &Ident, definition: Definition, certain: bool) {
        self.program.define(self.scope, &name.to_string(), definition, certain);
    }

    /// Whether an item with these attributes is there in every build.
    pub(super) fn is_certain(&self, attributes: &[Attribute]) -> bool {
        !self.guessing && !cfg::is_conditional(attributes)
    }

    fn abi(&mut self, abi: Option<&Abi>, what: &str) {
        if let Some(abi) = abi.filter(|abi| abi.name.as_ref().is_none_or(|name| name.value() != "Rust")) {
            self.direct(Kind::Ffi, what, abi.span());
        }
    }

    pub(super) fn argument(&self, argument: &Expr) -> Argument {
        if let Some(text) = text::of(argument, self.package) {
            return Argument::Text(text);
        }
        match argument {
            Expr::Path(path) if path.qself.is_none() => Argument::Path(self.path(&path.path)),
            Expr::Reference(reference) => self.argument(&reference.expr),
            Expr::Paren(inner) => self.argument(&inner.expr),
            // `("host", 443)` is an address, and so is `"host:443"`.
            Expr::Tuple(pair) => match pair.elems.iter().collect::<Vec<_>>()[..] {
                [Expr::Lit(host), Expr::Lit(port)] => match (&host.lit, &port.lit) {
                    (Lit::Str(host), Lit::Int(port)) => {
                        Argument::Text(format!("{}:{}", host.value(), port.base10_digits()))
                    }
                    _ => Argument::Computed,
                },
                _ => Argument::Computed,
            },
            _ => Argument::Computed,
        }
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let on_item = cfg::of_item(item);
        if is_test_only(on_item) {
            // `#[test]` may be a macro that somebody named so.
            on_item.iter().for_each(|attribute| self.attribute(attribute, None));
            return;
        }
        let certain = self.is_certain(on_item);
        match item {
            Item::Use(item) => self.import(item),
            Item::ExternCrate(item) => self.extern_crate(item),
            Item::Mod(item) => {
                item.attrs.iter().for_each(|attribute| self.attribute(attribute, Some(&item.ident)));
                return self.module(item);
            }
            Item::Type(item) => match &*item.ty {
                syn::Type::Path(ty) if ty.qself.is_none() => {
                    let path = self.path(&ty.path);
                    self.alias(&item.ident, path, certain);
                }
                _ => self.define(&item.ident, Definition::Own, certain),
            },
            Item::Const(item) => match self.argument(&item.expr) {
                Argument::Text(text) => self.define(&item.ident, Definition::Text(text), certain),
                Argument::Path(path) => self.alias(&item.ident, path, certain),
                Argument::Computed => self.define(&item.ident, Definition::Own, certain),
            },
            Item::Static(item) => {
                if matches!(item.mutability, syn::StaticMutability::Mut(_)) {
                    self.direct(Kind::UnsafeCode, "a `static mut`", item.static_token.span);
                }
                self.define(&item.ident, Definition::Own, certain);
            }
            Item::Fn(item) => self.define(&item.sig.ident, Definition::Own, certain),
            Item::Struct(item) => self.define(&item.ident, Definition::Own, certain),
            Item::Enum(item) => self.define(&item.ident, Definition::Own, certain),
            Item::Union(item) => self.define(&item.ident, Definition::Own, certain),
            Item::TraitAlias(item) => self.define(&item.ident, Definition::Own, certain),
            Item::Trait(item) => {
                if let Some(token) = item.unsafety {
                    self.direct(Kind::UnsafeCode, "an unsafe trait", token.span);
                }
                self.define(&item.ident, Definition::Own, certain);
            }
            Item::Impl(item) => {
                if let Some(token) = item.unsafety {
                    self.direct(Kind::UnsafeCode, "an unsafe impl", token.span);
                }
            }
            Item::ForeignMod(item) => {
                self.direct(Kind::Ffi, "functions of another language", item.abi.span());
                item.attrs.iter().for_each(|attribute| self.attribute(attribute, None));
                return;
            }
            Item::Macro(item) if item.mac.path.is_ident("macro_rules") => {
                self.program.macros.extend(item.ident.as_ref().map(ToString::to_string));
                item.attrs.iter().for_each(|attribute| self.attribute(attribute, None));
                return self.rules(&item.mac.tokens);
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, _: &'ast ItemUse) {}

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.statements(&block.stmts);
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes: &[Attribute] = match statement {
            Stmt::Local(local) => &local.attrs,
            Stmt::Macro(call) => &call.attrs,
            Stmt::Expr(expr, _) => cfg::of_expr(expr),
            Stmt::Item(_) => &[],
        };
        if !is_test_only(attributes) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if is_test_only(attributes) {
            return;
        }
        if let ImplItem::Fn(item) = item {
            self.program.methods.insert(item.sig.ident.to_string());
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes: &[Attribute] = match item {
            TraitItem::Const(item) => &item.attrs,
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Type(item) => &item.attrs,
            TraitItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if is_test_only(attributes) {
            return;
        }
        if let TraitItem::Fn(item) = item {
            self.program.methods.insert(item.sig.ident.to_string());
        }
        visit::visit_trait_item(self, item);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_test_only(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if !is_test_only(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        if !is_test_only(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if !is_test_only(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if let Safety::Unsafe(token) = &signature.safety {
            self.direct(Kind::UnsafeCode, "an unsafe function", token.span);
        }
        self.abi(signature.abi.as_ref(), "a function for another language");
        visit::visit_signature(self, signature);
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.direct(Kind::UnsafeCode, "an unsafe block", block.unsafe_token.span);
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        match &*call.func {
            Expr::Path(function) if function.qself.is_none() => {
                let arguments = call.args.iter().take(2).map(|argument| self.argument(argument)).collect();
                self.mention(&function.path, Role::Code, Some(arguments));
                function
                    .path
                    .segments
                    .iter()
                    .for_each(|segment| self.visit_path_arguments(&segment.arguments));
            }
            function => self.visit_expr(function),
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = call.method.to_string();
        if call.args.is_empty() && known::PATH_METHODS.contains(&name.as_str()) {
            let place = self.place(call.method.span());
            self.program.path_methods.push((name, place));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.mention(path, Role::Code, None);
        path.segments.iter().for_each(|segment| self.visit_path_arguments(&segment.arguments));
    }

    fn visit_expr_path(&mut self, expr: &'ast syn::ExprPath) {
        self.qualified(expr.qself.as_ref(), &expr.path);
    }

    fn visit_type_path(&mut self, ty: &'ast syn::TypePath) {
        self.qualified(ty.qself.as_ref(), &ty.path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.attribute(attribute, None);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.call(call);
    }

    /// What syn does not understand: to parse it again would find the same.
    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.scan(tokens);
    }
}

impl Collector<'_> {
    /// `<Type>::name` names nothing but the type; `<Type as Trait>::name` the trait too.
    fn qualified(&mut self, of: Option<&syn::QSelf>, path: &syn::Path) {
        if let Some(of) = of {
            self.visit_type(&of.ty);
        }
        if of.is_none_or(|of| of.position > 0) {
            self.visit_path(path);
        } else {
            path.segments.iter().for_each(|segment| self.visit_path_arguments(&segment.arguments));
        }
    }
}
