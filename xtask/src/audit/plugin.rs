//! What `#[plugin(…)]` says: the plugin's name and the permissions it declares.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit, Token};

use super::permission::{Kind, Permission};
use super::source::{FileId, Place};

/// A `#[plugin]` module.
#[derive(Debug)]
pub(super) struct Plugin {
    pub(super) name: String,
    pub(super) declared: Vec<(Permission, Place)>,
    /// What could not be read of `permissions(…)`.
    pub(super) malformed: Vec<Place>,
}

struct Argument {
    key: Ident,
    value: Value,
}

enum Value {
    Text(String),
    List(Punctuated<Expr, Token![,]>),
    Other,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            text(&input.parse()?).map_or(Value::Other, Value::Text)
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Value::List(Punctuated::parse_terminated(&content)?)
        } else {
            Value::Other
        };
        Ok(Self { key, value })
    }
}

impl Plugin {
    /// Reads the arguments of the attribute at `place` on the module `ident`. The macro tells what is wrong with them in better words;
    /// here it is enough that nothing malformed passes for a permission.
    pub(super) fn read(tokens: TokenStream, ident: &Ident, place: Place) -> Self {
        let file = place.file;
        let mut plugin = Self {
            name: ident.unraw().to_string().replace('_', "-"),
            declared: Vec::new(),
            malformed: Vec::new(),
        };
        let Ok(arguments) = Punctuated::<Argument, Token![,]>::parse_terminated.parse2(tokens) else {
            plugin.malformed.push(place);
            return plugin;
        };
        for argument in arguments {
            match argument.value {
                Value::Text(name) if argument.key == "name" => plugin.name = name,
                Value::List(list) if argument.key == "permissions" => {
                    list.iter().for_each(|expr| plugin.add(expr, file));
                }
                _ if argument.key == "permissions" => {
                    plugin.malformed.push(Place::new(file, argument.key.span()));
                }
                _ => {}
            }
        }
        plugin
    }

    fn add(&mut self, expr: &Expr, file: FileId) {
        let place = Place::new(file, expr.span());
        let (word, values) = match expr {
            Expr::Call(call) => (&*call.func, call.args.iter().collect::<Vec<_>>()),
            expr => (expr, Vec::new()),
        };
        let word = match word {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let alone = !matches!(expr, Expr::Call(_));
        match word.as_deref().and_then(Kind::of) {
            Some(kind) if kind.has_value() && !values.is_empty() => {
                for value in values {
                    let place = Place::new(file, value.span());
                    match text(value) {
                        Some(value) => self.declared.push((Permission { kind, value: Some(value) }, place)),
                        None => self.malformed.push(place),
                    }
                }
            }
            Some(kind) if !kind.has_value() && alone => {
                self.declared.push((Permission { kind, value: None }, place));
            }
            _ => self.malformed.push(place),
        }
    }
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
