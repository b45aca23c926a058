//! Arguments in their forms, and what is told of those that are wrong.

use super::*;

fn read(text: &str, check: impl FnOnce(&mut Args, &Ctxt)) -> String {
    let ctxt = Ctxt::default();
    let mut args = Args::read("sample", text.parse().unwrap(), &ctxt);
    check(&mut args, &ctxt);
    args.finish(&["known"], &ctxt);
    ctxt.into_tokens().to_string()
}

#[test]
fn each_form_is_read() {
    let errors =
        read("first, on, off = false, number = -5, text = \"t\", list(\"a\", \"b\",)", |args, ctxt| {
            assert_eq!(args.take_leading_flag().map(|flag| flag.to_string()).as_deref(), Some("first"));
            assert_eq!(
                (args.flag("on", ctxt), args.flag("off", ctxt), args.flag("none", ctxt)),
                (Some(true), Some(false), None)
            );
            assert_eq!(args.integer("number", ctxt), Some(-5));
            assert_eq!(args.text("text", ctxt).map(|text| text.value()).as_deref(), Some("t"));
            assert_eq!(args.texts("list", ctxt).iter().map(LitStr::value).collect::<Vec<_>>(), ["a", "b"]);
        });
    assert_eq!(errors, "");
}

#[test]
fn what_is_not_known_is_named_with_the_nearest() {
    let errors = read("knwon = 5", |_, _| {});
    assert!(errors.contains("does not know `knwon`") && errors.contains("did you mean `known`?"), "{errors}");
}

#[test]
fn a_key_given_twice_is_told_once_and_read_once() {
    let errors = read("known = 1, known = 2", |args, ctxt| assert_eq!(args.integer("known", ctxt), Some(1)));
    assert_eq!(errors.matches("is given twice").count(), 1, "{errors}");
}

#[test]
fn a_number_over_32_bits_is_refused() {
    let errors = read("known = 4294967296", |args, ctxt| assert_eq!(args.integer("known", ctxt), None));
    assert!(errors.contains("32 bits"), "{errors}");
}

#[test]
fn a_choice_is_one_of_its_texts_and_anything_else_is_told_with_what_was_meant() {
    let choose = |text: &str| {
        let mut found = None;
        let errors =
            read(text, |args, ctxt| found = args.choice("known", &["always", "never", "on-failure"], ctxt));
        (found, errors)
    };
    assert_eq!(choose("known = \"on-failure\""), (Some("on-failure"), String::new()));
    for (text, remedy) in [
        ("known = \"on_failure\"", r#"did you mean `\"on-failure\"`?"#),
        ("known = on_failure", r#"did you mean `\"on-failure\"`?"#),
        ("known = always", r#"write `known = \"always\"`, with quotes"#),
        ("known = \"sometimes\"", r#"write `known = \"on-failure\"`"#),
        ("known = Restart::Never", r#"write `known = \"on-failure\"`"#),
        ("known = 5", r#"write `known = \"on-failure\"`"#),
        ("known", r#"write `known = \"on-failure\"`"#),
    ] {
        let (found, errors) = choose(text);
        assert_eq!((found, errors.matches("compile_error").count()), (None, 1), "{text}: {errors}");
        assert!(errors.contains(remedy), "{text}: {errors}");
        let rule = r#"`known` is one of `\"always\"`, `\"never\"` and `\"on-failure\"`"#;
        assert!(errors.contains(rule), "{text}: {errors}");
    }
}
