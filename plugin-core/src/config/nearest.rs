//! The name that somebody may have meant.

/// The nearest of `names`, if one is near enough to be worth a guess: the same but for case, `-` and `_`, or a third of its
/// letters away.
pub(super) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = plain(name);
    names
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| {
            *distance <= (candidate.chars().count().max(wanted.chars().count()) / 3).max(1)
        })
        .filter(|(distance, candidate)| *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_is_near() {
        assert_eq!(nearest("limti", ["words", "limit"]), Some("limit"));
        assert_eq!(nearest("startTimeout", ["start_timeout"]), Some("start_timeout"));
        assert_eq!(nearest("Content_Filter", ["content-filter"]), Some("content-filter"));
    }

    #[test]
    fn another_word_is_not() {
        assert_eq!(nearest("colour", ["words", "limit"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
