//! Reads what syn leaves as tokens: attributes, and what macros take and make.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::Visit as _;
use syn::{Attribute, Block, Expr, File, Ident, Lit, Meta, Token};

use super::cfg;
use super::collect::Collector;
use super::permission::Kind;
use super::plugin::Plugin;
use super::program::{Argument, Mention, Path, Role, plain};
use super::text;

/// Attributes of the language and of its tools; none of them runs anything.
const BUILT_IN: &[&str] = &[
    "allow",
    "automatically_derived",
    "cfg",
    "cold",
    "crate_name",
    "crate_type",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "feature",
    "forbid",
    "ignore",
    "inline",
    "macro_export",
    "macro_use",
    "must_use",
    "no_implicit_prelude",
    "no_std",
    "non_exhaustive",
    "path",
    "recursion_limit",
    "repr",
    "should_panic",
    "target_feature",
    "track_caller",
    "type_length_limit",
    "warn",
    "windows_subsystem",
    "clippy",
    "diagnostic",
    "miri",
    "rust_analyzer",
    "rustfmt",
];
/// Attributes that change what the linker does, outside of what rustc checks.
const LINKER: &[&str] = &["export_name", "link_section", "naked", "no_mangle", "unsafe"];
const ASSEMBLY: &[&str] = &["asm", "global_asm", "naked_asm"];

