//! Words that say nothing of a question's subject, and words that mean much the same.

/// Left out of queries.
const STOP: &[&str] = &[
    "a", "about", "above", "after", "again", "all", "also", "am", "an", "and", "any", "anybody", "anyone", "anything", "are", "aren",
    "as", "at", "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "cannot", "could",
    "couldn", "did", "didn", "do", "does", "doesn", "doing", "don", "during", "each", "else", "etc", "explain", "few", "for", "from",
    "further", "get", "give", "given", "gives", "go", "good", "got", "had", "hadn", "happen", "happens", "has", "hasn", "have", "haven", "having", "he",
    "hello", "help", "her", "here", "hers", "hey", "hi", "him", "his", "how", "if", "in", "into", "is", "isn", "it", "its", "just",
    "know", "let", "like", "ll", "made", "many", "may", "me", "mean", "means", "might", "more", "most", "much", "must", "my", "myself",
    "need", "no", "nor", "not", "now", "of", "off", "ok", "okay", "on", "once", "one", "only", "or", "other", "our", "ours", "out",
    "over", "own", "please", "possible", "question", "re", "really", "same", "shall", "she", "should", "shouldn", "so", "some",
    "somebody", "someone", "something", "such", "tell", "than", "thank", "thanks", "that", "the", "their", "them", "then", "there",
    "these", "they", "thing", "things", "this", "those", "through", "to", "too", "under", "until", "up", "us", "ve", "very", "want",
    "was", "wasn", "way", "we", "well", "were", "weren", "what", "when", "where", "which", "while", "who", "whom", "whose", "why",
    "will", "with", "without", "won", "would", "wouldn", "yes", "you", "your", "yours",
];

/// Words of one line are asked for together. The tokenizer stems, so one form of each is enough.
const ALIKE: &[&[&str]] = &[
    &["add", "create", "make", "new", "write"],
    &["remove", "delete", "uninstall", "drop"],
    &["disable", "deactivate"],
    &["enable", "activate"],
    &["start", "run", "launch", "execute"],
    &["stop", "shutdown", "quit", "exit"],
    &["config", "configure", "configuration", "setting", "option"],
    &["install", "setup", "set"],
    &["error", "failure", "fail", "problem"],
    &["change", "edit", "modify", "alter"],
    &["show", "list", "print", "display"],
    &["login", "authenticate", "authentication", "credential"],
    &["key", "token", "credential"],
    &["order", "sequence", "sort"],
    &["fast", "performance", "speed", "latency"],
    &["begin", "start", "quick"],
    &["license", "licence"],
    &["document", "docs", "documentation"],
    &["folder", "directory"],
    &["store", "save", "keep", "persist", "storage"],
    &["module", "plugin", "extension", "addon"],
];

/// Whether a lowercase word says nothing of the subject.
pub(crate) fn is_stop(word: &str) -> bool {
    STOP.binary_search(&word).is_ok()
}

/// The words that mean much the same as a lowercase word, which may be a plural.
pub(crate) fn alike(word: &str) -> Vec<&'static str> {
    let singular = match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, stem) => stem.unwrap_or(word).to_owned(),
    };
    let same = |other: &&str| *other == word || *other == singular;
    let groups = ALIKE.iter().filter(|group| group.iter().any(same));
    groups.flat_map(|group| group.iter().copied()).filter(|other| !same(other)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stop_words_are_sorted_for_the_search() {
        assert!(STOP.is_sorted());
        assert!(is_stop("how") && is_stop("your") && !is_stop("plugin"));
    }

    #[test]
    fn a_word_is_not_alike_itself() {
        assert_eq!(alike("folders"), ["directory"]);
        assert_eq!(alike("directories"), ["folder"]);
        assert_eq!(alike("plugboard"), [""; 0]);
    }
}
