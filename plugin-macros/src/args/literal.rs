//! The value of an argument as a text, a word or a number, also where a `macro_rules!` has passed it on.

use quote::ToTokens;
use syn::{Expr, ExprLit, Ident, Lit, LitInt, LitStr};

/// `"text"`
pub(crate) fn as_text(expr: &Expr) -> Option<LitStr> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        // Around an argument of the `macro_rules!` in which the attribute stands.
        Expr::Group(group) => as_text(&group.expr),
        _ => None,
    }
}

/// A word without quotes.
pub(crate) fn as_word(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        Expr::Group(group) => as_word(&group.expr),
        _ => None,
    }
}

/// `-5`
pub(crate) fn as_integer(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => LitInt::base10_parse(number).ok(),
        Expr::Group(group) => as_integer(&group.expr),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => as_integer(&unary.expr)?.checked_neg(),
        _ => None,
    }
}

/// An expression without the spaces between its tokens.
pub(super) fn unspaced(expr: &Expr) -> String {
    expr.to_token_stream().to_string().replace(' ', "")
}

pub(super) fn quoted(text: &LitStr) -> String {
    format!("\"{}\"", text.value())
}
