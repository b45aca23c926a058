//! From a list, a config and a manager's type to a running manager.

use std::marker::PhantomData;

use super::{PluginManager, Roster, Running, start};
use crate::config::{self, ConfigErrors, Section, Settings, Sources};
use crate::descriptor::{Plugin, PluginDescriptor};
use crate::error::PluginError;
use crate::graph::{CompositionError, Entry, ManagerSpec};
use crate::plan::{Plan, compare_registry};
use crate::registry::Registry;

/// Configures and starts a manager.
#[must_use = "a builder does nothing until `start`"]
pub struct Builder<M> {
    sources: Sources,
    sections: Vec<Section>,
    entries: Vec<Entry>,
    registry: Option<Registry>,
    spec: ManagerSpec,
    manager: PhantomData<fn() -> M>,
}

/// Why a manager did not start. Nothing runs then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The plugins do not fit together.
    #[error(transparent)]
    Composition(#[from] Box<CompositionError>),
    /// A plugin that must run failed to start.
    #[error("plugin `{plugin}` is required and failed to start: {cause}")]
    Required {
        /// The plugin.
        plugin: &'static str,
        /// Why it failed.
        cause: String,
    },
    /// The manager could not be assembled from what has started.
    #[error("{0}")]
    Assembly(String),
}

impl<M: PluginManager> Default for Builder<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: PluginManager> Builder<M> {
    /// The app's list, the process environment, no file.
    pub fn new() -> Self {
        Self::of(M::PLUGINS.entries.to_vec(), M::SPEC)
    }

    /// Another list and other fields than the manager's type has.
    pub(crate) fn of(entries: Vec<Entry>, spec: ManagerSpec) -> Self {
        Self {
            sources: Sources::new(),
            sections: Vec::new(),
            entries,
            registry: Some(Registry::linked()),
            spec,
            manager: PhantomData,
        }
    }

    /// Where the configuration comes from.
    pub fn config(mut self, sources: impl Into<Sources>) -> Self {
        self.sources = sources.into();
        self
    }

    /// Where the configuration comes from.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// A top-level section of the host's own, checked and shown with the plugins'.
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// A plugin beside the list, as tests and small programs add it.
    pub fn plugin<P: Plugin>(mut self) -> Self {
        self.entries.push(Entry::of(P::DESCRIPTOR));
        self
    }

    /// Plugins beside the list.
    pub fn plugins(mut self, plugins: impl IntoIterator<Item = &'static PluginDescriptor>) -> Self {
        self.entries.extend(plugins.into_iter().map(Entry::of));
        self
    }

    /// The registry to compare the list with; `None` compares nothing, for a program whose list is not all that it links.
    pub fn registry(mut self, registry: impl Into<Option<Registry>>) -> Self {
        self.registry = registry.into();
        self
    }

    /// The lines of the list, and what was added to it.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The host's own sections.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Reads and checks the configuration; starts nothing.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, at once.
    pub fn settings(&self) -> Result<Settings, ConfigErrors> {
        config::load(&self.sources, &self.entries, &self.sections)
    }

    /// Checks the configuration and the composition and says what would start; starts nothing.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the configuration, or else with the composition.
    pub fn plan(&self) -> Result<(Plan, Settings), StartError> {
        let settings = self.settings()?;
        let compared = self
            .registry
            .as_ref()
            .map_or_else(Vec::new, |registry| compare_registry(&self.entries, registry));
        let plan = match Plan::make(&self.entries, &settings, &self.spec) {
            Ok(plan) if compared.is_empty() => plan,
            Ok(_) => return Err(Box::new(CompositionError::of_problems(compared)).into()),
            Err(mut error) => {
                error.problems.extend(compared);
                return Err(error.into());
            }
        };
        Ok((plan, settings))
    }

    /// Checks everything, then starts the plugins level by level and assembles the manager.
    ///
    /// # Errors
    ///
    /// See [`StartError`]; what had started is stopped again.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops what has started without its `#[shutdown]`.
    pub async fn start(self) -> Result<Running<M>, StartError> {
        self.start_with(|_| ()).await
    }

    /// [`start`](Self::start), with `prepare` between the making of the roster and the first plugin.
    pub(crate) async fn start_with(self, prepare: impl FnOnce(&Roster)) -> Result<Running<M>, StartError> {
        let (plan, settings) = self.plan()?;
        for ambiguity in plan.ambiguities() {
            if settings.ambiguity() == config::Ambiguity::Warn {
                tracing::warn!("{ambiguity}");
            }
        }
        settings.old_keys().iter().for_each(|old| tracing::warn!("{old}"));
        plan.notes().iter().for_each(|note| tracing::warn!("{note}"));
        start::start((plan, settings, self.spec), self.entries, self.sections, prepare).await
    }
}

impl From<PluginError> for StartError {
    fn from(error: PluginError) -> Self {
        Self::Assembly(error.to_string())
    }
}
