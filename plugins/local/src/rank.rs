//! Which passages answer a query best.
//!
//! FTS5 gives the BM25 of each word; the sum over the words is made here, because a word of an earlier question, a longer
//! word and a word that only means much the same count less, and because FTS5 lets a word that stands in over half of the
//! passages count nothing, which would leave "plugin" out of every question to a book about plugins.

use std::collections::HashMap;

use crate::index::{Index, Stored};
use crate::markdown::BETWEEN;
use crate::query::{Query, Term};

/// What the word itself counts, and how far it answers for itself.
const EXACT: Form = Form { factor: 1.0, covers: 1.0 };
/// The same for a word that it may be a form of.
const BASE: Form = Form { factor: 0.9, covers: 1.0 };
/// The same for a longer word.
const PREFIX: Form = Form { factor: 0.6, covers: 0.9 };
/// The same for a word that means much the same.
const ALIKE: Form = Form { factor: 0.5, covers: 0.8 };
/// What words side by side add, and all words in the title.
const SIDE_BY_SIDE: f64 = 0.4;
const IN_TITLE: f64 = 0.5;
/// What "x is …" adds where the question is what x is.
const DEFINED: f64 = 0.6;
/// What a heading of nothing but words of the question raises a score by.
const HEADED: f64 = 1.3;
/// What is left of the score of a list of links: it says where things stand, not what they are.
const LINKS: f64 = 0.5;
/// How much of a score does not hang on how many of the words are there.
const WHATEVER_COVERED: f64 = 0.3;

#[derive(Clone, Copy)]
struct Form {
    factor: f64,
    covers: f64,
}

/// A passage that was found.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Ranked {
    pub(crate) stored: Stored,
    /// Higher is better; comparable within one query.
    pub(crate) score: f64,
    /// The part of the question that it speaks of, from 0 to 1; rare words are larger parts.
    pub(crate) coverage: f64,
}

#[derive(Default)]
struct Tally {
    score: f64,
    covered: f64,
}

/// The best passages for a query, at most `limit`.
pub(crate) fn search(index: &Index, query: &Query, limit: usize) -> rusqlite::Result<Vec<Ranked>> {
    let count = index.len()?;
    let mut tallies: HashMap<i64, Tally> = HashMap::new();
    let mut whole = 0.0;
    for term in &query.terms {
        whole += add(index, term, count, &mut tallies)?;
    }
    if tallies.is_empty() || whole <= 0.0 {
        return Ok(Vec::new());
    }
    bonuses(index, query, &mut tallies)?;
    let mut rows: Vec<(i64, f64, f64)> = tallies
        .into_iter()
        .map(|(row, tally)| {
            let coverage = (tally.covered / whole).min(1.0);
            (row, tally.score * (WHATEVER_COVERED + (1.0 - WHATEVER_COVERED) * coverage), coverage)
        })
        .collect();
    // Equal ones in the order of the documents, so that the same question has the same answer.
    rows.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    // Some that stand a little lower may rise by what only the passage itself tells.
    rows.truncate(limit.saturating_mul(2));
    let mut found = Vec::with_capacity(rows.len());
    for (row, score, coverage) in rows {
        let stored = index.passage(row)?;
        let heading = stored.passage.title.rsplit(BETWEEN).next().unwrap_or_default();
        let headed = if query.is_heading(heading) { HEADED } else { 1.0 };
        let links = if is_links(&stored.passage.text) { LINKS } else { 1.0 };
        let score = score * headed * links;
        found.push(Ranked { stored, score, coverage });
    }
    found.sort_by(|one, other| other.score.total_cmp(&one.score));
    found.truncate(limit);
    Ok(found)
}

/// Whether most lines are items that begin with a link.
fn is_links(text: &str) -> bool {
    let link =
        |line: &&str| line.trim_start().trim_start_matches(['-', '*', '+']).trim_start().starts_with('[');
    text.lines().filter(link).count() * 2 > text.lines().count()
}

/// Adds what one word gives to each passage; how large a part of the question it is.
fn add(index: &Index, term: &Term, count: usize, tallies: &mut HashMap<i64, Tally>) -> rusqlite::Result<f64> {
    let mut forms = vec![(term.exact(), EXACT)];
    forms.extend(term.bases().into_iter().map(|base| (base, BASE)));
    forms.extend(term.prefix().map(|prefix| (prefix, PREFIX)));
    forms.extend(term.alike().into_iter().map(|other| (other, ALIKE)));
    let mut best: HashMap<i64, (f64, f64)> = HashMap::new();
    let mut exact = 0;
    for (query, form) in forms {
        let hits = index.matching(&query)?;
        if query == term.exact() {
            exact = hits.len();
        }
        let scale = rarity(count, hits.len()) / rarity_in_fts5(count, hits.len()) * form.factor;
        for (row, bm25) in hits {
            let entry = best.entry(row).or_default();
            *entry = (entry.0.max(bm25 * scale), entry.1.max(form.covers));
        }
    }
    let found = if exact > 0 { exact } else { best.len() };
    // A word that is in no passage, or in one of thousands, must not outweigh the rest of the question.
    let part = term.weight * rarity(count, found.max(count / 10).max(1));
    for (row, (score, covers)) in best {
        let tally = tallies.entry(row).or_default();
        tally.score += term.weight * score;
        tally.covered += part * covers;
    }
    Ok(part)
}

