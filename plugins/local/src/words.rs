//! Words that say nothing of a question's subject, and words that mean much the same.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Left out of queries.
const STOP: &str = "
    a about above after again all also am an and any anybody anyone anything are aren as at be because
    been before being below between both but by can cannot could couldn did didn do does doesn doing
    don during each else etc explain few for from further get give given gives go good got had hadn
    happen happens has hasn have haven having he hello help her here hers hey hi him his how if in into
    is isn it its just know let like ll made many may me mean means might more most much must my myself
    need no nor not now of off ok okay on once one only or other our ours out over own please possible
    question re really same shall she should shouldn so some somebody someone something such tell than
    thank thanks that the their them then there these they thing things this those through to too under
    until up us ve very want was wasn way we well were weren what when where which while who whom whose
    why will with without won would wouldn yes you your yours
";

/// Words of one line are asked for together. The tokenizer stems, so one form of each is enough; but to its stemmer "added"
/// is a form of "ad".
const ALIKE: &str = "
    add added create make new write
    remove delete uninstall drop
    disable deactivate switch
    enable activate switch
    port address listen
    start run launch execute
    stop shutdown quit exit
    config configure configuration setting option
    install setup set
    error failure fail problem
    change edit modify alter
    show list print display
    login authenticate authentication credential
    key token credential
    order sequence sort
    fast performance speed latency
    begin start quick
    license licence
    document docs documentation
    folder directory
    store save keep persist storage
    module plugin extension addon
";

static STOP_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| STOP.split_whitespace().collect());

/// Whether a lowercase word says nothing of the subject.
pub(crate) fn is_stop(word: &str) -> bool {
    STOP_WORDS.contains(word)
}

/// The words that mean much the same as a lowercase word, in whatever form it stands.
pub(crate) fn alike(word: &str) -> Vec<&'static str> {
    let bases = bases(word);
    let same = |other: &&str| bases.iter().any(|base| base == other);
    let groups = ALIKE.lines().filter(|group| group.split_whitespace().any(|other| same(&other)));
    groups.flat_map(str::split_whitespace).filter(|other| !same(other)).collect()
}

/// What a word may be a form of: "running" of "running", "runn", "runne" and "run". That some are no words does no harm, for
/// no text has them.
pub(crate) fn bases(word: &str) -> Vec<String> {
    let mut bases = vec![word.to_owned()];
    if let Some(stem) = word.strip_suffix("ies") {
        bases.push(format!("{stem}y"));
    } else if let Some(stem) = word.strip_suffix('s') {
        bases.push(stem.to_owned());
    }
    for stem in ["ing", "ed"].into_iter().filter_map(|ending| word.strip_suffix(ending)) {
        bases.extend([stem.to_owned(), format!("{stem}e")]);
        let mut signs = stem.chars().rev();
        if let (Some(last), Some(before)) = (signs.next(), signs.next())
            && last == before
        {
            bases.push(stem[..stem.len() - last.len_utf8()].to_owned());
        }
    }
    bases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_subject_is_kept() {
        assert!(is_stop("how") && is_stop("your") && !is_stop("plugin") && !is_stop(""));
    }

    #[test]
    fn a_word_is_not_alike_itself() {
        assert_eq!(alike("folders"), ["directory"]);
        assert_eq!(alike("directories"), ["folder"]);
        assert_eq!(alike("adding"), ["added", "create", "make", "new", "write"]);
        assert_eq!(alike("creating"), alike("create"));
        assert_eq!(alike("stopped"), alike("stop"));
        assert_eq!(alike("plugboard"), [""; 0]);
    }
}
