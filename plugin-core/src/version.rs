//! Versions and requirements that can be compared while compiling, by the rules of Semantic Versioning 2.0 as cargo reads them.

/// A version, parsed in const evaluation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    /// As it was written.
    pub text: &'static str,
    /// `1` in `1.2.3-rc.1`.
    pub major: u64,
    /// `2` in `1.2.3-rc.1`.
    pub minor: u64,
    /// `3` in `1.2.3-rc.1`.
    pub patch: u64,
    /// `rc.1` in `1.2.3-rc.1`; empty for a release.
    pub pre: &'static str,
}

/// How a comparator compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// `=1.2`
    Exact,
    /// `>1.2`
    Greater,
    /// `>=1.2`
    GreaterEq,
    /// `<1.2`
    Less,
    /// `<=1.2`
    LessEq,
    /// `~1.2`
    Tilde,
    /// `^1.2`, and `1.2` alone
    Caret,
    /// `1.*`
    Wildcard,
}

/// One condition of a requirement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comparator {
    /// The relation.
    pub op: Op,
    /// The major number.
    pub major: u64,
    /// The minor number, where written.
    pub minor: Option<u64>,
    /// The patch number, where written.
    pub patch: Option<u64>,
    /// The pre-release, empty where not written.
    pub pre: &'static str,
}

/// Conditions of which all must hold; none means any version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VersionReq {
    /// As it was written, `*` where nothing was.
    pub text: &'static str,
    /// The conditions.
    pub comparators: &'static [Comparator],
}

impl Version {
    /// Reads `text` as cargo wrote it in `CARGO_PKG_VERSION`. Numbers that are absent read as 0; build metadata is ignored.
    #[must_use]
    pub const fn parse(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut numbers = [0u64; 3];
        let mut part = 0;
        let mut at = 0;
        while at < bytes.len() && bytes[at] != b'-' && bytes[at] != b'+' {
            match bytes[at] {
                b'.' => part += 1,
                digit @ b'0'..=b'9' if part < 3 => numbers[part] = numbers[part] * 10 + (digit - b'0') as u64,
                _ => {}
            }
            at += 1;
        }
        let pre =
            if at < bytes.len() && bytes[at] == b'-' { until_plus(text.split_at(at + 1).1) } else { "" };
        Self { text, major: numbers[0], minor: numbers[1], patch: numbers[2], pre }
    }
}

const fn until_plus(text: &str) -> &str {
    let mut at = 0;
    while at < text.len() && text.as_bytes()[at] != b'+' {
        at += 1;
    }
    text.split_at(at).0
}

impl VersionReq {
    /// Matches every version, pre-releases too.
    pub const ANY: Self = Self { text: "*", comparators: &[] };

    /// Whether `version` meets every comparator. A pre-release meets a requirement only if one of its comparators
    /// names a pre-release of the same three numbers, as in cargo.
    #[must_use]
    pub const fn matches(&self, version: &Version) -> bool {
        if self.comparators.is_empty() {
            return true;
        }
        let mut pre_allowed = version.pre.is_empty();
        let mut at = 0;
        while at < self.comparators.len() {
            let one = &self.comparators[at];
            if !one.matches(version) {
                return false;
            }
            if !one.pre.is_empty()
                && one.major == version.major
                && equal(one.minor, version.minor)
                && equal(one.patch, version.patch)
            {
                pre_allowed = true;
            }
            at += 1;
        }
        pre_allowed
    }
}

impl Comparator {
    const fn matches(&self, version: &Version) -> bool {
        match self.op {
            Op::Exact | Op::Wildcard => self.exact(version),
            Op::Greater => self.greater(version),
            Op::GreaterEq => self.exact(version) || self.greater(version),
            Op::Less => !self.exact(version) && !self.greater(version),
            Op::LessEq => !self.greater(version),
            Op::Tilde => self.tilde(version),
            Op::Caret => self.caret(version),
        }
    }

    const fn exact(&self, version: &Version) -> bool {
        version.major == self.major
            && open_or_equal(self.minor, version.minor)
            && open_or_equal(self.patch, version.patch)
            && matches!(compare_pre(version.pre, self.pre), 0)
    }

    const fn greater(&self, version: &Version) -> bool {
        if version.major != self.major {
            return version.major > self.major;
        }
        let Some(minor) = self.minor else { return false };
        if version.minor != minor {
            return version.minor > minor;
        }
        let Some(patch) = self.patch else { return false };
        if version.patch != patch {
            return version.patch > patch;
        }
        compare_pre(version.pre, self.pre) > 0
    }

