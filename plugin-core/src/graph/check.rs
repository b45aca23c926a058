//! The rules that hold whatever is enabled, as `const fn`: `plugins!` and the derived manager run them while compiling,
//! and a start runs them again over the enabled set. One pass with hashed indexes, O(plugins + edges).

use super::set::{Entry, FieldDescriptor, FieldNeed, ManagerSpec, PluginSet};
use super::text::Text;
use crate::capability::CapabilityId;
use crate::descriptor::{Dependency, HookDescriptor, PluginDescriptor, Requirement};
use crate::id::Id;
use crate::inject::Need;

/// Findings that one report holds; more are counted.
const MOST_FINDINGS: usize = 24;
/// Plugins that a printed cycle holds; more are counted.
const MOST_STEPS: usize = 64;
const FREE: u32 = u32::MAX;

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
    const fn new() -> Self {
        Self { items: [None; MOST_FINDINGS], len: 0 }
    }

    const fn push(&mut self, finding: Finding) {
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
            text.push(" mistakes in this composition of plugins\n");
        }
        let mut at = 0;
        while at < self.len && at < MOST_FINDINGS {
            if let Some(finding) = &self.items[at] {
                if self.len > 1 {
                    text.push("\n");
                    text.push_number(at + 1);
                    text.push(". ");
                }
                finding.write(&mut text, entries);
                if self.len > 1 {
                    text.push("\n");
                }
            }
            at += 1;
        }
        if self.len > MOST_FINDINGS {
            text.push("\nand ");
            text.push_number(self.len - MOST_FINDINGS);
            text.push(" more\n");
        }
        text
    }
}

/// The memory a check works in: `N` slots from [`scratch_len`].
pub struct Scratch<const N: usize> {
    names: [u32; N],
    capabilities: [Provided; N],
    steps: [Step; N],
    colours: [Colour; N],
}

impl<const N: usize> Scratch<N> {
    /// Empty memory.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            names: [FREE; N],
            capabilities: [Provided::NONE; N],
            steps: [Step::START; N],
            colours: [Colour::White; N],
        }
    }

    const fn parts(&mut self) -> Parts<'_> {
        Parts {
            names: &mut self.names,
            capabilities: &mut self.capabilities,
            steps: &mut self.steps,
            colours: &mut self.colours,
        }
    }
}

impl<const N: usize> Default for Scratch<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The slots that a check of `entries` needs: a power of two of at least twice the names and capabilities in it.
#[must_use]
pub const fn scratch_len(entries: &[Entry]) -> usize {
    let mut items = entries.len() + 1;
    let mut at = 0;
    while at < entries.len() {
        if let Ok(plugin) = &entries[at].plugin {
            items += plugin.capabilities.len();
        }
        at += 1;
    }
    (2 * items).next_power_of_two()
}

/// The rules of the list alone: names, required plugins and versions, needed capabilities, circles, hints.
#[must_use]
pub const fn check_list<const N: usize>(set: &PluginSet, mut scratch: Scratch<N>) -> Findings {
    let mut findings = Findings::new();
    check_entries(set.entries, scratch.parts(), &mut findings);
    findings
}

/// The rules that tie the list to a manager: fields that need a provider, and hooks that need a field.
#[must_use]
pub const fn check_manager(set: &PluginSet, spec: &ManagerSpec) -> Findings {
    let mut findings = Findings::new();
    check_fields(set.entries, spec, &mut findings);
    findings
}

/// [`check_list`] and [`check_manager`] with memory from the heap.
pub(crate) fn check_at_start(entries: &[Entry], spec: &ManagerSpec) -> Findings {
    let len = scratch_len(entries);
    let mut findings = Findings::new();
    let parts = Parts {
        names: &mut vec![FREE; len],
        capabilities: &mut vec![Provided::NONE; len],
        steps: &mut vec![Step::START; len],
        colours: &mut vec![Colour::White; len],
    };
    check_entries(entries, parts, &mut findings);
    check_fields(entries, spec, &mut findings);
    findings
}

/// A capability and the first that offers it.
#[derive(Clone, Copy)]
struct Provided {
    capability: Id,
    entry: u32,
    alone: bool,
}

impl Provided {
    const NONE: Self = Self { capability: Id(0), entry: FREE, alone: true };
}

