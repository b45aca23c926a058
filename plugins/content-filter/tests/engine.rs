//! The engine: what it finds, and that pieces make the same as the whole.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use plugin_content_filter::engine::{Engine, EngineError, Kind, Rules, Stream, Verdict};
use proptest::prelude::*;

fn rules(words: &[&str]) -> Rules {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Rules { personal: Kind::PERSONAL.to_vec(), words, mask: '*', placeholders: true }
}

fn engine(words: &[&str]) -> Engine {
    Engine::new(&rules(words)).unwrap()
}

fn mask(kind: Kind, _: &str) -> Verdict {
    if kind == Kind::Placeholder { Verdict::Keep } else { Verdict::Mask }
}

/// Puts a value back, as a reply's filter does.
fn restore(kind: Kind, text: &str) -> Verdict {
    match kind {
        Kind::Placeholder if text == "[EMAIL_1]" => Verdict::Replace("bob@example.org".to_owned()),
        Kind::Placeholder => Verdict::Keep,
        _ => Verdict::Mask,
    }
}

/// Every match as `kind:text`.
fn found(text: &str, words: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    let note = |kind: Kind, text: &str| {
        all.push(format!("{}:{text}", kind.name()));
        Verdict::Keep
    };
    engine(words).whole(text, note).unwrap();
    all
}

fn nothing(text: &str) {
    assert_eq!(found(text, &["foo"]), Vec::<String>::new(), "in {text:?}");
}

fn one(text: &str, expected: &str) {
    assert_eq!(found(text, &["foo", "foo bar", "c++", "傻瓜", "Übel"]), [expected], "in {text:?}");
}

#[test]
fn addresses_are_found_without_what_stands_around_them() {
    one("mail bob@example.org.", "EMAIL:bob@example.org");
    one("<o'brien+x@mail.example.co.uk>", "EMAIL:o'brien+x@mail.example.co.uk");
    one("mailto:müller@exämple.de?subject=x", "EMAIL:müller@exämple.de");
    one("我的邮箱是bob@example.org谢谢", "EMAIL:bob@example.org");
    one("...bob@example.org", "EMAIL:bob@example.org");
    one("bob@example.org- x", "EMAIL:bob@example.org");
    nothing("bob@localhost, @bob, bob@, bob@1.2, user@.org");
    nothing(&format!("{}@example.org", "a".repeat(65)));
}

#[test]
fn phone_numbers_are_found_and_dates_and_sums_are_not() {
    one("call +49 (0)30 1234567 now", "PHONE:+49 (0)30 1234567");
    one("0049 30 1234567.", "PHONE:0049 30 1234567");
    one("(030) 123-45678", "PHONE:(030) 123-45678");
    one("01 23 45 67 89", "PHONE:01 23 45 67 89");
    one("Tel.: 555-123-4567, thanks", "PHONE:555-123-4567");
    one("1 (555) 123-4567", "PHONE:1 (555) 123-4567");
    one("+1.555.123.4567", "PHONE:+1.555.123.4567");
    nothing("on 2024-01-15, 01.02.2024 12:30, 01/02/2024 15 or at 10:00:00");
    nothing("10 000 000 of 3.14159265358979 and 0.12345678901 in 2024 2025, 5551234567");
    nothing("+1234567 x0301234567 0301234567x");
}

#[test]
fn account_and_card_numbers_count_by_their_checksums() {
    one("DE89 3704 0044 0532 0130 00", "IBAN:DE89 3704 0044 0532 0130 00");
    one("gb82west12345698765432", "IBAN:gb82west12345698765432");
    nothing("DE88370400440532013000 and DE8937040044053201300 and ZZ89370400440532013000");
    one("4111 1111 1111 1111 12/27", "CARD:4111 1111 1111 1111");
    one("card 378282246310005", "CARD:378282246310005");
    one("5555-5555-5555-4444", "CARD:5555-5555-5555-4444");
    one("卡号4111111111111111", "CARD:4111111111111111");
    nothing("4111 1111 1111 1112, 1700000000000, 0.4111111111111111, x4111111111111111");
}