    const fn tilde(&self, version: &Version) -> bool {
        if version.major != self.major || !open_or_equal(self.minor, version.minor) {
            return false;
        }
        match self.patch {
            Some(patch) if version.patch != patch => version.patch > patch,
            _ => compare_pre(version.pre, self.pre) >= 0,
        }
    }

    const fn caret(&self, version: &Version) -> bool {
        if version.major != self.major {
            return false;
        }
        let Some(minor) = self.minor else { return true };
        let Some(patch) = self.patch else {
            return if self.major > 0 { version.minor >= minor } else { version.minor == minor };
        };
        if self.major > 0 {
            if version.minor != minor {
                return version.minor > minor;
            }
            if version.patch != patch {
                return version.patch > patch;
            }
        } else if minor > 0 {
            if version.minor != minor {
                return false;
            }
            if version.patch != patch {
                return version.patch > patch;
            }
        } else if version.minor != minor || version.patch != patch {
            return false;
        }
        compare_pre(version.pre, self.pre) >= 0
    }
}

const fn open_or_equal(wanted: Option<u64>, found: u64) -> bool {
    match wanted {
        Some(wanted) => wanted == found,
        None => true,
    }
}

const fn equal(wanted: Option<u64>, found: u64) -> bool {
    matches!(wanted, Some(wanted) if wanted == found)
}

/// Precedence of two pre-releases (Semantic Versioning 2.0, item 11): negative, 0 or positive. Empty is a release and the greatest.
const fn compare_pre(left: &str, right: &str) -> i8 {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return 0,
        (true, false) => return 1,
        (false, true) => return -1,
        (false, false) => {}
    }
    let (mut left, mut right) = (left, right);
    loop {
        let (one, left_rest) = identifier(left);
        let (two, right_rest) = identifier(right);
        let order = compare_identifier(one.as_bytes(), two.as_bytes());
        if order != 0 {
            return order;
        }
        match (left_rest, right_rest) {
            (None, None) => return 0,
            (None, Some(_)) => return -1,
            (Some(_), None) => return 1,
            (Some(next_left), Some(next_right)) => (left, right) = (next_left, next_right),
        }
    }
}

const fn identifier(text: &str) -> (&str, Option<&str>) {
    let mut at = 0;
    while at < text.len() {
        if text.as_bytes()[at] == b'.' {
            return (text.split_at(at).0, Some(text.split_at(at + 1).1));
        }
        at += 1;
    }
    (text, None)
}

const fn compare_identifier(left: &[u8], right: &[u8]) -> i8 {
    match (numeric(left), numeric(right)) {
        (true, false) => return -1,
        (false, true) => return 1,
        (true, true) if left.len() != right.len() => return if left.len() < right.len() { -1 } else { 1 },
        _ => {}
    }
    let mut at = 0;
    while at < left.len() && at < right.len() {
        if left[at] != right[at] {
            return if left[at] < right[at] { -1 } else { 1 };
        }
        at += 1;
    }
    if left.len() == right.len() {
        0
    } else if left.len() < right.len() {
        -1
    } else {
        1
    }
}

const fn numeric(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            return false;
        }
        at += 1;
    }
    true
}

impl std::fmt::Display for Version {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.text)
    }
}

impl std::fmt::Display for VersionReq {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ours(req: &semver::VersionReq) -> VersionReq {
        let comparators = req
            .comparators
            .iter()
            .map(|one| Comparator {
                op: match one.op {
                    semver::Op::Exact => Op::Exact,
                    semver::Op::Greater => Op::Greater,
                    semver::Op::GreaterEq => Op::GreaterEq,
                    semver::Op::Less => Op::Less,
                    semver::Op::LessEq => Op::LessEq,
                    semver::Op::Tilde => Op::Tilde,
                    semver::Op::Wildcard => Op::Wildcard,
                    _ => Op::Caret,
                },
                major: one.major,
                minor: one.minor,
                patch: one.patch,
                pre: one.pre.to_string().leak(),
            })
            .collect::<Vec<_>>();
        VersionReq { text: "", comparators: comparators.leak() }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn agrees_with_the_semver_crate(
            op in prop::sample::select(vec!["", "^", "~", "=", ">", ">=", "<", "<="]),
            req in "[0-2](\\.[0-2](\\.[0-2](-(a|b|1|2|10)(\\.[01])?)?)?)?",
            version in "[0-2]\\.[0-2]\\.[0-2](-(a|b|1|2|10)(\\.[01])?)?",
        ) {
            let req = semver::VersionReq::parse(&format!("{op}{req}")).unwrap();
            let theirs = req.matches(&semver::Version::parse(&version).unwrap());
            prop_assert_eq!(ours(&req).matches(&Version::parse(version.clone().leak())), theirs, "{} {}", req, version);
        }
    }
}
