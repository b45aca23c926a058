//! What a check finds, in values that const evaluation can hold.

use super::set::{Entry, FieldDescriptor};
use super::text::Text;
use crate::capability::CapabilityId;
use crate::descriptor::{Dependency, HookDescriptor, PluginDescriptor, Requirement};

/// Findings that one report holds; more are counted.
const MOST_FINDINGS: usize = 24;
/// Plugins that a printed cycle holds; more are counted.
pub(super) const MOST_STEPS: usize = 64;

/// A rule that a composition breaks.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "const evaluation has no heap to box a cycle on")]
pub enum Finding {
    /// Two plugins of one name.
    DuplicateName {
        /// The first in the list.
        first: &'static PluginDescriptor,
        /// The later one.
        second: &'static PluginDescriptor,
    },
    /// A required plugin is not there.
    MissingPlugin {
        /// Who requires it.
        plugin: &'static PluginDescriptor,
        /// What it requires.
        requirement: &'static Requirement,
    },
    /// A required plugin is there in another version.
    VersionUnmet {
        /// Who requires it.
        plugin: &'static PluginDescriptor,
        /// What it requires.
        requirement: &'static Requirement,
        /// What is there.
        found: &'static PluginDescriptor,
    },
    /// A capability that a plugin needs is offered by none.
    MissingCapability {
        /// Who needs it.
        plugin: &'static PluginDescriptor,
        /// The parameter that asks for it.
        dependency: &'static Dependency,
        /// What it asks for.
        capability: CapabilityId,
    },
    /// A capability that a manager's field needs is offered by none.
    UnprovidedField {
        /// The manager's name.
        manager: &'static str,
        /// The field.
        field: &'static FieldDescriptor,
        /// What it asks for.
        capability: CapabilityId,
    },
    /// Plugins that require each other in a circle.
    Cycle(Cycle),
    /// A hook on a point that no field of the manager runs.
    PointNotRun {
        /// The manager's name.
        manager: &'static str,
        /// The plugin.
        plugin: &'static PluginDescriptor,
        /// Its hook.
        hook: &'static HookDescriptor,
    },
    /// A line of `plugins!` that names a capability its plugin does not offer.
    FalseHint {
        /// The plugin.
        plugin: &'static PluginDescriptor,
        /// The capability's name.
        capability: &'static str,
        /// Where the line stands.
        location: crate::id::Location,
    },
}

/// The plugins of a circle, each requiring the next, the last the first.
#[derive(Clone, Copy, Debug)]
pub struct Cycle {
    pub(super) steps: [Option<&'static PluginDescriptor>; MOST_STEPS],
    pub(super) len: usize,
}

impl Cycle {
    /// The plugins, as far as they are kept.
    pub fn plugins(&self) -> impl Iterator<Item = &'static PluginDescriptor> + use<'_> {
        self.steps.iter().flatten().copied()
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug)]
pub struct Findings {
    items: [Option<Finding>; MOST_FINDINGS],
    len: usize,
}

impl Default for Findings {
    fn default() -> Self {
        Self::new()
    }
}

impl Findings {
    pub(super) const fn new() -> Self {
        Self { items: [None; MOST_FINDINGS], len: 0 }
    }

    pub(super) const fn push(&mut self, finding: Finding) {
        if self.len < MOST_FINDINGS {
            self.items[self.len] = Some(finding);
        }
        self.len += 1;
    }

    /// Whether every rule holds.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many were found; more than [`iter`](Self::iter) yields where not all are kept.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// What was found, as far as it is kept.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().flatten()
    }

    /// All of it in sentences; empty where every rule holds.
    #[must_use]
    pub const fn text(&self, entries: &[Entry]) -> Text {
        let mut text = Text::new();
        if self.len > 1 {
            text.push_number(self.len);
            text.push(" mistakes in this composition of plugins");
        }
        let mut at = 0;
        while at < self.len && at < MOST_FINDINGS {
            if let Some(finding) = &self.items[at] {
                if self.len > 1 {
                    text.push("\n\n");
                    text.push_number(at + 1);
                    text.push(". ");
                }
                finding.write(&mut text, entries);
            }
            at += 1;
        }
        if self.len > MOST_FINDINGS {
            text.push("\n\nand ");
            text.push_number(self.len - MOST_FINDINGS);
            text.push(" more");
        }
        text
    }
}
