//! `${VAR}`, `${VAR:default}` and `$${literal}` in the texts of a file.

/// A text after substitution.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Substituted {
    /// The text.
    pub(super) text: String,
    /// Whether it was one `${…}` and nothing else, so that it may stand for a number.
    pub(super) whole: bool,
}

/// What is wrong with one `${…}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Flaw {
    /// The variable is not set, and there is no default.
    Unset(String),
    /// There is no `}`.
    Unclosed,
    /// What stands between the braces is no name of a variable.
    Name(String),
    /// A default holds another `${`.
    Nested(String),
}

/// Puts the values of variables in place. All flaws of the text at once.
pub(super) fn substitute(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Substituted, Vec<Flaw>> {
    let mut out = String::with_capacity(text.len());
    let mut flaws = Vec::new();
    let mut whole = false;
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = &from[2..];
            continue;
        }
        out.push_str(before);
        let Some(end) = from.find('}') else {
            flaws.push(Flaw::Unclosed);
            rest = "";
            break;
        };
        match expand(&from[2..end], lookup) {
            Ok(value) => out.push_str(&value),
            Err(flaw) => flaws.push(flaw),
        }
        whole = end + 1 == text.len();
        rest = &from[end + 1..];
    }
    out.push_str(rest);
    if flaws.is_empty() { Ok(Substituted { text: out, whole }) } else { Err(flaws) }
}

fn expand(inner: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, Flaw> {
    let (name, default) = match inner.split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Flaw::Name(name.to_owned()));
    }
    if default.is_some_and(|default| default.contains("${")) {
        return Err(Flaw::Nested(name.to_owned()));
    }
    lookup(name).or_else(|| default.map(str::to_owned)).ok_or_else(|| Flaw::Unset(name.to_owned()))
}

/// The text that substitution turns back into `text`.
pub(super) fn escape(text: &str) -> String {
    text.replace("${", "$${")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(text: &str) -> Result<Substituted, Vec<Flaw>> {
        substitute(text, &|name| match name {
            "PORT" => Some("80".to_owned()),
            "EMPTY" => Some(String::new()),
            "TRICK" => Some("${PORT}: [".to_owned()),
            _ => None,
        })
    }

    fn text(text: &str) -> String {
        with(text).unwrap().text
    }

    #[test]
    fn a_set_variable_stands_in_for_its_name() {
        assert_eq!(text("a ${PORT} b ${PORT}"), "a 80 b 80");
        assert_eq!(text("${PORT:90}"), "80");
        assert_eq!(text("${EMPTY:90}"), "", "set to nothing is set");
    }

    #[test]
    fn a_default_stands_in_for_an_unset_variable_and_may_be_empty() {
        assert_eq!(text("${NO:a:b}"), "a:b");
        assert_eq!(text("<${NO:}>"), "<>");
    }

    #[test]
    fn two_dollars_make_a_literal() {
        assert_eq!(text("$${PORT}"), "${PORT}");
        assert_eq!(text("$$${PORT}"), "$${PORT}");
        assert_eq!(text("$5 and {x} and $"), "$5 and {x} and $");
    }

    #[test]
    fn a_value_is_not_substituted_again() {
        assert_eq!(text("${TRICK}"), "${PORT}: [");
    }

    #[test]
    fn only_a_text_that_is_one_variable_is_whole() {
        assert!(with("${PORT}").unwrap().whole);
        assert!(!with("${PORT}${PORT}").unwrap().whole);
        assert!(!with("a${PORT}").unwrap().whole);
        assert!(!with("$${PORT}").unwrap().whole);
    }

    #[test]
    fn every_flaw_of_a_text_is_named() {
        assert_eq!(
            with("${A} ${B} ${} ${C:${D}} ${E").unwrap_err(),
            [
                Flaw::Unset("A".into()),
                Flaw::Unset("B".into()),
                Flaw::Name(String::new()),
                Flaw::Nested("C".into()),
                Flaw::Unclosed
            ]
        );
    }

    proptest! {
        #[test]
        fn it_never_panics(text in r"[a-z$\{\}:µ]{0,40}") {
            let _ = with(&text);
        }

        #[test]
        fn what_is_escaped_comes_back(text in r"([a-zµ:$ \{\}]|\$\{){0,40}") {
            prop_assert_eq!(with(&escape(&text)).unwrap(), Substituted { text, whole: false });
        }
    }
}
