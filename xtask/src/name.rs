//! What a plugin may be called: one name serves as feature, folder, package, crate and module.

use crate::shell::Fault;

/// Rust's keywords, strict, reserved and weak, that a module of one word could collide with.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "raw", "ref", "return", "safe",
    "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe",
    "unsized", "use", "virtual", "where", "while", "yield",
];
/// Crates that a plugin's own code names; a module of that name would hide them.
const CRATES: &[&str] = &[
    "alloc",
    "bytes",
    "core",
    "gateway-api",
    "http",
    "plugin-core",
    "proc-macro",
    "serde",
    "serde-json",
    "std",
    "test",
    "tokio",
    "tracing",
];
/// What the scaffold's code calls by these names already.
const TYPES: &[&str] = &[
    "Arc",
    "AtomicU64",
    "Authenticator",
    "Bytes",
    "Call",
    "Chain",
    "ChatBackend",
    "ChatError",
    "ChatTurn",
    "Clone",
    "Config",
    "Debug",
    "Default",
    "Deltas",
    "Duration",
    "Flow",
    "Format",
    "GreetArguments",
    "HeaderMap",
    "HeaderName",
    "HeaderValue",
    "Health",
    "HookPoint",
    "Host",
    "HttpBody",
    "HttpExchange",
    "HttpFailure",
    "HttpResponse",
    "Instant",
    "Message",
    "Method",
    "ModelCall",
    "ModelInfo",
    "Mutex",
    "MutexGuard",
    "Next",
    "Option",
    "Ordering",
    "PluginContext",
    "PluginError",
    "PluginManager",
    "PoisonError",
    "Principal",
    "Provider",
    "Providers",
    "Reply",
    "Result",
    "Role",
    "Route",
    "Routes",
    "Secret",
    "Shutdown",
    "Sources",
    "StandIn",
    "StatusCode",
    "Storage",
    "StorageError",
    "String",
    "Table",
    "ToOwned",
    "Value",
    "Vec",
];
/// Folders of that name cannot be made on Windows.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];
/// Past it, folders and symbols become unwieldy, and the registries of crates refuse `plugin-NAME`.
const LONGEST: usize = 48;

/// The plugin's names, proved fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Name {
    /// `word-count`: feature, folder and plugin.
    pub(crate) kebab: String,
    /// `word_count`: the module.
    pub(crate) module: String,
    /// `WordCount`: its state.
    pub(crate) state: String,
}

impl Name {
    /// Proves `text` fit.
    ///
    /// # Errors
    ///
    /// The rule that it breaks, and where that can be said a name that does not.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        if !is_kebab(text) {
            let better = heck::AsKebabCase(text).to_string();
            let hint = if better != text && Self::parse(&better).is_ok() {
                format!("; try `{better}`")
            } else {
                String::new()
            };
            return Err(Fault::new(format!(
                "`{text}` is no name for a plugin: write lower-case words that begin with a letter, joined by `-`{hint}"
            )));
        }
        let refuse = |why: &str| {
            Err(Fault::new(format!("a plugin cannot be called `{text}`: {why}; choose another name")))
        };
        if text.len() > LONGEST {
            return refuse(&format!("a name has at most {LONGEST} characters"));
        }
        if KEYWORDS.contains(&text) {
            return refuse("it is a keyword of Rust, and its module could not be named so");
        }
        if CRATES.contains(&text) {
            return refuse("its module would hide the crate of that name");
        }
        if DEVICES.contains(&text) {
            return refuse("Windows cannot have a folder of that name");
        }
        let state = heck::AsUpperCamelCase(text).to_string();
        let state = if TYPES.contains(&state.as_str()) { format!("{state}Plugin") } else { state };
        Ok(Self { kebab: text.to_owned(), module: text.replace('-', "_"), state })
    }
}

/// Whether these are lower-case words joined by `-`, of which the first begins with a letter.
fn is_kebab(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit())
    };
    text.starts_with(|char: char| char.is_ascii_lowercase()) && text.split('-').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Name::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_name_serves_as_folder_module_and_type() {
        let name = Name::parse("word-count-2").unwrap();
        assert_eq!((name.module.as_str(), name.state.as_str()), ("word_count_2", "WordCount2"));
    }

    #[test]
    fn a_name_that_is_not_kebab_case_is_answered_with_one_that_is() {
        for (text, better) in
            [("WordCount", "word-count"), ("word_count", "word-count"), ("word count", "word-count")]
        {
            assert!(refusal(text).ends_with(&format!("try `{better}`")), "{}", refusal(text));
        }
        for text in ["", "-", "a-", "-a", "a--b", "4you", "../evil", "naïve", "a.b"] {
            assert!(refusal(text).contains("lower-case words"), "{text}");
        }
        assert!(!refusal("Match").contains("try"), "{}", refusal("Match"));
    }

    #[test]
    fn keywords_crates_and_devices_are_refused() {
        for text in ["match", "gen", "self", "tokio", "std", "nul"] {
            assert!(refusal(text).contains(&format!("cannot be called `{text}`")), "{}", refusal(text));
        }
        assert!(refusal(&"a".repeat(49)).contains("at most 48"));
    }

    #[test]
    fn a_state_hides_no_type_of_the_scaffold() {
        assert_eq!(Name::parse("config").unwrap().state, "ConfigPlugin");
        assert_eq!(Name::parse("string").unwrap().state, "StringPlugin");
    }
}
