//! `permissions(fs("./data"), process)`: what a plugin's source may touch, as `cargo xtask audit` compares it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Ident, LitStr};

use crate::args::{Args, as_text};
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::symbol::{listed, nearest};

/// One permission: a variant of `plugin_core::Permission` and its value.
#[derive(PartialEq)]
pub(super) struct Permission {
    variant: &'static str,
    value: Option<LitStr>,
}

/// A kind of permission: its word, its variant, and what its value is, if it has one.
struct Kind {
    word: &'static str,
    variant: &'static str,
    value: Option<Rule>,
}

/// What a value is, an example of it, and what is wrong with one that is none.
struct Rule {
    what: &'static str,
    example: &'static str,
    wrong: fn(&str) -> Option<&'static str>,
}

const KINDS: [Kind; 8] = [
    Kind {
        word: "fs",
        variant: "Fs",
        value: Some(Rule { what: "a file or a folder", example: "./data", wrong: path }),
    },
    Kind {
        word: "net",
        variant: "Net",
        value: Some(Rule { what: "a host and a port", example: "api.openai.com:443", wrong: address }),
    },
    Kind {
        word: "env",
        variant: "Env",
        value: Some(Rule {
            what: "a variable of the environment",
            example: "OPENAI_API_KEY",
            wrong: variable,
        }),
    },
    Kind { word: "process", variant: "Process", value: None },
    Kind { word: "unsafe_code", variant: "UnsafeCode", value: None },
    Kind { word: "ffi", variant: "Ffi", value: None },
    Kind { word: "build_script", variant: "BuildScript", value: None },
    Kind {
        word: "unseen",
        variant: "Unseen",
        value: Some(Rule { what: "the crate of a macro or a dependency", example: "paste", wrong: krate }),
    },
];

/// Takes `permissions(…)` out of the arguments.
pub(super) fn read(args: &mut Args, ctxt: &Ctxt) -> Vec<Permission> {
    let mut read = Vec::new();
    for expr in &args.exprs("permissions", "fs(\"./data\"), process", ctxt) {
        for permission in one(expr, ctxt) {
            if read.contains(&permission) {
                ctxt.error(Code::Twice, expr, "this permission is given twice", "keep one of them");
            } else {
                read.push(permission);
            }
        }
    }
    read
}

/// The permissions of one word: `process`, or `fs("./data", "./cache")`.
fn one(expr: &Expr, ctxt: &Ctxt) -> Vec<Permission> {
    let (word, values) = match expr {
        Expr::Group(group) => return one(&group.expr, ctxt),
        Expr::Call(call) => (ident(&call.func), Some(&call.args)),
        other => (ident(other), None),
    };
    let Some(word) = word else {
        ctxt.error(
            Code::Permission,
            expr,
            "a permission is a word, with its values in parentheses where it has some",
            "write it like `fs(\"./data\")` or `process`",
        );
        return Vec::new();
    };
    let text = word.to_string();
    let Some(kind) = KINDS.iter().find(|kind| kind.word == text) else {
        let words = KINDS.map(|kind| kind.word);
        let remedy = match nearest(&text, &words) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the permissions are {}", listed(&words)),
        };
        ctxt.error(Code::Permission, word, format!("there is no permission `{text}`"), remedy);
        return Vec::new();
    };
    let Some(rule) = &kind.value else {
        if values.is_some() {
            ctxt.error(Code::Permission, expr, format!("`{text}` takes no value"), format!("write `{text}`"));
        }
        return vec![Permission { variant: kind.variant, value: None }];
    };
    let values = values.map(|values| values.iter().collect::<Vec<_>>()).unwrap_or_default();
    if values.is_empty() {
        let remedy = format!("write `{text}(\"{}\")`, or `{text}(\"*\")` for any", rule.example);
        ctxt.error(Code::Permission, expr, format!("`{text}` names {}", rule.what), remedy);
    }
    let value = |expr: &Expr| value(expr, kind.word, rule, ctxt);
    let permission = |value| Permission { variant: kind.variant, value: Some(value) };
    values.into_iter().filter_map(value).map(permission).collect()
}

fn value(expr: &Expr, word: &str, rule: &Rule, ctxt: &Ctxt) -> Option<LitStr> {
    let Some(text) = as_text(expr) else {
        ctxt.error(Code::Permission, expr, format!("`{word}` takes texts"), "put this in double quotes");
        return None;
    };
    let value = text.value();
    let wrong = if value == "*" { None } else { (rule.wrong)(&value) };
    if let Some(wrong) = wrong {
        let remedy = format!("write it like `{word}(\"{}\")`, or `{word}(\"*\")` for any", rule.example);
        ctxt.error(Code::Permission, text, format!("`{value}` is not {}: {wrong}", rule.what), remedy);
        return None;
    }
    Some(text)
}

fn ident(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        Expr::Group(group) => ident(&group.expr),
        _ => None,
    }
}

fn path(value: &str) -> Option<&'static str> {
    if value.trim().is_empty() {
        return Some("it is empty");
    }
    if value.split(['/', '\\']).any(|part| part == "..") {
        return Some("`..` leads out of what it names");
    }
    value.contains('*').then_some("`*` stands alone, for any")
}

fn address(value: &str) -> Option<&'static str> {
    if value.contains('/') {
        return Some("it is a URL or a path");
    }
    let Some((host, port)) = value.rsplit_once(':') else { return Some("it has no port") };
    // An IPv6 address stands in brackets, so that its colons are not taken for the port's.
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let name = host == "*" || bracketed || !host.contains([':', '*', ' ', '[', ']', '@']);
    if host.is_empty() || !name {
        return Some("the host is a name, an address or `*`");
    }
    let number = port == "*" || port.parse::<u16>().is_ok_and(|port| port > 0);
    (!number).then_some("the port is a number up to 65535, or `*`")
}

fn variable(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        return Some("it is empty");
    }
    if value.starts_with('$') {
        return Some("the name stands without `$`");
    }
    let good = value.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    (!good).then_some("a name has letters, digits and `_`")
}

fn krate(value: &str) -> Option<&'static str> {
    let good = value.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '!'));
    (value.is_empty() || !good).then_some("a name has letters, digits, `_` and `-`")
}

impl Permission {
    pub(super) fn expand(&self, private: &TokenStream) -> TokenStream {
        let variant = Ident::new(self.variant, proc_macro2::Span::call_site());
        let value = self.value.as_ref().map(|value| quote!((#value)));
        quote!(#private::Permission::#variant #value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for good in ["api.openai.com:443", "*:443", "localhost:*", "127.0.0.1:80", "[::1]:80"] {
            assert_eq!(address(good), None, "{good}");
        }
        for bad in
            ["api.openai.com", "https://api.openai.com", ":443", "host:0", "host:70000", "::1:80", "*.com:1"]
        {
            assert!(address(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_path_stays_within_itself() {
        assert_eq!((path("./data"), path("/var/lib/notes")), (None, None));
        for bad in ["", "../secrets", "./data/../..", "./data/*"] {
            assert!(path(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_variable_is_its_name() {
        assert_eq!(variable("OPENAI_API_KEY"), None);
        for bad in ["", "$HOME", "A=B", "A B", "OPENAI_*"] {
            assert!(variable(bad).is_some(), "{bad}");
        }
    }
}