#[test]
fn network_addresses_are_found_in_both_versions() {
    one("at 192.168.0.1.", "IP:192.168.0.1");
    one("[2001:db8::8a2e:370:7334]:443", "IP:2001:db8::8a2e:370:7334");
    one("fe80::1, then", "IP:fe80::1");
    nothing("256.1.1.1 a::b std::vec at 12:30:45");
}

#[test]
fn words_count_where_they_stand_alone_in_any_case() {
    one("a FOO!", "WORD:FOO");
    one("foo bar", "WORD:foo bar");
    one("foo_bar", "WORD:foo");
    one("in c++, yes", "WORD:c++");
    one("你是傻瓜吗", "WORD:傻瓜");
    one("wie Übel", "WORD:Übel");
    nothing("food afoo foo1 föo foo\u{301}");
    assert_eq!(found("Übelkeit", &["Übel"]), Vec::<String>::new());
}

#[test]
fn a_placeholder_is_one_thing() {
    one("to [EMAIL_12]!", "PLACEHOLDER:[EMAIL_12]");
    nothing("[EMAIL_] [EMAIL1] [email_1] [WORD_1]");
    assert_eq!(found("[EMAIL_1]", &["email"]), ["PLACEHOLDER:[EMAIL_1]"]);
}

#[test]
fn a_mask_keeps_the_length() {
    assert_eq!(engine(&["foo"]).whole("foo, bob@example.org", mask).unwrap(), "***, ***************");
}

#[test]
fn a_mask_or_a_word_that_cannot_work_is_refused_by_name() {
    let with = |mask, words| Engine::new(&Rules { mask, ..rules(words) }).unwrap_err();
    assert_eq!(with('x', &[]), EngineError::Mask { mask: 'x' });
    assert_eq!(with(' ', &[]), EngineError::Mask { mask: ' ' });
    assert_eq!(with('*', &["a", " "]), EngineError::EmptyWord { at: 1 });
    assert!(matches!(with('*', &[&"a".repeat(257)]), EngineError::LongWord { at: 0, limit: 256 }));
}

#[test]
fn only_what_could_become_a_match_is_held_back() {
    let engine = engine(&["foo bar"]);
    let mut stream = Stream::default();
    let mut push = |piece: &str| {
        let out = engine.piece(&mut stream, piece, false, mask).unwrap();
        (out, stream.held().to_owned())
    };
    let pair = |out: &str, held: &str| (out.to_owned(), held.to_owned());
    assert_eq!(push("Hello "), pair("Hello ", ""));
    assert_eq!(push("there, fo"), pair("there, ", "fo"));
    assert_eq!(push("o"), pair("", "foo"));
    assert_eq!(push(" "), pair("", "foo "));
    assert_eq!(push("x "), pair("foo x ", ""));
    assert_eq!(push("4111 1111 1111 111"), pair("", "4111 1111 1111 111"));
    assert_eq!(push("1"), pair("", "4111 1111 1111 1111"));
    assert_eq!(push(", 7 "), pair("*******************, 7 ", ""));
    assert_eq!(push("2024-01-15, "), pair("2024-01-15, ", ""));
}

/// Pieces of text that meet each other in every order.
fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-c0-9 .@:+(),\\[\\]_-]{0,6}".boxed(),
        2 => "\\PC{0,4}".boxed(),
        3 => prop::sample::select(vec![
            "foo", "foo bar", "c++", "傻瓜", "bob@example.org", "+49 30 1234567", "555-123-4567", "4111 1111 1111 1111",
            "DE89 3704 0044 0532 0130 00", "192.168.0.1", "2001:db8::1", "[EMAIL_1]", "[CARD_", " ", ".", "é", "\u{301}", "030", "00",
        ]).prop_map(str::to_owned).boxed(),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(
        prop_oneof![
            "[a-c]{1,3}",
            "[a-cé@+ .]{0,3}[a-c+]",
            Just("foo".to_owned()),
            Just("foo bar".to_owned())
        ],
        0..5,
    )
}

