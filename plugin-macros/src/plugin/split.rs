//! Takes the module apart: items with a helper attribute on one side, all other tokens untouched on the other. Bodies are
//! never parsed, so half-typed code inside them still completes in an editor.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Meta, Signature, Token, Visibility};

use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::symbol;

/// An inline module, taken apart.
pub(super) struct Module {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    pub(super) pieces: Vec<Piece>,
}

/// A part of the module's content, in order.
pub(super) enum Piece {
    /// Tokens that are none of our business.
    Other(TokenTree),
    /// An item with a helper attribute.
    Item(Box<Item>),
}

/// An item with one helper attribute, which is no longer among its attributes.
pub(super) struct Item {
    pub(super) helper: &'static str,
    pub(super) attribute: Attribute,
    pub(super) attributes: Vec<Attribute>,
    /// Everything behind the attributes, as written.
    pub(super) tokens: TokenStream,
    pub(super) kind: Kind,
}

/// What the item is.
pub(super) enum Kind {
    Fn(Box<Signature>),
    /// A struct or an enum.
    Type(Box<syn::DeriveInput>),
    /// `impl Trait for Type`
    Impl {
        target: Box<syn::Path>,
        of: Box<syn::Type>,
    },
    /// Something no helper goes with; it has been told.
    Wrong,
    /// The same, and rustc or the trait would tell it again, so it is left out.
    Gone,
}

impl Piece {
    /// The token as text; empty for an item with a helper.
    fn word(&self) -> String {
        match self {
            Self::Other(token) => token.to_string(),
            Self::Item(_) => String::new(),
        }
    }
}

impl Module {
    pub(super) fn read(item: TokenStream, ctxt: &Ctxt) -> Option<Self> {
        let (attributes, visibility, ident, content) = ctxt.ok(header.parse2(item))?;
        let pieces =
            Pieces { ctxt, rest: content.stream().into_iter().peekable(), pieces: Vec::new() }.read();
        Some(Self { attributes, visibility, ident, pieces })
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Item(item) => Some(&**item),
            Piece::Other(_) => None,
        })
    }

    /// Whether the module declares the struct or enum `name` without `#[config]` and without a derive or an impl of `Deserialize`.
    pub(super) fn declares_bare(&self, name: &Ident) -> bool {
        let words: Vec<String> = self.pieces.iter().map(Piece::word).collect();
        let declared = words
            .windows(2)
            .position(|two| ["struct", "enum"].contains(&two[0].as_str()) && name == two[1].as_str());
        let Some(at) = declared else { return false };
        let attributes = words[..at].iter().rev().take_while(|word| *word != ";" && !word.starts_with('{'));
        let derived =
            attributes.into_iter().any(|word| word.starts_with('[') && word.contains("Deserialize"));
        let mut impls = words.windows(8).filter(|eight| eight[6] == "for" && name == eight[7].as_str());
        !derived && !impls.any(|eight| eight.iter().any(|word| word == "Deserialize"))
    }

    /// Whether the module has `impl … Default for name` among its own items.
    pub(super) fn implements_default(&self, name: &Ident) -> bool {
        let words: Vec<String> = self.pieces.iter().map(Piece::word).collect();
        words.windows(3).any(|three| three[0] == "Default" && three[1] == "for" && name == three[2].as_str())
    }
}

fn header(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Visibility, Ident, Group)> {
    let attributes = input.call(Attribute::parse_outer)?;
    if let Some(second) = attributes.iter().find(|attribute| symbol::named(attribute, "plugin")) {
        let rule = "a module is one plugin, so it has one `#[plugin]`";
        return Err(Code::SecondPlugin.at(
            second,
            rule,
            "remove this one, or give its arguments to the other",
        ));
    }
    let visibility = input.parse()?;
    if !input.peek(Token![mod]) {
        let remedy = "write `#[plugin] pub mod name { … }` around the plugin's items";
        return Err(input.error(Code::NoModule.message("`#[plugin]` stands on a module", remedy)));
    }
    input.parse::<Token![mod]>()?;
    let ident = input.parse::<Ident>()?;
    if input.peek(Token![;]) {
        let rule = "`#[plugin]` needs the module's body here: a macro does not see another file";
        let remedy =
            "write `mod name { … }`; keep larger parts in modules of their own and call them from here";
        return Err(Code::NoBody.at(ident, rule, remedy));
    }
    let TokenTree::Group(content) = input.parse()? else { return Err(input.error("expected `{`")) };
    Ok((attributes, visibility, ident, content))
}

struct Pieces<'a> {
    ctxt: &'a Ctxt,
    rest: std::iter::Peekable<proc_macro2::token_stream::IntoIter>,
    pieces: Vec<Piece>,
}

