//! What is said: the passages that fit, where they come from, or that there is none.

use gateway_api::{Citation, FinishReason};

use crate::query::Query;
use crate::rank::Ranked;

/// Below this part of the question a passage is about something else.
const FOREIGN: f64 = 0.35;
/// Below this part it may be about something else, and is told so.
const UNSURE: f64 = 0.5;
/// A further passage must be nearly as good as the best.
const CLOSE: f64 = 0.8;
/// The most passages, and their most characters together.
const MOST: usize = 3;
const LONGEST: usize = 2400;

/// What was found, and what there is if that is nothing.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The best first.
    pub(crate) ranked: Vec<Ranked>,
    /// Where something could be found.
    pub(crate) titles: Vec<String>,
    /// The entries to look in, where none of them holds a document.
    pub(crate) empty: Option<Vec<String>>,
}

/// An answer.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) citations: Vec<Citation>,
}

/// Puts an answer together.
pub(crate) fn compose(query: &Query, findings: &Findings) -> Answer {
    if let Some(entries) = &findings.empty {
        return Answer { text: without_documents(entries), citations: Vec::new() };
    }
    let Some(best) = fitting(&findings.ranked) else {
        return Answer { text: without_match(query, &findings.titles), citations: Vec::new() };
    };
    let chosen = choose(best, &findings.ranked);
    let mut parts = Vec::new();
    if best.coverage < UNSURE {
        parts.push("I am not sure that my documents answer this. The nearest I found:".to_owned());
    }
    for one in &chosen {
        let passage = &one.stored.passage;
        parts.push(passage.text.clone());
        parts.push(format!("Source: {}:{} — {}", one.stored.source, passage.line, passage.title));
    }
    Answer { text: parts.join("\n\n"), citations: chosen.into_iter().map(cite).collect() }
}

/// The best passage, if it is about what was asked.
pub(crate) fn fitting(ranked: &[Ranked]) -> Option<&Ranked> {
    ranked.first().filter(|best| best.coverage >= FOREIGN)
}

/// The best, and those of other places that are nearly as good.
fn choose<'a>(best: &'a Ranked, ranked: &'a [Ranked]) -> Vec<&'a Ranked> {
    let mut chosen = vec![best];
    let mut length = best.stored.passage.text.chars().count();
    for one in &ranked[1..] {
        let passage = &one.stored.passage;
        let more = passage.text.chars().count();
        let other = chosen.iter().all(|known| {
            let elsewhere =
                known.stored.source != one.stored.source || known.stored.passage.title != passage.title;
            elsewhere && known.stored.passage.text != passage.text
        });
        let close = one.score >= best.score * CLOSE && one.coverage >= best.coverage * 0.9;
        if chosen.len() < MOST && close && other && length + more <= LONGEST {
            chosen.push(one);
            length += more;
        }
    }
    chosen
}

/// A passage as a citation.
pub(crate) fn cite(ranked: &Ranked) -> Citation {
    let Ranked { stored, score, .. } = ranked;
    Citation {
        source: stored.source.clone(),
        title: stored.passage.title.clone(),
        line: stored.passage.line,
        text: stored.passage.text.clone(),
        score: *score,
    }
}

fn without_documents(entries: &[String]) -> String {
    let entries: Vec<String> = entries.iter().map(|entry| format!("`{entry}`")).collect();
    format!(
        "I have no documents to answer from: there is none in {} (`plugins.local.config.folders`).",
        if entries.is_empty() { "an empty list".to_owned() } else { entries.join(", ") }
    )
}

fn without_match(query: &Query, titles: &[String]) -> String {
    let words: Vec<&str> =
        query.terms.iter().filter(|term| term.weight >= 1.0).take(8).map(|term| term.word.as_str()).collect();
    let mut text = if words.is_empty() {
        "I answer questions from my documents, by quoting the passage that fits.".to_owned()
    } else {
        format!("I found nothing about “{}” in my documents.", words.join(" "))
    };
    if !titles.is_empty() {
        text.push_str(" You can ask me about, for example:\n");
        for title in titles {
            text.push_str("\n- ");
            text.push_str(title);
        }
    }
    text
}

/// The text up to the first of the `stop` texts and to `max_tokens` of four bytes, and why it ends.
pub(crate) fn limit(text: &str, stop: &[String], max_tokens: Option<u32>) -> (String, FinishReason) {
    let end = stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str())).min();
    let text = &text[..end.unwrap_or(text.len())];
    let most = max_tokens
        .map_or(usize::MAX, |tokens| usize::try_from(tokens).unwrap_or(usize::MAX).saturating_mul(4));
    if text.len() <= most {
        return (text.to_owned(), FinishReason::Stop);
    }
    let head = &text[..text.floor_char_boundary(most)];
    let whole = if text[head.len()..].starts_with(char::is_whitespace) {
        head.len()
    } else {
        head.rfind(char::is_whitespace).unwrap_or(head.len())
    };
    (head[..whole].trim_end().to_owned(), FinishReason::Length)
}