fn cut(text: &str, cuts: &[prop::sample::Index]) -> Vec<String> {
    let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    places.push(text.len());
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| *cut.get(&places)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| text[pair[0]..pair[1]].to_owned()).collect()
}

fn in_pieces(engine: &Engine, pieces: &[String]) -> Vec<String> {
    in_pieces_with(engine, pieces, mask)
}

fn in_pieces_with(engine: &Engine, pieces: &[String], policy: fn(Kind, &str) -> Verdict) -> Vec<String> {
    let mut stream = Stream::default();
    let mut out = Vec::new();
    for piece in pieces {
        out.push(engine.piece(&mut stream, piece, false, policy).unwrap());
        assert!(stream.held().chars().count() <= engine.reach(), "{} are held", stream.held().len());
    }
    out.push(engine.piece(&mut stream, "", true, policy).unwrap());
    assert_eq!(stream, Stream::default());
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_make_the_same_as_the_whole(text in texts(), words in words(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..16)) {
        let engine = Engine::new(&Rules { words, ..rules(&[]) });
        prop_assume!(engine.is_ok());
        let engine = engine.unwrap();
        let whole = engine.whole(&text, mask).unwrap();
        prop_assert_eq!(in_pieces(&engine, &cut(&text, &cuts)).concat(), whole.clone());
        let each: Vec<String> = text.chars().map(String::from).collect();
        prop_assert_eq!(in_pieces(&engine, &each).concat(), whole);
    }

    #[test]
    fn pieces_in_which_values_are_put_back_make_the_same_as_the_whole(
        text in texts(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..16),
    ) {
        let engine = engine(&["foo"]);
        let whole = engine.whole(&text, restore).unwrap();
        prop_assert_eq!(in_pieces_with(&engine, &cut(&text, &cuts), restore).concat(), whole);
    }

    #[test]
    fn what_is_filtered_stays_as_it_is(text in texts(), words in words()) {
        let engine = Engine::new(&Rules { words, ..rules(&[]) });
        prop_assume!(engine.is_ok());
        let engine = engine.unwrap();
        let once = engine.whole(&text, mask).unwrap();
        prop_assert_eq!(engine.whole(&once, mask).unwrap(), once);
    }

    #[test]
    fn no_piece_has_a_part_of_what_is_masked(
        before in "[n-z ]{0,20}[,;!] ", behind in " [,;!][n-z ]{0,20}",
        secret in prop::sample::select(vec!["4111 1111 1111 1111", "+49 30 1234567", "abc@def.gh", "192.168.0.1", "baad word", "DE89370400440532013000"]),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..16),
    ) {
        let engine = engine(&["baad word"]);
        let pieces = in_pieces(&engine, &cut(&format!("{before}{secret}{behind}"), &cuts));
        let stars = "*".repeat(secret.chars().count());
        prop_assert_eq!(pieces.concat(), format!("{before}{stars}{behind}"));
        for piece in pieces {
            prop_assert!(!piece.contains(|one: char| one.is_ascii_digit() || ('a'..'n').contains(&one) || one == '@'), "{:?}", piece);
        }
    }

    #[test]
    fn any_text_at_all_is_only_ever_masked(text in "\\PC{0,80}") {
        let out = engine(&["foo"]).whole(&text, mask).unwrap();
        prop_assert_eq!(out.chars().count(), text.chars().count());
        prop_assert!(out.chars().zip(text.chars()).all(|(out, text)| out == text || out == '*'));
    }
}

#[test]
fn what_is_held_stays_within_the_stated_reach() {
    let engine = engine(&["foo"]);
    let long = [
        format!("{}@{}", "a".repeat(64), "b.".repeat(300)),
        "a.".repeat(300),
        "0 ".repeat(300),
        "4111 ".repeat(100),
        "(".repeat(300),
        "1:".repeat(300),
        format!("[EMAIL_{}", "1".repeat(300)),
    ];
    for text in long {
        let each: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(in_pieces(&engine, &each).concat(), engine.whole(&text, mask).unwrap());
    }
    assert_eq!(engine.reach(), 64 + 1 + 253 + 1);
}