fn bonuses(index: &Index, query: &Query, tallies: &mut HashMap<i64, Tally>) -> rusqlite::Result<()> {
    let mut factors: HashMap<i64, f64> = HashMap::new();
    let pairs: Vec<_> = query.pairs().collect();
    for (one, other) in &pairs {
        let near = one.forms().map(|word| format!("NEAR({word} {}, 4)", other.exact()));
        for (row, _) in index.matching(&near.collect::<Vec<_>>().join(" OR "))? {
            *factors.entry(row).or_insert(1.0) += SIDE_BY_SIDE / pairs.len() as f64;
        }
    }
    let own: Vec<&Term> = query.terms.iter().filter(|term| term.weight >= 1.0).collect();
    if let Some(last) = own.last().filter(|_| query.defines) {
        for (row, _) in index.matching(&last.definition())? {
            *factors.entry(row).or_insert(1.0) += DEFINED;
        }
    }
    let title: Vec<String> = own
        .iter()
        .map(|term| format!("{{above title}} : ({})", term.forms().collect::<Vec<_>>().join(" OR ")))
        .collect();
    if !title.is_empty() {
        for (row, _) in index.matching(&title.join(" AND "))? {
            *factors.entry(row).or_insert(1.0) += IN_TITLE;
        }
    }
    for (row, factor) in factors {
        if let Some(tally) = tallies.get_mut(&row) {
            tally.score *= factor;
        }
    }
    Ok(())
}

/// How much a word that is in `hits` of `count` passages tells; above 0 for every word.
fn rarity(count: usize, hits: usize) -> f64 {
    let (count, hits) = (count as f64, hits as f64);
    (1.0 + (count - hits + 0.5) / (hits + 0.5)).ln()
}

/// The same as FTS5 has it, which is in its BM25 as a factor.
fn rarity_in_fts5(count: usize, hits: usize) -> f64 {
    let (count, hits) = (count as f64, hits as f64);
    ((count - hits + 0.5) / (hits + 0.5)).ln().max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::built_in;
    use crate::passage::Passage;

    fn index(passages: &[(&str, &str)]) -> Index {
        let passages = passages.iter().zip(1..).map(|((title, text), line)| Passage {
            title: (*title).to_owned(),
            line,
            text: (*text).to_owned(),
        });
        let mut index = Index::open(None).unwrap();
        index.replace(&[(built_in(), passages.collect())]).unwrap();
        index
    }

    fn best(index: &Index, question: &str) -> String {
        let found = search(index, &Query::of_text(question), 3).unwrap();
        found.first().map_or_else(String::new, |ranked| ranked.stored.passage.title.clone())
    }

    #[test]
    fn a_word_that_is_in_every_passage_still_decides_between_two() {
        let index = index(&[
            ("Add a backend", "A plugin may be a backend. Add one."),
            ("Add a plugin", "A plugin is a crate. Add one."),
            ("Remove", "Every plugin can be removed."),
            ("Start", "Every plugin is started in order of the graph."),
        ]);
        assert_eq!(best(&index, "How do I add a plugin?"), "Add a plugin");
        assert_eq!(best(&index, "How do I add a backend?"), "Add a backend");
    }

    #[test]
    fn words_that_mean_much_the_same_find_each_other_and_the_word_itself_comes_first() {
        let index = index(&[
            ("New tables", "Text of tables."),
            ("Create tables", "Text of tables."),
            ("Folders", "Other text."),
        ]);
        assert_eq!(best(&index, "create tables"), "Create tables");
        assert_eq!(best(&index, "directories"), "Folders");
        assert_eq!(best(&index, "configure zebras"), "");
    }

    #[test]
    fn signs_of_the_query_language_are_only_signs() {
        let index = index(&[("One", "some text about NEAR things"), ("Two", "other words")]);
        for question in [
            "\"",
            "text AND",
            "NEAR(",
            "title: text",
            "text*",
            "^text - (",
            "{title} : text",
            "a\0b text",
            "'; DROP TABLE passages",
        ] {
            search(&index, &Query::of_text(question), 3).unwrap();
        }
        assert_eq!(best(&index, "NEAR( AND \"text\" OR"), "One");
    }

    #[test]
    fn a_longer_word_is_found_by_its_beginning() {
        let index = index(&[("One", "unrelated"), ("Two", "the authenticator recognises callers")]);
        assert_eq!(best(&index, "authentic"), "Two");
    }

    #[test]
    fn the_same_question_has_the_same_answer() {
        let index = index(&[("One", "same words"), ("Two", "same words"), ("Three", "same words")]);
        for _ in 0..5 {
            assert_eq!(best(&index, "words"), "One");
        }
    }

    #[test]
    fn a_definition_answers_what_something_is_and_a_list_of_links_answers_little() {
        let index = index(&[
            ("One", "- [Quay](quay.md): quay\n- [Boat](boat.md)"),
            ("Two", "The quay has a length."),
            ("Three", "A place in a harbour, where boats lie: this is what a quay is."),
        ]);
        assert_eq!(best(&index, "What is a quay?"), "Three");
        assert_eq!(best(&index, "quay length"), "Two");
        assert_eq!(best(&index, "quay"), "Two");
    }

    #[test]
    fn coverage_tells_how_much_of_the_question_was_found() {
        let index = index(&[("One", "hooks run in order"), ("Two", "plugins start"), ("Three", "nothing")]);
        let coverage = |question| search(&index, &Query::of_text(question), 1).unwrap()[0].coverage;
        assert!(coverage("hooks order") > 0.99);
        assert!(coverage("hooks zebra giraffe elephant") < 0.4);
    }
}
