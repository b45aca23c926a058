//! The rules that hold whatever is enabled, as `const fn`: `plugins!` and the derived manager run them while compiling,
//! and a start runs them again over the enabled set. One pass with hashed indexes, O(plugins + edges).

use super::finding::{Cycle, Finding, Findings, MOST_STEPS};
use super::set::{Entry, FieldNeed, ManagerSpec, PluginSet};
use super::text::same;
use crate::descriptor::PluginDescriptor;
use crate::id::Id;
use crate::inject::Need;

const FREE: u32 = u32::MAX;

/// The memory a check works in: `N` slots from [`scratch_len`].
pub struct Scratch<const N: usize> {
    names: [Named; N],
    capabilities: [Provided; N],
    steps: [Step; N],
    colours: [Colour; N],
}

impl<const N: usize> Scratch<N> {
    /// Empty memory.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            names: [Named::NONE; N],
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
    let (len, plugins) = (scratch_len(entries), entries.len() + 1);
    let mut findings = Findings::new();
    let parts = Parts {
        names: &mut vec![Named::NONE; len],
        capabilities: &mut vec![Provided::NONE; len],
        // A path holds each plugin once.
        steps: &mut vec![Step::START; plugins],
        colours: &mut vec![Colour::White; plugins],
    };
    check_entries(entries, parts, &mut findings);
    check_fields(entries, spec, &mut findings);
    findings
}

/// A name and the first plugin that has it.
#[derive(Clone, Copy)]
struct Named {
    name: Id,
    entry: u32,
}

impl Named {
    const NONE: Self = Self { name: Id(0), entry: FREE };
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
    names: &'a mut [Named],
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
            let slot = name_slot(parts.names, plugin.id);
            if parts.names[slot].entry == FREE {
                parts.names[slot] = Named { name: plugin.id, entry: at as u32 };
            } else if let Ok(first) = entries[parts.names[slot].entry as usize].plugin {
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
const fn name_slot(names: &[Named], name: Id) -> usize {
    let mut slot = name.slot(names.len());
    while names[slot].entry != FREE && !names[slot].name.same(name) {
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
        let slot = name_slot(parts.names, requirement.plugin.id);
        if parts.names[slot].entry == FREE {
            findings.push(Finding::MissingPlugin { plugin, requirement });
        } else if let Ok(found) = entries[parts.names[slot].entry as usize].plugin
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
        let named = parts.names[name_slot(parts.names, plugin.requires[edge].plugin.id)];
        return if named.entry == FREE { Edge::Open } else { Edge::To(named.entry as usize) };
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
