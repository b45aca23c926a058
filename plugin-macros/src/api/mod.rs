//! `#[plugin(api = "0.2")]`, and old forms of attributes: read as the new ones, with a warning, or refused by who is past them.

pub(crate) mod table;

use std::cell::{Cell, RefCell};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::LitStr;

use self::table::{CURRENT, Change, FORMS, Form, Life, VERSIONS, Version};
use crate::args::{Arg, Args, Value, as_word};
use crate::code::Code;
use crate::ctxt::Ctxt;
use crate::symbol::listed;

/// The version that a plugin states, and the old forms found in it.
#[derive(Default)]
pub(crate) struct Api {
    stated: Cell<Option<Version>>,
    warnings: RefCell<Vec<Warning>>,
}

/// An old form that still works: where it stands, and what is to be said.
struct Warning {
    span: Span,
    text: String,
}

impl Api {
    /// Takes `api = "…"` out of the arguments of `#[plugin]`. What the module says is read as in that version from here on.
    pub(crate) fn read(args: &mut Args, ctxt: &Ctxt) -> Option<Version> {
        let example = CURRENT.to_string();
        let stated = args.text_like("api", &example, ctxt).and_then(|text| known(&text, ctxt));
        ctxt.api.stated.set(stated);
        stated
    }

    /// The warnings, each as the use of a deprecated item at the author's own token: so its level can be set as that of any lint.
    pub(crate) fn warnings(&self) -> TokenStream {
        let warnings = self.warnings.borrow();
        let uses = warnings.iter().map(|Warning { span, text }| {
            // The token is the author's, or rustc takes it for that of a macro and says nothing.
            let used = Ident::new("old_form", *span);
            quote!(const _: () = {
                #[deprecated(note = #text)]
                #[allow(non_upper_case_globals)]
                const old_form: () = ();
                #used
            };)
        });
        quote!(#(#uses)*)
    }

    fn warn(&self, span: Span, text: String) {
        self.warnings.borrow_mut().push(Warning { span, text });
    }
}

/// Rewrites the old forms among `args`, the arguments of `#[attribute]`, to the new ones, and tells of each. `attribute` is as the
/// table has it.
pub(crate) fn renew(attribute: &str, args: &mut Vec<Arg>, ctxt: &Ctxt) {
    for form in FORMS.iter().filter(|form| form.attribute == attribute) {
        if let Change::Key { old, new } = form.change
            && args.iter().any(|arg| arg.key == new)
        {
            let (twice, kept): (Vec<Arg>, Vec<Arg>) =
                std::mem::take(args).into_iter().partition(|arg| arg.key == old);
            *args = kept;
            let rule = format!("`{old}` is the old name of `{new}`, which `#[{attribute}]` gives as well");
            twice.iter().for_each(|arg| ctxt.error(Code::Twice, &arg.key, &rule, format!("keep `{new}`")));
        }
        args.iter_mut().filter(|arg| arg.key == form.change.key()).for_each(|arg| one(form, arg, ctxt));
    }
}

fn one(form: &Form, arg: &mut Arg, ctxt: &Ctxt) {
    let Form { attribute, change, life, .. } = form;
    let (span, old, new) = match *change {
        Change::Key { old, new } => {
            let span = arg.key.span();
            arg.key = Ident::new(new, span);
            (span, old.to_owned(), new.to_owned())
        }
        Change::Text { key, .. } => {
            let Value::Is(expr) = &mut arg.value else { return };
            let Some(word) = as_word(expr) else { return };
            let Some(new) = change.text(&word.to_string()) else { return };
            let (span, old) = (word.span(), format!("{key} = {word}"));
            let text = LitStr::new(new, span);
            *expr = syn::parse_quote!(#text);
            (span, old, format!("{key} = \"{new}\""))
        }
    };
    let remedy = format!("write `{new}`; `cargo xtask migrate` rewrites it");
    let place = quote_spanned!(span=> old_form);
    match ended(life, ctxt.api.stated.get()) {
        Some(since) => {
            let rule =
                format!("`{old}` of `#[{attribute}]` is gone since plugin API {since}: it is `{new}` now");
            ctxt.error(Code::OldForm, place, rule, remedy);
        }
        None => {
            let since = life.deprecated;
            let rule = format!("`{old}` of `#[{attribute}]` is `{new}` since plugin API {since}");
            ctxt.api.warn(span, format!("{rule}\n  help: {remedy}"));
        }
    }
}

/// Since which version a form cannot be used in a plugin written for `stated`; `None` where it can, with a warning.
fn ended(life: &Life, stated: Option<Version>) -> Option<Version> {
    if CURRENT >= life.gone {
        return Some(life.gone);
    }
    stated.filter(|stated| *stated >= life.deprecated).map(|_| life.deprecated)
}

fn known(text: &LitStr, ctxt: &Ctxt) -> Option<Version> {
    let names: Vec<String> = VERSIONS.iter().map(ToString::to_string).collect();
    let all = listed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let value = text.value();
    let Some(stated) = Version::parse(&value) else {
        let rule =
            format!("`{value}` is no version of the plugin API: it has two numbers, and {all} are known");
        ctxt.error(
            Code::ApiVersion,
            text,
            rule,
            format!("write `api = \"{CURRENT}\"`, or leave it out for the newest"),
        );
        return None;
    };
    if VERSIONS.contains(&stated) {
        return Some(stated);
    }
    let rule = format!("plugin-core does not know plugin API {stated}: it knows {all}");
    let remedy = if stated > CURRENT {
        format!("write `api = \"{CURRENT}\"`, the newest here, or build with a later plugin-core")
    } else {
        format!("write `api = \"{CURRENT}\"`, and let `cargo xtask migrate` rewrite what is older")
    };
    ctxt.error(Code::ApiVersion, text, rule, remedy);
    None
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;
    use crate::symbol::HELPERS;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn a_version_is_two_plain_numbers() {
        assert_eq!(version("0.2"), CURRENT);
        assert!(version("0.10") > version("0.9") && version("1.0") > version("0.10"));
        for wrong in ["", "0", "0.", ".2", "0.2.0", "v0.2", "0.02", "+0.2", "0.2 ", "0.70000"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_version_and_each_form_is_in_order() {
        assert!(VERSIONS.is_sorted());
        for Form { attribute, change, life, .. } in FORMS {
            let outer = attribute.split('(').next().unwrap();
            assert!(outer == "plugin" || HELPERS.contains(&outer), "{attribute}");
            assert!(life.since < life.deprecated && life.deprecated < life.gone, "{attribute} {change:?}");
            assert!(VERSIONS.contains(&life.deprecated), "{attribute} {change:?}");
        }
    }

    #[test]
    fn an_old_form_works_until_the_plugin_states_its_end_or_the_framework_is_past_it() {
        let life = |gone| Life { since: version("0.1"), deprecated: version("0.2"), gone };
        let lives = life(version("9.0"));
        assert_eq!(ended(&lives, None), None);
        assert_eq!(ended(&lives, Some(version("0.1"))), None);
        assert_eq!(ended(&lives, Some(version("0.2"))), Some(version("0.2")));
        let past = life(CURRENT);
        assert_eq!((ended(&past, None), ended(&past, Some(version("0.1")))), (Some(CURRENT), Some(CURRENT)));
    }

    fn read(api: Option<&str>, attribute: &'static str, text: &str) -> (String, String, String) {
        let ctxt = Ctxt::default();
        ctxt.api.stated.set(api.map(version));
        let tokens: TokenStream = format!("#[{attribute}({text})] fn f() {{}}").parse().unwrap();
        let item: syn::ItemFn = syn::parse2(tokens).unwrap();
        let args = Args::of(attribute, &item.attrs[0], &ctxt).into_rest();
        let renewed = args.iter().map(|arg| match &arg.value {
            Value::Is(expr) => format!("{} = {}", arg.key, expr.to_token_stream()),
            _ => arg.key.to_string(),
        });
        let renewed = renewed.collect::<Vec<_>>().join(", ");
        let warnings = ctxt.api.warnings().to_string();
        (renewed, warnings, ctxt.into_tokens().to_string())
    }

    #[test]
    fn old_forms_are_read_as_the_new_ones_with_a_warning_each() {
        for api in [None, Some("0.1")] {
            let (renewed, warnings, errors) = read(
                api,
                "task",
                "restart = \"on-failure\", intensity = 3, period = \"1m\", backoff = \"1s\"",
            );
            assert_eq!(
                renewed,
                "restart = \"on-failure\", max_restarts = 3, window = \"1m\", backoff = \"1s\""
            );
            assert_eq!(warnings.matches("deprecated").count(), 2, "{warnings}");
            assert!(
                warnings.contains("`intensity` of `#[task]` is `max_restarts` since plugin API 0.2"),
                "{warnings}"
            );
            assert!(warnings.contains("`cargo xtask migrate` rewrites it"), "{warnings}");
            assert_eq!(errors, "");
        }
    }

    #[test]
    fn words_are_read_as_texts_also_within_parentheses() {
        let (renewed, warnings, errors) = read(None, "subscribe", "overflow = drop_oldest, capacity = 5");
        assert_eq!((renewed.as_str(), errors.as_str()), ("overflow = \"drop-oldest\", capacity = 5", ""));
        let says = "`overflow = drop_oldest` of `#[subscribe]` is `overflow = \\\"drop-oldest\\\"` since plugin API 0.2";
        assert!(warnings.contains(says), "{warnings}");

        for (api, warned, refused) in [(Some("0.1"), 1, 0), (Some("0.2"), 0, 1)] {
            let ctxt = Ctxt::default();
            ctxt.api.stated.set(api.map(version));
            let tokens = "limit(rate = \"1/s\", per = caller, other = caller)".parse().unwrap();
            let mut args = Args::read("plugin", tokens, &ctxt);
            let inner = args.nested("limit", "plugin(rate_limit(…))", "", &ctxt);
            let (_, mut inner) = inner.unwrap();
            assert_eq!(inner.choice("per", &["plugin", "caller"], &ctxt), Some("caller"));
            let warnings = ctxt.api.warnings().to_string();
            let errors = ctxt.into_tokens().to_string();
            assert_eq!(warnings.matches("of `#[plugin(rate_limit(…))]` is").count(), warned, "{warnings}");
            assert_eq!(errors.matches("is gone since plugin API 0.2").count(), refused, "{errors}");
            assert_eq!(errors.matches("compile_error").count(), refused, "{errors}");
        }
    }

    #[test]
    fn who_states_the_new_version_is_refused_the_old_forms() {
        let (_, warnings, errors) = read(Some("0.2"), "health", "every = \"10s\"");
        assert_eq!(warnings, "");
        assert!(errors.contains("`every` of `#[health]` is gone since plugin API 0.2"), "{errors}");
    }

    #[test]
    fn new_forms_and_the_same_words_elsewhere_are_left_alone() {
        for (attribute, text) in [
            ("task", "restart = never, max_restarts = 3"),
            ("task", "restart = \"sometimes\""),
            ("subscribe", "overflow = \"block\""),
            ("subscribe", "overflow = wait"),
            ("subscribe", "overflow = Overflow :: block"),
            ("plugin", "per = caller"),
            ("hook", "every = 5"),
        ] {
            let (renewed, warnings, errors) = read(None, attribute, text);
            assert_eq!((renewed.as_str(), warnings.as_str(), errors.as_str()), (text, "", ""));
        }
    }

    #[test]
    fn both_names_at_once_are_one_error() {
        let (_, warnings, errors) = read(None, "health", "every = \"1s\", interval = \"2s\"");
        assert_eq!(warnings, "");
        assert_eq!(errors.matches("compile_error").count(), 1, "{errors}");
        assert!(errors.contains("`every` is the old name of `interval`"), "{errors}");
    }
}
