//! Whatever a text holds beside its old forms stays: texts are put together at random of pieces whose rewriting is known.

use proptest::prelude::*;

use super::super::tree::Format;
use super::super::{config, edit, rust};

/// A piece, and what becomes of it.
type Piece = (String, String);

fn same(text: impl Into<String>) -> Piece {
    let text = text.into();
    (text.clone(), text)
}

fn joined(pieces: &[Piece]) -> Piece {
    pieces.iter().cloned().fold(Piece::default(), |(old, new), (before, after)| (old + &before, new + &after))
}

/// White space and comments, in which anything may stand.
fn gap() -> impl Strategy<Value = Piece> {
    prop_oneof![
        Just(" "),
        Just("\n"),
        Just("\r\n\t"),
        Just(" /* #[plugin] every = \"ü\" */ "),
        Just(" // intensity = 3, {\n"),
        Just("\n\n    "),
    ]
    .prop_map(same)
}

fn argument() -> impl Strategy<Value = Piece> {
    let value =
        prop_oneof![Just("3"), Just("\"1s\""), Just("r#\"every = 5\"#"), Just("f(period, \"never\")")];
    let key = prop_oneof![
        Just(("intensity", "max_restarts")),
        Just(("period", "window")),
        Just(("backoff", "backoff")),
        Just(("every", "every")),
    ];
    (key, gap(), gap(), value).prop_map(|((old, new), first, second, value)| {
        joined(&[(old.to_owned(), new.to_owned()), first, same("="), second, same(value)])
    })
}

fn choice(key: &'static str) -> impl Strategy<Value = Piece> {
    let value = prop_oneof![
        Just(("drop_oldest", "\"drop-oldest\"")),
        Just(("block", "\"block\"")),
        Just(("r\"drop_oldest\"", "r\"drop_oldest\"")),
        Just(("sometimes", "sometimes")),
        Just(("Overflow::block", "Overflow::block")),
    ];
    (gap(), gap(), value).prop_map(move |(first, second, (old, new))| {
        let value = if key == "overflow" { (old.to_owned(), new.to_owned()) } else { same(old) };
        joined(&[same(key), first, same("="), second, value])
    })
}

/// An attribute with arguments of its own.
fn helper() -> impl Strategy<Value = Piece> {
    let arguments = prop_oneof![argument().boxed(), choice("overflow").boxed(), choice("capacity").boxed()];
    (any::<bool>(), proptest::collection::vec((arguments, gap()), 0..4)).prop_map(|(is_task, arguments)| {
        let name = if is_task { "task" } else { "subscribe" };
        // What is old in one attribute is not in another.
        let counts = |old: &str| old.starts_with("overflow") != is_task;
        let parts: Vec<Piece> = arguments
            .into_iter()
            .map(|((old, new), gap)| (if counts(&old) { (old, new) } else { same(old) }, gap))
            .flat_map(|(argument, gap)| [argument, gap, same(",")])
            .collect();
        let (old, new) = joined(&parts);
        (format!("#[{name}({old})] async fn work() {{}}"), format!("#[{name}({new})] async fn work() {{}}"))
    })
}

/// An item, and whether its old forms count depends on the module that it stands in.
fn source() -> impl Strategy<Value = Piece> {
    let leaf = prop_oneof![
        Just("fn every(period: u8) -> &'static str { \"#[task(intensity = 1)]\" }"),
        Just("#[other::task(intensity = 1, restart = \"never\")] fn f() {}"),
        Just("/// #[health(every = \"1s\")]\nstruct Plugin<'a, T>(&'a T, [u8; 3]);"),
        Just("macro_rules! m { ($every:ident) => { let _ = 'e'; } }"),
    ]
    .prop_map(same);
    let plugin =
        (proptest::collection::vec((helper(), gap()), 0..3), any::<bool>()).prop_map(|(helpers, ours)| {
            let parts: Vec<Piece> = helpers.into_iter().flat_map(|(helper, gap)| [helper, gap]).collect();
            let (old, new) = joined(&parts);
            let module = |path: &str, choice: &str, body: &str| {
                format!("#[{path}(rate_limit(per = {choice}))] pub(crate) mod a {{ {body} }}")
            };
            if ours {
                (module("plugin", "caller", &old), module("plugin", "\"caller\"", &new))
            } else {
                same(module("cfg", "caller", &old))
            }
        });
    prop_oneof![leaf, plugin].prop_recursive(3, 12, 4, |inner| {
        (proptest::collection::vec((inner, gap()), 0..4), any::<bool>()).prop_map(|(items, function)| {
            let parts: Vec<Piece> = items.into_iter().flat_map(|(item, gap)| [item, gap]).collect();
            let (old, new) = joined(&parts);
            let head = if function { "fn g()" } else { "mod b" };
            (format!("{head} {{ {old} }}"), format!("{head} {{ {new} }}"))
        })
    })
}