impl Collector<'_> {
    /// `on` is the module that the attribute stands on.
    pub(super) fn attribute(&mut self, attribute: &Attribute, on: Option<&Ident>) {
        for meta in cfg::expanded(&attribute.meta) {
            self.meta(&meta, on);
        }
    }

    fn meta(&mut self, meta: &Meta, on: Option<&Ident>) {
        let path = meta.path();
        let Some(first) = path.segments.first().map(|segment| segment.ident.to_string()) else { return };
        if path.segments.len() == 1 && LINKER.contains(&first.as_str()) {
            return self.direct(Kind::UnsafeCode, "an attribute that rustc does not check", meta.span());
        }
        if BUILT_IN.contains(&first.as_str()) {
            return;
        }
        let tokens = match meta {
            Meta::List(list) => list.tokens.clone(),
            Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
        };
        if first == "derive" && path.segments.len() == 1 {
            let paths = Punctuated::<syn::Path, Token![,]>::parse_terminated.parse2(tokens);
            paths.into_iter().flatten().for_each(|path| self.mention(&path, Role::Macro, None));
            return;
        }
        self.mention(path, Role::Attribute, None);
        if let Some(module) = on.filter(|_| path.segments.last().is_some_and(|last| last.ident == "plugin")) {
            let place = self.place(path.span());
            self.program.plugins.push(Plugin::read(tokens, module, place));
            return;
        }
        self.scan(&tokens);
        self.paths_in_texts(&tokens);
        if let Meta::NameValue(pair) = meta {
            self.visit_expr(&pair.value);
        }
    }

    /// `macro!(…)`
    pub(super) fn call(&mut self, call: &syn::Macro) {
        let name = call.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let literal = text::first(&call.tokens, self.package);
        match name.as_str() {
            "include" => self.include(literal.as_deref(), call.path.span()),
            "include_str" | "include_bytes" => self.include_data(literal.as_deref(), &name, call.path.span()),
            name if ASSEMBLY.contains(&name) => self.direct(Kind::UnsafeCode, "assembly", call.path.span()),
            _ => {}
        }
        let argument = literal.map_or(Argument::Computed, Argument::Text);
        self.mention(&call.path, Role::Macro, Some(vec![argument]));
        if !name.starts_with("include") {
            self.tokens(&call.tokens);
        }
    }

    /// What `macro_rules!` makes: `(…) => { this }`. What it matches is no code.
    pub(super) fn rules(&mut self, tokens: &TokenStream) {
        let mut after_arrow = false;
        let mut previous = ' ';
        for token in tokens.clone() {
            match token {
                TokenTree::Group(group) if after_arrow => {
                    self.tokens(&group.stream());
                    after_arrow = false;
                }
                TokenTree::Punct(sign) => {
                    after_arrow |= previous == '=' && sign.as_char() == '>';
                    previous = sign.as_char();
                    continue;
                }
                _ => {}
            }
            previous = ' ';
        }
    }

    /// Items, statements or expressions, where the tokens are such; else the paths that are in them.
    pub(super) fn tokens(&mut self, tokens: &TokenStream) {
        let outer = std::mem::replace(&mut self.guessing, true);
        if let Ok(file) = syn::parse2::<File>(tokens.clone()) {
            file.items.iter().for_each(|item| self.visit_item(item));
        } else if let Ok(statements) = Block::parse_within.parse2(tokens.clone()) {
            self.statements(&statements);
        } else if let Ok(list) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) {
            list.iter().for_each(|expr| self.visit_expr(expr));
        } else {
            self.scan(tokens);
        }
        self.guessing = outer;
    }

    /// The paths among the tokens, `unsafe`, and `extern` with what follows.
    pub(super) fn scan(&mut self, tokens: &TokenStream) {
        let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            match tree {
                TokenTree::Group(group) => self.tokens(&group.stream()),
                TokenTree::Ident(ident) if ident == "unsafe" => {
                    self.direct(Kind::UnsafeCode, "unsafe code in a macro", ident.span());
                }
                TokenTree::Ident(ident) if ident == "extern" => {
                    let abi = matches!(trees.get(at + 1), Some(TokenTree::Literal(_)));
                    if abi || matches!(trees.get(at + 1), Some(TokenTree::Group(_))) {
                        self.direct(Kind::Ffi, "functions of another language in a macro", ident.span());
                    }
                }
                TokenTree::Ident(_) => {
                    at = self.path_at(&trees, at);
                    continue;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }

    /// Notes the path that starts at `start`, and says what stands behind it.
    fn path_at(&mut self, trees: &[TokenTree], start: usize) -> usize {
        let mut names = Vec::new();
        let mut at = start;
        let mut end = start;
        while let Some(TokenTree::Ident(ident)) = trees.get(at) {
            names.push(plain(&ident.to_string()).to_owned());
            end = at;
            at += 1;
            if !colons(trees, at) {
                break;
            }
            at += 2;
        }
        let before = |back: usize| start.checked_sub(back).and_then(|at| trees.get(at));
        let is = |tree: Option<&TokenTree>, sign| matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
        // `Type<T>::name` does not start at `::`.
        let leading = start >= 2 && colons(trees, start - 2) && !is(before(3), '>');
        // A field or a method, a lifetime, the name of a field, a variable of the macro; `$crate` is the crate.
        let no_path = (is(before(1), '.') && !is(before(2), '.'))
            || is(before(1), '\'')
            || (is(before(1), '$') && names[0] != "crate")
            || (names.len() == 1 && is(trees.get(at), ':') && !colons(trees, at));
        if no_path {
            return at;
        }
        let place = self.place(trees[start].span()).to(self.place(trees[end].span()));
        let path = Path { scope: self.scope, leading, names };
        let open = colons(trees, end + 1) && is(trees.get(end + 3), '$');
        if open {
            self.program.open_paths.push((path, place));
            return at;
        }
        if is(trees.get(at), '!') && matches!(trees.get(at + 1), Some(TokenTree::Group(_))) {
            let call = trees[start..=at + 1].iter().cloned().collect();
            if let Ok(call) = syn::parse2::<syn::Macro>(call) {
                self.call(&call);
                return at + 2;
            }
        }
        let arguments = match trees.get(at) {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                Some(self.arguments(&group.stream()))
            }
            _ => None,
        };
        self.program.mentions.push(Mention { path, place, role: Role::Code, arguments });
        at
    }

    fn arguments(&self, tokens: &TokenStream) -> Vec<Argument> {
        let parsed = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone());
        parsed.iter().flatten().take(2).map(|argument| self.argument(argument)).collect()
    }

    /// `#[serde(with = "std::fs")]`: an attribute may name code in a text.
    fn paths_in_texts(&mut self, tokens: &TokenStream) {
        for token in tokens.clone() {
            match token {
                TokenTree::Group(group) => self.paths_in_texts(&group.stream()),
                TokenTree::Literal(literal) => {
                    let Lit::Str(text) = Lit::new(literal.clone()) else { continue };
                    if let Ok(path) = syn::parse_str::<syn::Path>(&text.value())
                        && path.segments.len() > 1
                    {
                        let mention = Mention {
                            path: self.path(&path),
                            place: self.place(literal.span()),
                            role: Role::Code,
                            arguments: None,
                        };
                        self.program.mentions.push(mention);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// Whether `::` stands at this place.
fn colons(trees: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| match trees.get(at) {
        Some(TokenTree::Punct(sign)) if sign.as_char() == ':' => Some(sign.spacing()),
        _ => None,
    };
    colon(at) == Some(Spacing::Joint) && colon(at + 1).is_some()
}
