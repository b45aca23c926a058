//! Texts that are known without a compiler: literals, `concat!` of such, and the folder of the manifest.

use std::path::Path;

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Lit, Token};

/// The text that `expr` is, in a package whose manifest stands in this folder.
pub(super) fn of(expr: &Expr, package: &Path) -> Option<String> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        Expr::Macro(call) => {
            let name = call.mac.path.segments.last()?.ident.to_string();
            match name.as_str() {
                "concat" => arguments(&call.mac.tokens)?.iter().map(|part| part_of(part, package)).collect(),
                "env" => {
                    let name = first(&call.mac.tokens, package)?;
                    (name == "CARGO_MANIFEST_DIR").then(|| package.to_string_lossy().into_owned())
                }
                _ => None,
            }
        }
        Expr::Reference(inner) => of(&inner.expr, package),
        Expr::Paren(inner) => of(&inner.expr, package),
        Expr::Group(inner) => of(&inner.expr, package),
        _ => None,
    }
}

/// The text that the first argument of a macro is.
pub(super) fn first(tokens: &TokenStream, package: &Path) -> Option<String> {
    of(arguments(tokens)?.first()?, package)
}

fn arguments(tokens: &TokenStream) -> Option<Punctuated<Expr, Token![,]>> {
    Punctuated::parse_terminated.parse2(tokens.clone()).ok()
}

/// `concat!` takes numbers and the like too.
fn part_of(part: &Expr, package: &Path) -> Option<String> {
    match part {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Char(one) => Some(one.value().to_string()),
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            Lit::Bool(truth) => Some(truth.value.to_string()),
            _ => of(part, package),
        },
        part => of(part, package),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(expr: &str) -> Option<String> {
        of(&syn::parse_str(expr).unwrap(), Path::new("/home/notes"))
    }

    #[test]
    fn what_is_put_together_from_texts_is_a_text() {
        assert_eq!(text("\"a\"").as_deref(), Some("a"));
        assert_eq!(text("&concat!(\"a\", 1, 'b', (\"c\"))").as_deref(), Some("a1bc"));
        let path = text("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/a\")");
        assert_eq!(path.as_deref(), Some("/home/notes/a"));
    }

    #[test]
    fn what_only_the_compiler_knows_is_none() {
        for unknown in ["NAME", "concat!(env!(\"OUT_DIR\"), \"/a\")", "concat!(a, b)", "format!(\"a\")", "5"]
        {
            assert_eq!(text(unknown), None, "{unknown}");
        }
    }
}
