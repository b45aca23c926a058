//! Attributes and their arguments, as tokens that know their places.

use proc_macro2::{Delimiter, Ident, Literal, TokenStream, TokenTree};

/// `path(arguments)`, also out of a `cfg_attr`.
pub(crate) struct Attribute {
    pub(crate) path: Vec<String>,
    pub(crate) arguments: Vec<Argument>,
}

/// `key`, `key = value` or `key(values)`.
pub(crate) struct Argument {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What stands behind the key.
pub(crate) enum Value {
    /// One text.
    Text(Literal, String),
    /// One word.
    Word(Ident),
    /// Values in parentheses.
    List(Vec<Argument>),
    /// Nothing, or anything else.
    Other,
}

impl Attribute {
    /// The last name of its path.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Whether it is `#[name]` or `#[plugin_core::name]`, as `#[plugin]` recognises its helpers.
    pub(crate) fn is_helper(&self) -> bool {
        matches!(&self.path[..], [_]) || matches!(&self.path[..], [root, _] if root == "plugin_core")
    }
}

/// What stands in the brackets of one attribute: it, or those that a `cfg_attr` holds.
pub(crate) fn attributes(content: &TokenStream) -> Vec<Attribute> {
    let mut path = Vec::new();
    for token in content.clone() {
        match token {
            TokenTree::Ident(step) => path.push(step.to_string()),
            TokenTree::Punct(sign) if sign.as_char() == ':' => {}
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                if path == ["cfg_attr"] {
                    let parts = split(group.stream());
                    return parts.into_iter().skip(1).flat_map(|part| attributes(&part)).collect();
                }
                return vec![Attribute { path, arguments: arguments(group.stream()) }];
            }
            _ => break,
        }
    }
    if path.is_empty() { Vec::new() } else { vec![Attribute { path, arguments: Vec::new() }] }
}

fn arguments(tokens: TokenStream) -> Vec<Argument> {
    split(tokens).into_iter().filter_map(argument).collect()
}

fn argument(tokens: TokenStream) -> Option<Argument> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let TokenTree::Ident(key) = tokens.first()? else { return None };
    let value = match &tokens[1..] {
        [TokenTree::Punct(sign), TokenTree::Literal(literal)] if sign.as_char() == '=' => {
            let text = syn::parse2::<syn::LitStr>(TokenTree::Literal(literal.clone()).into());
            text.map_or(Value::Other, |text| Value::Text(literal.clone(), text.value()))
        }
        [TokenTree::Punct(sign), TokenTree::Ident(word)] if sign.as_char() == '=' => {
            Value::Word(word.clone())
        }
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
            Value::List(arguments(group.stream()))
        }
        _ => Value::Other,
    };
    Some(Argument { key: key.clone(), value })
}

/// The parts between commas.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![Vec::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(sign) if sign.as_char() == ',' => parts.push(Vec::new()),
            _ => parts.last_mut().into_iter().for_each(|part| part.push(token.clone())),
        }
    }
    parts.into_iter().map(|part| part.into_iter().collect()).collect()
}
