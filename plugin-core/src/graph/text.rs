//! Text that can be written in const evaluation, where there is no heap.

/// At most this many bytes; what is longer is cut with `…`.
const CAPACITY: usize = 16 * 1024;

/// A growing text of limited size.
#[derive(Clone, Copy)]
pub struct Text {
    bytes: [u8; CAPACITY],
    len: usize,
    cut: bool,
}

impl Text {
    /// No text.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; CAPACITY], len: 0, cut: false }
    }

    /// What was written.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "a report that cannot be shown",
        }
    }

    /// Whether nothing was written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) const fn push(&mut self, text: &str) {
        const ELLIPSIS: &str = "…";
        if self.cut {
            return;
        }
        // Room for the ellipsis is always left.
        self.cut = text.len() > CAPACITY - ELLIPSIS.len() - self.len;
        self.copy(if self.cut { ELLIPSIS.as_bytes() } else { text.as_bytes() });
    }

    pub(super) const fn push_number(&mut self, number: usize) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        const DIGITS: &str = "0123456789";
        self.push(DIGITS.split_at(number % 10).1.split_at(1).0);
    }

    /// `name` in backticks.
    pub(super) const fn push_name(&mut self, name: &str) {
        self.push("`");
        self.push(name);
        self.push("`");
    }

    pub(super) const fn push_location(&mut self, location: crate::id::Location) {
        self.push(location.file);
        self.push(":");
        self.push_number(location.line as usize);
    }

    const fn copy(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            self.bytes[self.len] = bytes[at];
            self.len += 1;
            at += 1;
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

pub(super) const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The number of single-byte edits between two names; names over 31 bytes count as far apart.
pub(super) const fn distance(left: &str, right: &str) -> usize {
    const MOST: usize = 32;
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() >= MOST || right.len() >= MOST {
        return MOST;
    }
    let mut row = [0usize; MOST];
    let mut at = 0;
    while at <= right.len() {
        row[at] = at;
        at += 1;
    }
    let mut i = 0;
    while i < left.len() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        let mut j = 0;
        while j < right.len() {
            let replaced = diagonal + (left[i] != right[j]) as usize;
            diagonal = row[j + 1];
            let shifted = if row[j] < row[j + 1] { row[j] + 1 } else { row[j + 1] + 1 };
            row[j + 1] = if replaced < shifted { replaced } else { shifted };
            j += 1;
        }
        i += 1;
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_over_its_size_is_cut() {
        let mut text = Text::new();
        for _ in 0..CAPACITY {
            text.push("abc");
            text.push_number(12345);
        }
        text.push("a");
        assert_eq!(text.as_str().find('…'), Some(text.as_str().len() - '…'.len_utf8()));
    }

    #[test]
    fn distance_is_levenshtein() {
        for (left, right) in [("storage", "storag"), ("memory", "memoyr"), ("", "abc"), ("kitten", "sitting")]
        {
            assert_eq!(distance(left, right), strsim::levenshtein(left, right));
        }
    }
}
