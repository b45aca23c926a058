//! Answers from an index of your own documents, with citations.

#![forbid(unsafe_code)]

mod answer;
mod documents;
mod index;
mod library;
mod markdown;
mod passage;
mod query;
mod rank;
mod words;

#[cfg(test)]
mod questions;

use plugin_core::prelude::*;

/// Answers from an index of your own documents, with citations.
// The configuration names the files, so they may be any.
#[plugin(tags("chat", "backend", "retrieval"), permissions(fs("*")))]
pub mod local {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use gateway_api::{ChatBackend, ChatError, Citation, Deltas, ModelCall, ModelInfo, Reply};
    use schemars::JsonSchema;
    use serde::Deserialize;

    use super::*;
    use crate::answer::{cite, limit, pieces};
    use crate::library::Library;
    pub use crate::library::Report;

    /// The one model it has.
    const MODEL: &str = "local";
    /// The most passages that a search yields.
    const MOST: usize = 100;

    /// Where the documents are.
    #[config]
    pub struct Config {
        /// Files, and folders whose `.md`, `.markdown`, `.txt`, `.text` and `.rst` files are read. Relative ones are looked for
        /// where the program was started.
        #[config(default = ["README.md", "ARCHITECTURE.md", "docs"].map(str::to_owned).to_vec())]
        pub folders: Vec<String>,
        /// A file for the index, so that a start reads only what has changed; without one the index is in memory.
        pub index: Option<String>,
        /// Seconds between two looks for documents that have changed; 0 looks only at the start.
        #[config(default = 5)]
        pub refresh: u64,
    }

    /// An indexed library.
    pub struct Local {
        library: Arc<Library>,
        refresh: Duration,
    }

    #[init]
    async fn init(config: Config) -> Result<Local, PluginError> {
        let Config { folders, index, refresh } = config;
        // Who names folders of their own wants answers from these and no others.
        let fallback = folders == Config::default().folders;
        let library =
            tokio::task::spawn_blocking(move || Library::open(folders, fallback, index.map(PathBuf::from)))
                .await??;
        Ok(Local { library: Arc::new(library), refresh: Duration::from_secs(refresh) })
    }

    #[capability(models = ["local"], streaming)]
    impl ChatBackend for Local {
        async fn models(&self) -> Result<Vec<ModelInfo>, ChatError> {
            Ok(vec![ModelInfo { id: MODEL.to_owned(), created: None, owned_by: "switchboard".to_owned() }])
        }

        async fn chat(&self, call: &ModelCall, deltas: &Deltas) -> Result<Reply, ChatError> {
            let turn = &call.turn;
            if turn.question().is_none() {
                return Err(ChatError::invalid("there is no message of a user to answer", Some("messages")));
            }
            let messages = turn.messages.clone();
            let answer = self.ask(move |library| library.answer(&messages)).await;
            let answer = answer
                .and_then(|answer| Ok(answer?))
                .map_err(|error| ChatError::Internal(error.to_string()))?;
            let (text, finish) = limit(&answer.text, &turn.stop, turn.max_tokens);
            if deltas.wanted() {
                for piece in pieces(&text) {
                    deltas.send(piece).await;
                }
            }
            Ok(Reply { finish, citations: answer.citations, ..Reply::new(MODEL, MODEL, turn, text) })
        }
    }

    impl Local {
        /// Asks the library on a thread that may block. Dropping the future lets a question that is on its way end unheard.
        async fn ask<T: Send + 'static>(
            &self,
            question: impl FnOnce(&Library) -> T + Send + 'static,
        ) -> Result<T, PluginError> {
            let library = self.library.clone();
            Ok(tokio::task::spawn_blocking(move || question(&library)).await?)
        }
    }

    /// Follows the documents as they change.
    #[task]
    async fn follow(local: Arc<Local>, shutdown: Shutdown) {
        if local.refresh.is_zero() {
            return;
        }
        loop {
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(local.refresh) => {}
            }
            match local.ask(|library| library.refresh(false)).await {
                Ok(Ok(report)) if report.read + report.removed > 0 => {
                    tracing::info!(
                        read = report.read,
                        removed = report.removed,
                        passages = report.passages,
                        "documents have changed"
                    );
                }
                Ok(Ok(_)) => {}
                Ok(Err(error)) | Err(error) => {
                    tracing::warn!(%error, "cannot look at the documents; will try again");
                }
            }
        }
    }

    /// Reads all documents again.
    #[command]
    async fn reindex(local: &Local) -> Result<Report, PluginError> {
        local.ask(|library| library.refresh(true)).await?
    }

    /// What to search for.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Search {
        /// The words, or a question.
        pub query: String,
        /// The most passages, up to 100.
        #[serde(default = "five")]
        pub limit: usize,
    }

    fn five() -> usize {
        5
    }

    /// Searches the documents and shows the passages with their scores.
    #[command]
    async fn search(local: &Local, search: Search) -> Result<Vec<Citation>, PluginError> {
        let found = local.ask(move |library| library.search(&search.query, search.limit.min(MOST))).await??;
        Ok(found.iter().map(cite).collect())
    }

    #[health]
    fn health(local: &Local) -> Health {
        let status = local.library.status();
        if let Some(failure) = status.failure {
            return Health::degraded(format_args!("the index cannot be brought up to date: {failure}"));
        }
        if status.empty {
            return Health::degraded("there is no document in any of `plugins.local.config.folders`");
        }
        Health::Healthy
    }
}