impl Pieces<'_> {
    fn read(mut self) -> Vec<Piece> {
        while let Some(token) = self.rest.next() {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == '#' && self.at_brackets() => {
                    self.attributed(token);
                }
                _ => self.pieces.push(Piece::Other(token)),
            }
        }
        self.pieces
    }

    fn at_brackets(&mut self) -> bool {
        matches!(self.rest.peek(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket)
    }

    /// Outer attributes and, where one of them is a helper, the item behind them.
    fn attributed(&mut self, hash: TokenTree) {
        let mut tokens = vec![hash];
        tokens.extend(self.rest.next());
        while matches!(self.rest.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#') {
            tokens.extend(self.rest.next());
            tokens.extend(self.rest.next());
        }
        let parsed = Attribute::parse_outer.parse2(tokens.iter().cloned().collect()).unwrap_or_default();
        let hides = |attribute: &Attribute| refuse_hidden(attribute, self.ctxt);
        let (hidden, parsed): (Vec<Attribute>, Vec<Attribute>) = parsed.into_iter().partition(hides);
        let (helpers, attributes): (Vec<Attribute>, Vec<Attribute>) =
            parsed.into_iter().partition(|attribute| symbol::helper(attribute).is_some());
        let mut helpers = helpers.into_iter();
        let Some(attribute) = helpers.next() else {
            // Without what was refused, or it would be told a second time by its stub.
            let kept =
                if hidden.is_empty() { tokens } else { quote::quote!(#(#attributes)*).into_iter().collect() };
            self.pieces.extend(kept.into_iter().map(Piece::Other));
            return;
        };
        for second in helpers {
            self.ctxt.error(
                Code::TwoHelpers,
                &second,
                "an item has one helper attribute at most",
                "remove this one, or write an item for each",
            );
        }
        let helper = symbol::helper(&attribute).unwrap_or_default();
        let tokens = self.item();
        let kind = self.kind(helper, &attribute, &tokens);
        self.pieces.push(Piece::Item(Box::new(Item { helper, attribute, attributes, tokens, kind })));
    }

    /// The tokens of one item: up to its braces or its semicolon.
    fn item(&mut self) -> TokenStream {
        let mut item = Vec::new();
        for token in self.rest.by_ref() {
            let ends = match &token {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Punct(punct) => punct.as_char() == ';',
                _ => false,
            };
            item.push(token);
            if ends {
                break;
            }
        }
        item.into_iter().collect()
    }

    fn kind(&self, helper: &'static str, attribute: &Attribute, tokens: &TokenStream) -> Kind {
        let word = keyword(tokens);
        let wanted = match helper {
            "config" => ["struct", "enum"].contains(&word.as_str()),
            "capability" => word == "impl",
            _ => word == "fn",
        };
        if !wanted {
            let (stands, example) = match helper {
                "config" => {
                    ("a struct, or with `nested` on an enum", "#[config] pub struct Config { … }".to_owned())
                }
                "capability" => (
                    "the impl of a capability's trait",
                    "#[capability] impl Trait for State { … }".to_owned(),
                ),
                "hook" => ("a function", "#[hook(before)] fn name(…) { … }".to_owned()),
                _ => ("a function", format!("#[{helper}] fn name(…) {{ … }}")),
            };
            self.ctxt.error(
                Code::WrongItem,
                attribute,
                format!("`#[{helper}]` stands on {stands}"),
                format!("write `{example}`"),
            );
            return Kind::Wrong;
        }
        let kind = match helper {
            "config" => syn::parse2(tokens.clone()).map(|item| Kind::Type(Box::new(item))),
            "capability" => implementation(tokens, attribute, self.ctxt),
            _ => signature.parse2(tokens.clone()).map(|signature| Kind::Fn(Box::new(signature))),
        };
        self.ctxt.ok(kind).unwrap_or(Kind::Wrong)
    }
}

/// A helper inside `cfg_attr` is expanded before this macro can see it, or after, and would fail confusingly.
pub(super) fn refuse_hidden(attribute: &Attribute, ctxt: &Ctxt) -> bool {
    if !attribute.path().is_ident("cfg_attr") {
        return false;
    }
    let metas =
        attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default();
    let mut hidden = metas.iter().skip(1).filter_map(|meta| Some((meta, symbol::helper_of(meta.path())?)));
    let Some((meta, name)) = hidden.next() else { return false };
    ctxt.error(
        Code::Hidden,
        meta,
        format!("`#[{name}]` cannot hide in `cfg_attr`: `#[plugin]` must see it in every configuration"),
        format!("write `#[cfg(…)] #[{name}]` on an item for each configuration"),
    );
    true
}

/// The word that says what the item is.
fn keyword(tokens: &TokenStream) -> String {
    const WORDS: &[&str] = &[
        "fn",
        "struct",
        "enum",
        "impl",
        "trait",
        "mod",
        "use",
        "static",
        "type",
        "union",
        "macro_rules",
        "const",
    ];
    let words: Vec<String> = tokens
        .clone()
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident.to_string()),
            _ => None,
        })
        .collect();
    let at = words.iter().position(|word| WORDS.contains(&word.as_str()));
    match at {
        // `const fn`
        Some(at) if words[at] == "const" && words.get(at + 1).is_some_and(|word| word == "fn") => {
            "fn".to_owned()
        }
        Some(at) => words[at].clone(),
        None => String::new(),
    }
}

fn signature(input: ParseStream<'_>) -> syn::Result<Signature> {
    input.parse::<Visibility>()?;
    let signature = input.parse()?;
    // The body, whatever it is.
    input.parse::<TokenStream>()?;
    Ok(signature)
}

fn implementation(tokens: &TokenStream, attribute: &Attribute, ctxt: &Ctxt) -> syn::Result<Kind> {
    // Only the head is parsed: the body is replaced by an empty one.
    let head = tokens.clone().into_iter().map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            TokenTree::Group(Group::new(Delimiter::Brace, TokenStream::new()))
        }
        other => other,
    });
    let block: syn::ItemImpl = syn::parse2(head.collect())?;
    let Some((target, _)) = &block.trait_ else {
        let remedy = "write `#[capability] impl Trait for State { … }`";
        return Err(Code::CapabilityItem.at(
            attribute,
            "`#[capability]` stands on the impl of a trait",
            remedy,
        ));
    };
    if !block.generics.params.is_empty() {
        let rule = "a plugin offers a capability for its state alone, so this impl has no generic parameters";
        ctxt.error(Code::OfferedForState, &block.generics, rule, "name the state's type");
        return Ok(Kind::Gone);
    }
    Ok(Kind::Impl { target: Box::new(target.clone()), of: block.self_ty })
}
