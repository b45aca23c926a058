//! The codes of the rules of a composition. A code names a rule; it has a page, and is never given again.

use super::finding::Finding;
use super::problem::Problem;
use super::text::Text;

/// Where the pages are. `plugin-macros` has the same for the rules that macros enforce.
const PAGES: &str = "docs/errors/";

impl Finding {
    /// The code of the rule that is broken, `PB0902`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DuplicateName { .. } => "PB0901",
            Self::MissingPlugin { .. } => "PB0902",
            Self::VersionUnmet { .. } => "PB0903",
            Self::MissingCapability { .. } | Self::UnprovidedField { .. } => "PB0904",
            Self::Cycle(_) => "PB0905",
            Self::PointNotRun { .. } => "PB0906",
            Self::FalseHint { .. } => "PB0907",
        }
    }
}

impl Problem {
    /// The code of the rule that is broken, `PB0908`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::StartCircle { .. } => "PB0905",
            Self::SeveralProviders { .. } => "PB0908",
            Self::WrongSelection { .. } => "PB0909",
            Self::SeveralReplaces { .. } => "PB0910",
            Self::SeveralAnswerers { .. } => "PB0911",
            Self::Conflict { .. } => "PB0912",
            Self::OrderCircle { .. } => "PB0913",
            Self::Ambiguous(_) => "PB0914",
            Self::NotListed { .. } | Self::NotRegistered { .. } => "PB0915",
        }
    }
}

/// ` [PB0902]`, which ends the first line of a message.
pub(super) const fn mark(text: &mut Text, code: &str) {
    text.push(" [");
    text.push(code);
    text.push("]");
}

/// The last line of a message: where more is said.
pub(super) const fn see(text: &mut Text, code: &str) {
    text.push("\n  see: ");
    text.push(PAGES);
    text.push(code);
    text.push(".md");
}

/// `words` with the code at the end of their first line, and the line that says where more is said.
pub(super) fn marked(words: &str, code: &str) -> String {
    let (rule, rest) = words.split_at(words.find('\n').unwrap_or(words.len()));
    format!("{rule} [{code}]{rest}\n  see: {PAGES}{code}.md")
}