/// A plugin on the path of the search, and its edge that is looked at next.
#[derive(Clone, Copy)]
struct Step {
    entry: usize,
    edge: usize,
}

impl Step {
    const START: Self = Self { entry: 0, edge: 0 };
}

#[derive(Clone, Copy)]
enum Colour {
    White,
    Grey,
    Black,
}

struct Parts<'a> {
    names: &'a mut [u32],
    capabilities: &'a mut [Provided],
    steps: &'a mut [Step],
    colours: &'a mut [Colour],
}

const fn check_entries(entries: &[Entry], mut parts: Parts<'_>, findings: &mut Findings) {
    index(entries, &mut parts, findings);
    let mut at = 0;
    while at < entries.len() {
        if let Ok(plugin) = entries[at].plugin {
            requirements(plugin, entries, &parts, findings);
            needs(plugin, &parts, findings);
            hints(plugin, &entries[at], findings);
        }
        at += 1;
    }
    circles(entries, &mut parts, findings);
}

const fn index(entries: &[Entry], parts: &mut Parts<'_>, findings: &mut Findings) {
    let mut at = 0;
    while at < entries.len() {
        if let Ok(plugin) = entries[at].plugin {
            let slot = name_slot(parts.names, entries, plugin.id);
            if parts.names[slot] == FREE {
                parts.names[slot] = at as u32;
            } else if let Ok(first) = entries[parts.names[slot] as usize].plugin {
                findings.push(Finding::DuplicateName { first, second: plugin });
            }
            let mut offered = 0;
            while offered < plugin.capabilities.len() {
                let capability = plugin.capabilities[offered].capability.id;
                let slot = capability_slot(parts.capabilities, capability);
                if parts.capabilities[slot].entry == FREE {
                    parts.capabilities[slot] = Provided { capability, entry: at as u32, alone: true };
                } else {
                    parts.capabilities[slot].alone = false;
                }
                offered += 1;
            }
        }
        at += 1;
    }
}

/// The slot that holds the name, or the free one where it would stand.
const fn name_slot(names: &[u32], entries: &[Entry], name: Id) -> usize {
    let mut slot = name.slot(names.len());
    while names[slot] != FREE && !entries[names[slot] as usize].id().same(name) {
        slot = (slot + 1) & (names.len() - 1);
    }
    slot
}

const fn capability_slot(capabilities: &[Provided], capability: Id) -> usize {
    let mut slot = capability.slot(capabilities.len());
    while capabilities[slot].entry != FREE && !capabilities[slot].capability.same(capability) {
        slot = (slot + 1) & (capabilities.len() - 1);
    }
    slot
}

const fn requirements(
    plugin: &'static PluginDescriptor,
    entries: &[Entry],
    parts: &Parts<'_>,
    findings: &mut Findings,
) {
    let mut at = 0;
    while at < plugin.requires.len() {
        let requirement = &plugin.requires[at];
        let slot = name_slot(parts.names, entries, requirement.plugin.id);
        if parts.names[slot] == FREE {
            findings.push(Finding::MissingPlugin { plugin, requirement });
        } else if let Ok(found) = entries[parts.names[slot] as usize].plugin
            && !requirement.version.matches(&found.version)
        {
            findings.push(Finding::VersionUnmet { plugin, requirement, found });
        }
        at += 1;
    }
}

const fn needs(plugin: &'static PluginDescriptor, parts: &Parts<'_>, findings: &mut Findings) {
    let mut at = 0;
    while at < plugin.dependencies.len() {
        let dependency = &plugin.dependencies[at];
        if let Need::One(capability) = dependency.need
            && parts.capabilities[capability_slot(parts.capabilities, capability.id)].entry == FREE
        {
            findings.push(Finding::MissingCapability { plugin, dependency, capability });
        }
        at += 1;
    }
}

const fn hints(plugin: &'static PluginDescriptor, entry: &Entry, findings: &mut Findings) {
    let mut at = 0;
    while at < entry.provides.len() {
        if !offers_named(plugin, entry.provides[at]) {
            findings.push(Finding::FalseHint {
                plugin,
                capability: entry.provides[at],
                location: entry.location,
            });
        }
        at += 1;
    }
}

