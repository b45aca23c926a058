//! From a conversation to the words to look for.

use gateway_api::{Message, Role};

use crate::words::{alike, bases, is_stop};

/// More words than these are not looked for: a pasted page is no question.
const MOST: usize = 32;
/// What a word of the question before counts when the last one says too little by itself.
const EARLIER: f64 = 0.4;

/// What to look for.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Query {
    /// In the order of the question, each once.
    pub(crate) terms: Vec<Term>,
    /// Whether it asks what something is.
    pub(crate) defines: bool,
}

/// One word of the question.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Term {
    /// The word, in lower case.
    pub(crate) word: String,
    /// What it counts, at most 1.
    pub(crate) weight: f64,
}

impl Query {
    /// The query for one text.
    pub(crate) fn of_text(text: &str) -> Self {
        let mut query = Self { defines: asks_what_it_is(text), ..Self::default() };
        query.add(text, 1.0);
        query
    }

    /// The query for the last question; a short one is joined by the question before.
    pub(crate) fn of_messages(messages: &[Message]) -> Self {
        let mut questions = messages.iter().rev().filter(|message| message.role == Role::User);
        let mut query = questions.next().map_or_else(Self::default, |last| Self::of_text(&last.content));
        if query.terms.len() < 2
            && let Some(earlier) = questions.next()
        {
            query.add(&earlier.content, EARLIER);
        }
        query
    }

    fn add(&mut self, text: &str, weight: f64) {
        for word in words(text) {
            if self.terms.len() == MOST {
                return;
            }
            if !self.terms.iter().any(|term| term.word == word) {
                self.terms.push(Term { word, weight });
            }
        }
    }

    /// Whether a heading says nothing but words of the question.
    pub(crate) fn is_heading(&self, heading: &str) -> bool {
        let forms: Vec<String> = self.terms.iter().flat_map(|term| bases(&term.word)).collect();
        let mut heading = words(heading).peekable();
        heading.peek().is_some() && heading.all(|word| bases(&word).iter().any(|base| forms.contains(base)))
    }

    /// Pairs of words that stand side by side in the question, once stop words are left out.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&Term, &Term)> {
        self.terms.windows(2).filter_map(|two| match two {
            [one, other] if one.weight == other.weight => Some((one, other)),
            _ => None,
        })
    }
}

impl Term {
    /// The word itself, for FTS5.
    pub(crate) fn exact(&self) -> String {
        quote(&self.word)
    }

    /// What it may be a form of, beyond what the tokenizer's stemmer knows.
    pub(crate) fn bases(&self) -> Vec<String> {
        bases(&self.word).iter().filter(|base| **base != self.word).map(|base| quote(base)).collect()
    }

    /// Longer words that begin with it, where it is long enough to say something.
    pub(crate) fn prefix(&self) -> Option<String> {
        (self.word.chars().count() >= 4).then(|| format!("{} *", quote(&self.word)))
    }

    /// Where a text says what it is.
    pub(crate) fn definition(&self) -> String {
        format!("{} OR {}", quote(&format!("{} is", self.word)), quote(&format!("{} are", self.word)))
    }

    /// Words that mean much the same.
    pub(crate) fn alike(&self) -> Vec<String> {
        alike(&self.word).into_iter().map(quote).collect()
    }

    /// The word, what it may be a form of, and words like it.
    pub(crate) fn forms(&self) -> impl Iterator<Item = String> {
        std::iter::once(self.exact()).chain(self.bases()).chain(self.alike())
    }
}

fn asks_what_it_is(text: &str) -> bool {
    let start: Vec<String> = text.split_whitespace().take(2).map(str::to_lowercase).collect();
    match start.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["what" | "who", "is" | "are"] => true,
        [first, ..] => matches!(first, "what's" | "what’s" | "who's" | "define" | "explain"),
        [] => false,
    }
}

/// A word as a string of FTS5, in which nothing but `"` means anything.
fn quote(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// The words of a text that say something of its subject, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    // Combining accents belong to the letter before them, as the tokenizer sees it.
    let part = |sign: char| sign.is_alphanumeric() || ('\u{300}'..='\u{36F}').contains(&sign);
    let words = text.split(move |sign| !part(sign)).map(str::to_lowercase);
    words.filter(|word| (word.chars().count() > 1 || !word.is_ascii()) && !is_stop(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(query: &Query) -> Vec<(&str, f64)> {
        query.terms.iter().map(|term| (term.word.as_str(), term.weight)).collect()
    }

    #[test]
    fn a_question_is_its_content_words() {
        assert_eq!(
            terms(&Query::of_text("How do I add a plugin? A PLUGIN!")),
            [("add", 1.0), ("plugin", 1.0)]
        );
        assert_eq!(
            terms(&Query::of_text("What's new-plugin's größe?")),
            [("new", 1.0), ("plugin", 1.0), ("größe", 1.0)]
        );
        assert_eq!(terms(&Query::of_text("How are you? ... !!! \" *")), []);
    }

    #[test]
    fn a_short_question_is_joined_by_the_one_before() {
        let messages = [
            Message::user("How do I add a plugin?"),
            Message::assistant("Like this."),
            Message::user("And how do I test it?"),
        ];
        assert_eq!(terms(&Query::of_messages(&messages)), [("test", 1.0), ("add", 0.4), ("plugin", 0.4)]);
        let messages = [Message::user("plugins"), Message::user("Where are hooks ordered?")];
        assert_eq!(terms(&Query::of_messages(&messages)), [("hooks", 1.0), ("ordered", 1.0)]);
    }

    #[test]
    fn a_question_for_the_meaning_of_a_word_is_known() {
        for text in ["What is Plugboard?", " what are hooks", "What's a hook?", "explain hooks"] {
            assert!(Query::of_text(text).defines, "{text}");
        }
        for text in ["How is it done?", "what happens", "", "isolation"] {
            assert!(!Query::of_text(text).defines, "{text}");
        }
    }

    #[test]
    fn a_heading_of_the_questions_words_is_known() {
        let query = Query::of_text("What is a plugin?");
        assert!(query.is_heading("Plugins") && query.is_heading("A plugin"));
        assert!(!query.is_heading("Plugin list") && !query.is_heading("") && !query.is_heading("The"));
    }

    #[test]
    fn a_pasted_page_does_not_make_an_endless_query() {
        let page: String = (0..1000).map(|at| format!("word{at} ")).collect();
        assert_eq!(Query::of_text(&page).terms.len(), MOST);
    }
}
