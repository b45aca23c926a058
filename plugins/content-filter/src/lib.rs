//! Masks personal data and unwanted words, streamed or not.

#![forbid(unsafe_code)]

mod cursor;
mod detect;
pub mod engine;
pub mod turn;
pub mod vault;

use plugin_core::prelude::*;

/// Masks personal data and unwanted words, streamed or not.
#[plugin(required, tags("safety", "privacy"))]
pub mod content_filter {
    use gateway_api::{ChatError, ChatTurn, ModelCall, Reply, StreamDelta};

    use super::engine::{Engine, Kind, Refused, Rules};
    use super::turn::{Filter, Policy, Shared};
    use super::*;

    /// What is filtered, and how.
    #[config]
    pub struct Config {
        /// The kinds of personal data that are masked.
        pub pii: Pii,
        /// Words that are masked or refused: whole words, in any ASCII case.
        pub words: Vec<String>,
        /// What each masked character becomes.
        #[config(default = '*')]
        pub mask: char,
        /// Whether the backend gets a placeholder such as `[EMAIL_1]`, and the caller gets the data back in the reply. Otherwise
        /// it stays masked for both.
        pub restore: bool,
        /// What a word of the list leads to.
        #[config(default = OnWords::Mask)]
        pub on_words: OnWords,
    }

    /// Kinds of personal data.
    #[config(nested)]
    pub struct Pii {
        /// E-mail addresses.
        #[config(default = true)]
        pub email: bool,
        /// Telephone numbers.
        #[config(default = true)]
        pub phone: bool,
        /// International bank account numbers, by checksum.
        #[config(default = true)]
        pub iban: bool,
        /// Payment card numbers, by checksum.
        #[config(default = true)]
        pub card: bool,
        /// IP addresses, both versions.
        pub ip: bool,
    }

    /// What a word of the list leads to.
    #[config(nested)]
    #[derive(Copy, PartialEq, Eq)]
    pub enum OnWords {
        /// It is masked.
        Mask,
        /// The turn is refused; replies are held back until they were seen as a whole.
        Refuse,
    }

    /// The filter.
    #[derive(Debug)]
    pub struct ContentFilter(Filter);

    #[init]
    fn init(config: Config) -> Result<ContentFilter, PluginError> {
        let Pii { email, phone, iban, card, ip } = config.pii;
        let kinds = [
            (Kind::Email, email),
            (Kind::Phone, phone),
            (Kind::Iban, iban),
            (Kind::Card, card),
            (Kind::Ip, ip),
        ];
        let engine = Engine::new(&Rules {
            personal: kinds.into_iter().filter(|(_, wanted)| *wanted).map(|(kind, _)| kind).collect(),
            words: config.words,
            mask: config.mask,
            placeholders: config.restore,
        })?;
        let policy = Policy { restore: config.restore, refuse: config.on_words == OnWords::Refuse };
        Ok(ContentFilter(Filter { engine, policy }))
    }

    #[hook(before)]
    fn mask(filter: &ContentFilter, turn: &mut ChatTurn, call: &Call) -> Result<(), ChatError> {
        turn.hold |= filter.0.policy.refuse;
        let shared = call.get_or_insert_with(Shared::default);
        filter.0.turn(&shared, turn).map_err(|refused| refusal(refused, "message"))
    }

    // The last place before a backend: it sees nothing unmasked, whoever added it to the turn.
    #[hook(before)]
    fn attempt(filter: &ContentFilter, asked: &mut ModelCall, call: &Call) -> Result<(), ChatError> {
        let shared = call.get_or_insert_with(Shared::default);
        filter.0.attempt(&shared, &mut asked.turn).map_err(|refused| refusal(refused, "message"))
    }

    #[hook(before)]
    fn piece(filter: &ContentFilter, delta: &mut StreamDelta, call: &Call) -> Result<(), ChatError> {
        let shared = call.get_or_insert_with(Shared::default);
        delta.text =
            filter.0.piece(&shared, &delta.text, delta.last).map_err(|refused| refusal(refused, "reply"))?;
        Ok(())
    }

    // What is remembered is what the caller saw.
    #[hook(after, before("memory"))]
    fn reply(
        filter: &ContentFilter,
        _turn: &ChatTurn,
        reply: &mut Reply,
        call: &Call,
    ) -> Result<(), ChatError> {
        let shared = call.get_or_insert_with(Shared::default);
        filter.0.reply(&shared, reply).map_err(|refused| refusal(refused, "reply"))
    }

    fn refusal(_: Refused, what: &str) -> ChatError {
        let reason = format!("the {what} has a word that is not allowed here");
        ChatError::Refused { plugin: "content-filter".to_owned(), reason }
    }
}
