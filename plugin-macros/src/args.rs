//! The arguments of an attribute: `key`, `key = value`, `key(values)`, read leniently and checked with remedies.

mod literal;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitBool, LitStr, Path, Token};

pub(crate) use self::literal::{as_integer, as_text, as_word};
use self::literal::{quoted, unspaced};
use crate::api;
use crate::code::{Code, is_told};
use crate::ctxt::Ctxt;
use crate::habit;
use crate::symbol::{listed, nearest};

/// One argument.
pub(crate) struct Arg {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What stands behind the key.
pub(crate) enum Value {
    Flag,
    Is(Expr),
    List(Punctuated<Expr, Token![,]>),
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Is(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Value::List(Punctuated::parse_terminated(&content)?)
        } else {
            Value::Flag
        };
        Ok(Self { key, value })
    }
}

impl Arg {
    /// What is wrong where the value is: the value, or the key where there is none.
    pub(crate) fn place(&self) -> TokenStream {
        match &self.value {
            Value::Is(expr) => expr.to_token_stream(),
            Value::List(_) | Value::Flag => self.key.to_token_stream(),
        }
    }
}

impl ToTokens for Arg {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.key.to_tokens(tokens);
    }
}

/// The arguments of one attribute.
pub(crate) struct Args {
    /// The attribute's name, for messages.
    name: &'static str,
    args: Vec<Arg>,
    /// Whether they could not be read, which has been told.
    pub(crate) broken: bool,
}

impl Args {
    /// Reads `tokens`; what cannot be read is an error and leaves no arguments.
    pub(crate) fn read(name: &'static str, tokens: TokenStream, ctxt: &Ctxt) -> Self {
        let parsed = Punctuated::<Arg, Token![,]>::parse_terminated.parse2(tokens);
        let read = ctxt.ok(parsed.map_err(|error| unread(name, &error)));
        let broken = read.is_none();
        Self { name, args: read.map(|args| args.into_iter().collect()).unwrap_or_default(), broken }
    }

    /// Reads what stands in the parentheses of `attribute`.
    pub(crate) fn of(name: &'static str, attribute: &Attribute, ctxt: &Ctxt) -> Self {
        let mut read = match &attribute.meta {
            syn::Meta::Path(_) => Self::read(name, TokenStream::new(), ctxt),
            syn::Meta::List(list) => Self::read(name, list.tokens.clone(), ctxt),
            syn::Meta::NameValue(pair) => {
                let rule = format!("`#[{name}]` takes no value");
                ctxt.error(Code::Arguments, pair, rule, format!("write `#[{name}(…)]`"));
                Self { name, args: Vec::new(), broken: true }
            }
        };
        read.renew(ctxt);
        read
    }

    /// Rewrites old forms to the new ones, and tells of each.
    pub(crate) fn renew(&mut self, ctxt: &Ctxt) {
        api::renew(self.name, &mut self.args, ctxt);
    }

    /// Takes the first argument out if it is a flag.
    pub(crate) fn take_leading_flag(&mut self) -> Option<Ident> {
        let flag = matches!(self.args.first(), Some(Arg { value: Value::Flag, .. }));
        flag.then(|| self.args.remove(0).key)
    }

    /// Takes the first flag out that is one of `names`.
    pub(crate) fn take_flag(&mut self, names: &[&str]) -> Option<Ident> {
        let wanted = |arg: &Arg| matches!(arg.value, Value::Flag) && names.iter().any(|name| arg.key == name);
        let at = self.args.iter().position(wanted)?;
        Some(self.args.remove(at).key)
    }