/// A text in words, each with the white space behind it. Joined they are the text.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let space = rest[word..].find(|sign: char| !sign.is_whitespace()).map_or(rest.len(), |at| word + at);
        let (piece, behind) = rest.split_at(space);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Stored;
    use crate::passage::Passage;

    fn ranked(source: &str, text: &str, score: f64, coverage: f64) -> Ranked {
        let passage = Passage { title: format!("Title of {source}"), line: 7, text: text.to_owned() };
        Ranked { stored: Stored { source: source.to_owned(), passage }, score, coverage }
    }

    fn sources(ranked: Vec<Ranked>) -> Vec<String> {
        let findings = Findings { ranked, ..Findings::default() };
        compose(&Query::of_text("words"), &findings).citations.into_iter().map(|one| one.source).collect()
    }

    #[test]
    fn the_best_passage_is_quoted_with_its_source() {
        let findings =
            Findings { ranked: vec![ranked("a.md", "The text.", 5.0, 1.0)], ..Findings::default() };
        let answer = compose(&Query::of_text("text"), &findings);
        assert_eq!(answer.text, "The text.\n\nSource: a.md:7 — Title of a.md");
        assert_eq!(answer.citations.len(), 1);
        assert_eq!(answer.citations[0].text, "The text.");
    }

    #[test]
    fn others_join_only_when_close_and_from_another_place() {
        let best = || ranked("a.md", "one", 5.0, 1.0);
        assert_eq!(sources(vec![best(), ranked("b.md", "two", 4.5, 1.0)]), ["a.md", "b.md"]);
        assert_eq!(sources(vec![best(), ranked("b.md", "two", 3.0, 1.0)]), ["a.md"]);
        assert_eq!(sources(vec![best(), ranked("b.md", "two", 4.5, 0.6)]), ["a.md"]);
        assert_eq!(sources(vec![best(), ranked("a.md", "two", 4.5, 1.0)]), ["a.md"]);
        assert_eq!(sources(vec![best(), ranked("b.md", "one", 4.5, 1.0)]), ["a.md"]);
        assert_eq!(
            sources(["a", "b", "c", "d"].map(|name| ranked(name, name, 5.0, 1.0)).to_vec()),
            ["a", "b", "c"]
        );
        assert_eq!(
            sources(vec![best(), ranked("b.md", &"x".repeat(2400), 4.5, 1.0), ranked("c.md", "c", 4.4, 1.0)]),
            ["a.md", "c.md"]
        );
    }

    #[test]
    fn a_passage_about_something_else_is_not_given_for_an_answer() {
        let query = Query::of_text("zebra giraffe");
        let findings = |coverage| Findings {
            ranked: vec![ranked("a.md", "text", 5.0, coverage)],
            titles: vec!["Start".to_owned()],
            empty: None,
        };
        let none = compose(&query, &findings(0.2));
        assert_eq!(
            none.text,
            "I found nothing about “zebra giraffe” in my documents. You can ask me about, for example:\n\n- Start"
        );
        assert_eq!(none.citations, []);
        assert!(compose(&query, &findings(0.4)).text.starts_with("I am not sure"));
        assert!(compose(&query, &findings(0.6)).text.starts_with("text"));
    }

    #[test]
    fn without_documents_it_says_where_they_should_be() {
        let findings = Findings { empty: Some(vec!["notes".to_owned()]), ..Findings::default() };
        let text = compose(&Query::of_text("words"), &findings).text;
        assert!(text.contains("`notes`") && text.contains("plugins.local.config.folders"), "{text}");
    }

    #[test]
    fn a_reply_ends_at_the_first_stop_text() {
        let stop = ["three".to_owned(), "two".to_owned(), String::new()];
        assert_eq!(limit("one two three", &stop, None), ("one ".to_owned(), FinishReason::Stop));
        assert_eq!(limit("one two", &["x".to_owned()], None), ("one two".to_owned(), FinishReason::Stop));
    }

    #[test]
    fn a_reply_is_cut_behind_a_word_at_its_longest() {
        assert_eq!(limit("abcd efgh", &[], Some(1)), ("abcd".to_owned(), FinishReason::Length));
        assert_eq!(limit("abcd efgh ijkl", &[], Some(2)), ("abcd".to_owned(), FinishReason::Length));
        assert_eq!(limit("ääää", &[], Some(1)), ("ää".to_owned(), FinishReason::Length));
        assert_eq!(limit("abcd", &[], Some(1)), ("abcd".to_owned(), FinishReason::Stop));
        assert_eq!(
            limit("abcd efgh", &["efgh".to_owned()], Some(2)),
            ("abcd ".to_owned(), FinishReason::Stop)
        );
        assert_eq!(limit("abcd", &[], Some(0)), (String::new(), FinishReason::Length));
    }

    #[test]
    fn pieces_joined_are_the_text() {
        for text in ["", "one", " one  two\n\n```\nthree\n", "\n", "ä ö\u{a0}ü "] {
            assert_eq!(pieces(text).collect::<String>(), text);
        }
        assert_eq!(pieces("one  two\nthree").collect::<Vec<_>>(), ["one  ", "two\n", "three"]);
    }
}
