//! The known name that was likely meant.

/// The nearest of `known` to `asked`, where one is near enough to be a slip of the hand.
pub(crate) fn nearest<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let far = (asked.chars().count() / 3).max(1);
    let measured = known.into_iter().map(|name| (strsim::damerau_levenshtein(asked, name), name));
    measured.filter(|(distance, _)| *distance <= far).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_recognised_and_a_guess_is_not() {
        assert_eq!(nearest("storge-sqlite", ["memory", "storage-sqlite"]), Some("storage-sqlite"));
        assert_eq!(nearest("redis", ["memory", "storage-sqlite"]), None);
    }
}