/// A key of a section, with a comment that is none of its business.
fn entry(section: &'static str) -> impl Strategy<Value = Piece> {
    let keys: &[(&str, &str)] = match section {
        "health" => &[("every", "interval"), ("failures", "failures"), ("period", "period")],
        "supervision" => &[("restarts", "max_restarts"), ("period", "window"), ("every", "every")],
        _ => &[("every", "every"), ("restarts", "restarts"), ("über", "über")],
    };
    let quote = prop_oneof![Just(""), Just("\""), Just("'")];
    let value =
        prop_oneof![Just("1s"), Just("\"every: 2s\""), Just("[every, {period: 1}]"), Just("${A:every}")];
    let comment = prop_oneof![Just(""), Just("   # every: ü"), Just(" ")];
    (proptest::sample::select(keys), quote, value, comment).prop_map(|((old, new), quote, value, comment)| {
        let line = |key: &str| format!("{quote}{key}{quote}: {value}{comment}\n");
        (line(old), line(new))
    })
}

fn section() -> impl Strategy<Value = Piece> {
    let of = |name: &'static str| {
        proptest::collection::vec(entry(name), 1..4).prop_map(move |entries| (name, entries))
    };
    prop_oneof![of("health"), of("supervision"), of("config")].prop_map(|(name, mut entries)| {
        // A key stands once in a map.
        let key = |one: &Piece| one.0.split(':').next().map(|key| key.trim_matches(['"', '\'']).to_owned());
        let mut seen = Vec::new();
        entries.retain(|one| {
            let new = !seen.contains(&key(one));
            seen.push(key(one));
            new
        });
        let (old, new): (Vec<_>, Vec<_>) =
            entries.into_iter().map(|(old, new)| (format!("      {old}"), format!("      {new}"))).unzip();
        (format!("    {name}:\n{}", old.concat()), format!("    {name}:\n{}", new.concat()))
    })
}

fn yaml() -> impl Strategy<Value = Piece> {
    proptest::collection::vec((section(), any::<bool>()), 1..5).prop_map(|sections| {
        let mut parts = vec![same("# plugins: {a: {health: {every: 1}}}\nplugins:\n")];
        for (at, (section, other)) in sections.into_iter().enumerate() {
            parts.push(same(format!("  plugin-{at}:\n")));
            parts.push(section);
            if other {
                parts.push(same("    # period\n\n    note: |\n      every: 1s\n"));
            }
        }
        parts.push(same("server: { health: { every: 1s } }\n"));
        joined(&parts)
    })
}

proptest! {
    #[test]
    fn a_source_changes_at_its_old_forms_alone((old, new) in source()) {
        let found = rust::find(&old);
        prop_assert!(found.left.is_empty(), "{:?}", found);
        prop_assert_eq!(edit::apply(&old, &found.edits), new.clone());
        prop_assert!(rust::find(&new).is_empty());
    }

    #[test]
    fn a_configuration_changes_at_its_old_keys_alone((old, new) in yaml()) {
        let found = config::find(&old, Format::Yaml);
        prop_assert!(found.left.is_empty(), "{:?}", found);
        prop_assert_eq!(edit::apply(&old, &found.edits), new.clone());
        prop_assert!(config::find(&new, Format::Yaml).is_empty());
    }

    #[test]
    fn no_text_makes_it_panic_and_edits_are_within_the_text(text in "(plugin|#\\[plugin\\]|mod a|every|period|[:{}\\[\\]\"'=,\n #&*<é]|health|1){0,40}") {
        for found in [rust::find(&text)].into_iter().chain([Format::Yaml, Format::Toml, Format::Json].map(|format| config::find(&text, format))) {
            let changed = edit::apply(&text, &found.edits);
            prop_assert!(found.edits.is_empty() == (changed == text), "{:?}", found);
            prop_assert!(found.left.iter().all(|left| left.at <= text.len()), "{:?}", found);
        }
    }
}