    /// Whether the argument `key` is given.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.args.iter().any(|arg| arg.key == key)
    }

    /// All that is left.
    pub(crate) fn into_rest(self) -> Vec<Arg> {
        self.args
    }

    /// Takes the argument `key` out; a second one of that key is an error.
    pub(crate) fn take(&mut self, key: &str, ctxt: &Ctxt) -> Option<Arg> {
        let at = self.args.iter().position(|arg| arg.key == key)?;
        let found = self.args.remove(at);
        while let Some(again) = self.args.iter().position(|arg| arg.key == key) {
            let again = self.args.remove(again);
            ctxt.error(
                Code::Twice,
                &again,
                format!("`{key}` is given twice in `#[{}]`", self.name),
                "keep one of them",
            );
        }
        Some(found)
    }

    /// The tokens of the value of `key`, or of the key where it has none; `None` where it is not given.
    pub(crate) fn value_of(&self, key: &str) -> Option<TokenStream> {
        self.args.iter().find(|arg| arg.key == key).map(Arg::place)
    }

    /// The token of `key`, where it is given.
    pub(crate) fn key(&self, key: &str) -> Option<Ident> {
        self.args.iter().find(|arg| arg.key == key).map(|arg| arg.key.clone())
    }

    /// `key = "text"`
    pub(crate) fn text(&mut self, key: &str, ctxt: &Ctxt) -> Option<LitStr> {
        // What was meant, where only the quotes are missing.
        let given = self.args.iter().find(|arg| arg.key == key).and_then(|arg| match &arg.value {
            Value::Is(expr @ (Expr::Lit(_) | Expr::Path(_) | Expr::Binary(_))) => Some(unspaced(expr)),
            _ => None,
        });
        self.text_like(key, given.as_deref().unwrap_or("…"), ctxt)
    }

    /// `key = "text"`, of which `example` is one.
    pub(crate) fn text_like(&mut self, key: &str, example: &str, ctxt: &Ctxt) -> Option<LitStr> {
        let arg = self.take(key, ctxt)?;
        match &arg.value {
            Value::Is(expr) if let Some(text) = as_text(expr) => Some(text),
            _ => {
                let remedy = format!("write `{key} = \"{example}\"`");
                ctxt.error(Code::ValueKind, arg.place(), format!("`{key}` takes a text"), remedy);
                None
            }
        }
    }

    /// `key(inner = value, …)`; `name` is what messages call it. Nothing is taken where `key` stands with a plain value.
    pub(crate) fn nested(
        &mut self,
        key: &str,
        name: &'static str,
        example: &str,
        ctxt: &Ctxt,
    ) -> Option<(Ident, Self)> {
        let list = |arg: &Arg| arg.key == key && matches!(arg.value, Value::List(_));
        self.args.iter().any(list).then_some(())?;
        let Arg { key: ident, value: Value::List(list) } = self.take(key, ctxt)? else { return None };
        let arg = |expr: &Expr| {
            let read = match expr {
                Expr::Assign(assign) => match &*assign.left {
                    Expr::Path(path) => {
                        path.path.get_ident().map(|key| (key, Value::Is((*assign.right).clone())))
                    }
                    _ => None,
                },
                Expr::Path(path) => path.path.get_ident().map(|key| (key, Value::Flag)),
                _ => None,
            };
            if read.is_none() {
                ctxt.error(
                    Code::Arguments,
                    expr,
                    format!("`{key}` takes `key = value`"),
                    format!("write `{example}`"),
                );
            }
            read.map(|(key, value)| Arg { key: key.clone(), value })
        };
        let mut inner = Self { name, args: list.iter().filter_map(arg).collect(), broken: false };
        inner.renew(ctxt);
        Some((ident, inner))
    }

    /// `key = 5`, from 1 to `most`.
    pub(crate) fn count(&mut self, key: &str, most: u32, ctxt: &Ctxt) -> Option<u32> {
        let arg = self.take(key, ctxt)?;
        let found = match &arg.value {
            Value::Is(expr) => as_integer(expr),
            _ => None,
        };
        let fits =
            found.and_then(|value| u32::try_from(value).ok()).filter(|value| (1..=most).contains(value));
        if fits.is_none() {
            let range =
                if most == u32::MAX { "of at least 1".to_owned() } else { format!("from 1 to {most}") };
            let rule = format!("`{key}` takes a whole number {range}");
            ctxt.error(Code::NumberRange, arg.place(), rule, format!("write `{key} = 5`"));
        }
        fits
    }

    /// `key = "one"`, a text of `choices`, the last of which stands in the remedy where none is near.
    pub(crate) fn choice(
        &mut self,
        key: &str,
        choices: &[&'static str],
        ctxt: &Ctxt,
    ) -> Option<&'static str> {
        let arg = self.take(key, ctxt)?;
        let (text, word) = match &arg.value {
            Value::Is(expr) => (as_text(expr).map(|text| text.value()), as_word(expr)),
            _ => (None, None),
        };
        let is_text = text.is_some();
        let given = text.or_else(|| word.map(|word| word.to_string()));
        let found = given.as_deref().and_then(|given| choices.iter().find(|one| **one == given)).copied();
        if found.is_some() && is_text {
            return found;
        }
        let remedy = match (found, given.as_deref().and_then(|given| nearest(given, choices))) {
            (Some(word), _) => format!("write `{key} = \"{word}\"`, with quotes"),
            (None, Some(near)) => format!("did you mean `\"{near}\"`?"),
            (None, None) => format!("write `{key} = \"{}\"`", choices.last().copied().unwrap_or_default()),
        };
        let quoted: Vec<String> = choices.iter().map(|one| format!("\"{one}\"")).collect();
        let all = listed(&quoted.iter().map(String::as_str).collect::<Vec<_>>());
        ctxt.error(Code::Choice, arg.place(), format!("`{key}` is one of {all}"), remedy);
        None
    }

    /// `key("one", "two")`
    pub(crate) fn texts(&mut self, key: &str, ctxt: &Ctxt) -> Vec<LitStr> {
        let Some(arg) = self.take(key, ctxt) else { return Vec::new() };
        let Value::List(list) = &arg.value else {
            let given: Vec<String> = match &arg.value {
                Value::Is(Expr::Array(list)) => {
                    list.elems.iter().filter_map(as_text).map(|text| quoted(&text)).collect()
                }
                Value::Is(expr) => as_text(expr).map(|text| quoted(&text)).into_iter().collect(),
                _ => Vec::new(),
            };
            let given = if given.is_empty() { "\"…\"".to_owned() } else { given.join(", ") };
            let remedy = format!("write `{key}({given})`");
            ctxt.error(Code::ValueKind, &arg, format!("`{key}` takes texts in parentheses"), remedy);
            return Vec::new();
        };
        let text = |expr: &Expr| {
            let found = as_text(expr);
            if found.is_none() {
                ctxt.error(
                    Code::ValueKind,
                    expr,
                    format!("`{key}` takes texts"),
                    "put this in double quotes",
                );
            }
            found
        };
        list.iter().filter_map(text).collect()
    }

    /// `key(one, two("three"))`; `example` stands in the remedy.
    pub(crate) fn exprs(&mut self, key: &str, example: &str, ctxt: &Ctxt) -> Vec<Expr> {
        match self.take(key, ctxt) {
            None => Vec::new(),
            Some(Arg { value: Value::List(list), .. }) => list.into_iter().collect(),
            Some(arg) => {
                let rule = format!("`{key}` takes its values in parentheses");
                ctxt.error(Code::ValueKind, &arg, rule, format!("write `{key}({example})`"));
                Vec::new()
            }
        }
    }

    /// `key = true`, or `key` alone.
    pub(crate) fn flag(&mut self, key: &str, ctxt: &Ctxt) -> Option<bool> {
        let arg = self.take(key, ctxt)?;
        match &arg.value {
            Value::Flag => Some(true),
            Value::Is(Expr::Lit(ExprLit { lit: Lit::Bool(LitBool { value, .. }), .. })) => Some(*value),
            _ => {
                ctxt.error(
                    Code::ValueKind,
                    arg.place(),
                    format!("`{key}` takes `true` or `false`"),
                    format!("write `{key} = true` or `{key} = false`; `{key}` alone means `true`"),
                );
                None
            }
        }
    }

    /// `key = -5`
    pub(crate) fn integer(&mut self, key: &str, ctxt: &Ctxt) -> Option<i32> {
        let arg = self.take(key, ctxt)?;
        let found = match &arg.value {
            Value::Is(expr) => as_integer(expr),
            _ => None,
        };
        let fits = found.and_then(|value| i32::try_from(value).ok());
        if fits.is_none() {
            ctxt.error(
                Code::NumberRange,
                arg.place(),
                format!("`{key}` takes a whole number of 32 bits"),
                format!("write `{key} = 5`"),
            );
        }
        fits
    }

    /// `key = some::path`
    pub(crate) fn path(&mut self, key: &str, ctxt: &Ctxt) -> Option<Path> {
        let arg = self.take(key, ctxt)?;
        match &arg.value {
            Value::Is(Expr::Path(path)) if path.qself.is_none() => Some(path.path.clone()),
            _ => {
                ctxt.error(
                    Code::ValueKind,
                    arg.place(),
                    format!("`{key}` takes a path"),
                    format!("write `{key} = some::path`"),
                );
                None
            }
        }
    }

    /// `key = expression`
    pub(crate) fn expr(&mut self, key: &str, ctxt: &Ctxt) -> Option<Expr> {
        let arg = self.take(key, ctxt)?;
        match arg.value {
            Value::Is(expr) => Some(expr),
            _ => {
                ctxt.error(
                    Code::ValueKind,
                    &arg,
                    format!("`{key}` takes a value"),
                    format!("write `{key} = …`"),
                );
                None
            }
        }
    }

    /// Every argument that was not taken is an unknown key.
    pub(crate) fn finish(self, known: &[&str], ctxt: &Ctxt) {
        for arg in &self.args {
            let key = arg.key.to_string();
            let remedy = match nearest(&key, known) {
                _ if let Some(elsewhere) = habit::key(self.name, &key) => elsewhere.to_owned(),
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => format!("`#[{}]` takes no arguments", self.name),
                None => format!("it knows {}", listed(known)),
            };
            ctxt.error(Code::UnknownKey, arg, format!("`#[{}]` does not know `{key}`", self.name), remedy);
        }
    }
}

/// What keeps the arguments of `#[name]` from being read.
pub(crate) fn unread(name: &str, error: &syn::Error) -> syn::Error {
    if is_told(error) {
        return error.clone();
    }
    let found = error.to_string().replace("expected ident", "expected a key");
    let rule = format!("{found} in the arguments of `#[{name}]`");
    let remedy = "an argument is `key`, `key = value` or `key(value, …)`";
    syn::Error::new(error.span(), Code::Arguments.message(rule, remedy))
}

/// Where a token stands, as an expression of type `Location`.
pub(crate) fn location(private: &TokenStream, span: Span) -> TokenStream {
    let line = u32::try_from(span.start().line).unwrap_or(0);
    quote::quote!(#private::Location { file: ::core::file!(), line: #line })
}