const fn offers_named(plugin: &PluginDescriptor, capability: &str) -> bool {
    let mut at = 0;
    while at < plugin.capabilities.len() {
        if same(plugin.capabilities[at].capability.name, capability) {
            return true;
        }
        at += 1;
    }
    false
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

/// Depth-first over the required edges: `requires`, and a needed capability that one plugin alone offers (with several,
/// the config decides, and the start checks again).
const fn circles(entries: &[Entry], parts: &mut Parts<'_>, findings: &mut Findings) {
    let mut root = 0;
    while root < entries.len() {
        if let Colour::White = parts.colours[root] {
            let mut depth = 1;
            parts.steps[0] = Step { entry: root, edge: 0 };
            parts.colours[root] = Colour::Grey;
            while depth > 0 {
                let Step { entry, edge } = parts.steps[depth - 1];
                parts.steps[depth - 1].edge += 1;
                match required(entries, parts, entry, edge) {
                    Edge::End => {
                        parts.colours[entry] = Colour::Black;
                        depth -= 1;
                    }
                    Edge::Open => {}
                    Edge::To(next) => match parts.colours[next] {
                        Colour::White => {
                            parts.colours[next] = Colour::Grey;
                            parts.steps[depth] = Step { entry: next, edge: 0 };
                            depth += 1;
                        }
                        Colour::Grey => {
                            findings.push(Finding::Cycle(cycle(entries, parts.steps, depth, next)));
                        }
                        Colour::Black => {}
                    },
                }
            }
        }
        root += 1;
    }
}

enum Edge {
    To(usize),
    Open,
    End,
}

const fn required(entries: &[Entry], parts: &Parts<'_>, entry: usize, edge: usize) -> Edge {
    let Ok(plugin) = entries[entry].plugin else { return Edge::End };
    if edge < plugin.requires.len() {
        let slot = name_slot(parts.names, entries, plugin.requires[edge].plugin.id);
        return if parts.names[slot] == FREE { Edge::Open } else { Edge::To(parts.names[slot] as usize) };
    }
    let edge = edge - plugin.requires.len();
    if edge >= plugin.dependencies.len() {
        return Edge::End;
    }
    if let Need::One(capability) = plugin.dependencies[edge].need {
        let provided = parts.capabilities[capability_slot(parts.capabilities, capability.id)];
        if provided.entry != FREE && provided.alone {
            return Edge::To(provided.entry as usize);
        }
    }
    Edge::Open
}

const fn cycle(entries: &[Entry], steps: &[Step], depth: usize, first: usize) -> Cycle {
    let mut found = Cycle { steps: [None; MOST_STEPS], len: 0 };
    let mut at = 0;
    while at < depth && steps[at].entry != first {
        at += 1;
    }
    while at < depth {
        if let Ok(plugin) = entries[steps[at].entry].plugin {
            if found.len < MOST_STEPS {
                found.steps[found.len] = Some(plugin);
            }
            found.len += 1;
        }
        at += 1;
    }
    found
}

const fn check_fields(entries: &[Entry], spec: &ManagerSpec, findings: &mut Findings) {
    let mut at = 0;
    while at < spec.fields.len() {
        let field = &spec.fields[at];
        if let FieldNeed::One(capability) = field.need
            && !offered(entries, capability.id)
        {
            findings.push(Finding::UnprovidedField { manager: spec.name, field, capability });
        }
        at += 1;
    }
    let mut at = 0;
    while at < entries.len() {
        if let Ok(plugin) = entries[at].plugin {
            let mut one = 0;
            while one < plugin.hooks.len() {
                let hook = &plugin.hooks[one];
                if !runs(spec, hook.point.id) {
                    findings.push(Finding::PointNotRun { manager: spec.name, plugin, hook });
                }
                one += 1;
            }
        }
        at += 1;
    }
}

const fn offered(entries: &[Entry], capability: Id) -> bool {
    let mut at = 0;
    while at < entries.len() {
        if let Ok(plugin) = entries[at].plugin {
            let mut one = 0;
            while one < plugin.capabilities.len() {
                if plugin.capabilities[one].capability.id.same(capability) {
                    return true;
                }
                one += 1;
            }
        }
        at += 1;
    }
    false
}

const fn runs(spec: &ManagerSpec, point: Id) -> bool {
    let mut at = 0;
    while at < spec.fields.len() {
        if let FieldNeed::Chain(run) = spec.fields[at].need
            && run.id.same(point)
        {
            return true;
        }
        at += 1;
    }
    false
}
