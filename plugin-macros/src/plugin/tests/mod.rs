//! Expansions, read as a whole: `UPDATE_EXPECT=1 cargo test -p plugin-macros` accepts them. And what takes a module apart.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;

use super::split::{Module, Piece};
use crate::ctxt::Ctxt;

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap()
}

fn check(expanded: TokenStream, expected: &ExpectFile) {
    let file = syn::parse2(expanded).unwrap();
    expected.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn a_plugin_of_nothing() {
    check(super::expand(TokenStream::new(), &tokens("mod nothing {}")), &expect_file!["minimal.rs.txt"]);
}

#[test]
fn a_plugin_with_everything() {
    let arguments = r#"stage = Security, requires("tokenizer >=1.0, <3"), conflicts("legacy"), enabled = false, tags("a"),
        on_error = "skip", timeout = "200ms", retry(attempts = 2), rate_limit(rate = "600/min", burst = 20, per = "caller"),
        max_concurrent = 64, breaker(failures = 5, window = "1m30s", cooldown = "10s"),
        permissions(fs("./data"), process)"#;
    let expanded = super::expand(tokens(arguments), &tokens(include_str!("everything.in.txt")));
    check(expanded, &expect_file!["everything.rs.txt"]);
}

#[test]
fn a_plugin_with_mistakes_keeps_its_items_and_loses_its_helpers() {
    let module = "pub mod wrong { #[init] fn init() {} #[config] pub struct Config { pub limit: u8 } pub fn kept() {} }";
    check(super::expand(tokens("stagee = Security"), &tokens(module)), &expect_file!["mistakes.rs.txt"]);
}

#[test]
fn a_hook_point() {
    let item = "#[hook_point(output = Vec<u8>, error = Oops, classify = Oops::class, sync)] pub struct Turn { pub text: String }";
    check(crate::hook_point::expand(tokens(item)), &expect_file!["hook_point.rs.txt"]);
}

#[test]
fn an_event() {
    let item = r#"#[event(topic = "moved", historic(key = plugin), carried)] pub struct Moved { pub plugin: String }"#;
    check(crate::event::expand(tokens(item)), &expect_file!["event.rs.txt"]);
}

#[test]
fn a_request() {
    let item = "#[event(reply = Vec<u8>, crate = some::core)] pub enum Ask { Name, Age }";
    check(crate::event::expand(tokens(item)), &expect_file!["request.rs.txt"]);
}

#[test]
fn a_capability() {
    let item = "pub trait Storage { async fn get(&self, key: &str) -> u8; }";
    let expanded = crate::capability::expand(tokens(r#"version = "1.1""#), &tokens(item));
    check(expanded, &expect_file!["capability.rs.txt"]);
}

#[test]
fn a_manager() {
    let item = "pub struct Host { pub chat: Chain<Turn>, #[cfg(unix)] pub storage: Provider<dyn Storage> }";
    check(crate::manager::expand(tokens(item)), &expect_file!["manager.rs.txt"]);
}

#[test]
fn a_list() {
    let items = r#""memory" => plugin_memory: Storage + Search, self::always"#;
    check(crate::list::expand(tokens(items)), &expect_file!["list.rs.txt"]);
}

fn word() -> impl Strategy<Value = TokenTree> {
    prop_oneof![
        "[a-z]{1,6}"
            .prop_map(|name| TokenTree::Ident(Ident::new_raw(&format!("x{name}"), Span::call_site()))),
        Just(TokenTree::Ident(Ident::new("struct", Span::call_site()))),
        any::<u32>().prop_map(|number| TokenTree::Literal(Literal::u32_unsuffixed(number))),
        prop_oneof![Just('#'), Just(';'), Just('!'), Just('&'), Just(':'), Just(',')]
            .prop_map(|sign| TokenTree::Punct(Punct::new(sign, Spacing::Alone))),
    ]
}

fn tree() -> impl Strategy<Value = TokenTree> {
    word().prop_recursive(3, 24, 6, |inner| {
        let delimiter =
            prop_oneof![Just(Delimiter::Brace), Just(Delimiter::Bracket), Just(Delimiter::Parenthesis)];
        (delimiter, proptest::collection::vec(inner, 0..6)).prop_map(|(delimiter, trees)| {
            TokenTree::Group(Group::new(delimiter, trees.into_iter().collect()))
        })
    })
}

proptest! {
    #[test]
    fn tokens_without_a_helper_come_out_as_they_went_in(trees in proptest::collection::vec(tree(), 0..24)) {
        let body: TokenStream = trees.into_iter().collect();
        let content = Group::new(Delimiter::Brace, body.clone());
        let ctxt = Ctxt::default();
        let module = Module::read(quote::quote!(mod any #content), &ctxt).unwrap();
        let kept: TokenStream = module.pieces.iter().map(|piece| match piece {
            Piece::Other(token) => token.clone(),
            Piece::Item(_) => TokenTree::Ident(Ident::new("taken", Span::call_site())),
        }).collect();
        prop_assert_eq!(kept.to_string(), body.to_string());
        prop_assert!(ctxt.is_clean());
    }
}
