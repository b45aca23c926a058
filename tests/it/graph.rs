//! The check that runs while compiling, on random sets of plugins, compared with an oracle that is not written for const.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use plugin_core::PluginDescriptor;
use plugin_core::PluginError;
use plugin_core::PluginSet;
use plugin_core::descriptor::{CapabilityDescriptor, Dependency, Requirement};
use plugin_core::graph::{Absent, Entry, Finding, Scratch, check_list, scratch_len};
use plugin_core::inject::Need;
use plugin_core::version::{Comparator, Op, Version, VersionReq};
use proptest::prelude::*;

use crate::support::{HERE, anchor, capability, leak, leak_name};

/// Slots for the largest set that is drawn.
const SLOTS: usize = 64;
const MOST: usize = 8;

/// A plugin as proptest draws it; plugins and capabilities are numbers.
#[derive(Clone, Debug)]
struct Drawn {
    name: usize,
    major: u64,
    linked: bool,
    requires: Vec<(usize, Option<u64>)>,
    needs: Vec<(usize, bool)>,
    offers: BTreeSet<usize>,
}

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let requires = prop::collection::vec((0..6usize, prop::option::of(1..3u64)), 0..2);
    let needs = prop::collection::vec((0..4usize, any::<bool>()), 0..2);
    let offers = prop::collection::btree_set(0..4usize, 0..3);
    let one = (0..6usize, 1..3u64, prop::bool::weighted(0.9), requires, needs, offers).prop_map(
        |(name, major, linked, requires, needs, offers)| Drawn {
            name,
            major,
            linked,
            requires,
            needs,
            offers,
        },
    );
    prop::collection::vec(one, 0..=MOST)
}

fn plugin_name(number: usize) -> String {
    format!("plugin-{number}")
}

fn capability_name(number: usize) -> String {
    format!("Capability{number}")
}

fn entry(one: &Drawn) -> Entry {
    let name = leak_name(&plugin_name(one.name));
    if !one.linked {
        return Entry {
            feature: name,
            path: name,
            location: HERE,
            provides: &[],
            plugin: Err(Absent::Feature),
        };
    }
    let requires = one.requires.iter().map(|(plugin, major)| Requirement {
        plugin: anchor(&plugin_name(*plugin)),
        version: major.map_or(VersionReq::ANY, |major| {
            let comparator = Comparator { op: Op::Caret, major, minor: None, patch: None, pre: "" };
            VersionReq { text: leak_name(&format!("^{major}")), comparators: vec![comparator].leak() }
        }),
    });
    let needs = one.needs.iter().map(|(number, optional)| {
        let capability = capability(&capability_name(*number));
        Dependency {
            need: if *optional { Need::Optional(capability) } else { Need::One(capability) },
            location: HERE,
        }
    });
    let offers = one.offers.iter().map(|number| CapabilityDescriptor {
        capability: capability(&capability_name(*number)),
        location: HERE,
        attributes: &[],
        provide: |_| Err(PluginError::new("never provided")),
    });
    Entry::of(leak(PluginDescriptor {
        version: Version::parse(leak_name(&format!("{}.0.0", one.major))),
        requires: requires.collect::<Vec<_>>().leak(),
        dependencies: needs.collect::<Vec<_>>().leak(),
        capabilities: offers.collect::<Vec<_>>().leak(),
        ..PluginDescriptor::stub(name)
    }))
}

/// Findings as words, without those about circles.
fn expected(all: &[Drawn]) -> Vec<String> {
    let linked: Vec<&Drawn> = all.iter().filter(|one| one.linked).collect();
    let mut by_name: BTreeMap<usize, &Drawn> = BTreeMap::new();
    let mut found = Vec::new();
    for one in &linked {
        match by_name.entry(one.name) {
            btree_map::Entry::Occupied(_) => found.push(format!("duplicate {}", plugin_name(one.name))),
            btree_map::Entry::Vacant(free) => {
                free.insert(one);
            }
        }
    }
    for one in &linked {
        let own = plugin_name(one.name);
        for (plugin, major) in &one.requires {
            match by_name.get(plugin) {
                None => found.push(format!("{own} misses {}", plugin_name(*plugin))),
                Some(there) if major.is_some_and(|major| major != there.major) => {
                    found.push(format!("{own} refuses {}", plugin_name(*plugin)));
                }
                Some(_) => {}
            }
        }
        for (number, _) in one.needs.iter().filter(|(_, optional)| !optional) {
            if !linked.iter().any(|other| other.offers.contains(number)) {
                found.push(format!("{own} lacks {}", capability_name(*number)));
            }
        }
    }
    found.sort();
    found
}

/// Who cannot start without whom: `requires`, and a need that one plugin alone can meet. By place in the drawn list.
fn edges(all: &[Drawn]) -> BTreeSet<(usize, usize)> {
    let linked: Vec<usize> = (0..all.len()).filter(|at| all[*at].linked).collect();
    let mut edges = BTreeSet::new();
    for at in &linked {
        for (plugin, _) in &all[*at].requires {
            edges.extend(linked.iter().find(|other| all[**other].name == *plugin).map(|other| (*at, *other)));
        }
        for (number, _) in all[*at].needs.iter().filter(|(_, optional)| !optional) {
            let offering: Vec<&usize> =
                linked.iter().filter(|other| all[**other].offers.contains(number)).collect();
            if let [other] = offering.as_slice() {
                edges.insert((*at, **other));
            }
        }
    }
    edges
}

fn circular(edges: &BTreeSet<(usize, usize)>) -> bool {
    let mut left = edges.clone();
    loop {
        let from: BTreeSet<usize> = left.iter().map(|edge| edge.0).collect();
        let kept: BTreeSet<_> = left.iter().copied().filter(|edge| from.contains(&edge.1)).collect();
        if kept.len() == left.len() {
            return !left.is_empty();
        }
        left = kept;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_check_finds_what_the_oracle_finds(all in drawn()) {
        let entries: &'static [Entry] = all.iter().map(entry).collect::<Vec<_>>().leak();
        prop_assert!(scratch_len(entries) <= SLOTS);
        let findings = check_list(&PluginSet { entries }, Scratch::<SLOTS>::new());
        let mut found = Vec::new();
        let mut cycles = 0;
        let place = |plugin: &PluginDescriptor| {
            entries.iter().position(|entry| entry.plugin.is_ok_and(|one| std::ptr::eq(one, plugin))).unwrap()
        };
        for finding in findings.iter() {
            match finding {
                Finding::DuplicateName { second, .. } => found.push(format!("duplicate {}", second.name)),
                Finding::MissingPlugin { plugin, requirement } => {
                    found.push(format!("{} misses {}", plugin.name, requirement.plugin.name));
                }
                Finding::VersionUnmet { plugin, requirement, .. } => {
                    found.push(format!("{} refuses {}", plugin.name, requirement.plugin.name));
                }
                Finding::MissingCapability { plugin, capability, .. } => {
                    found.push(format!("{} lacks {}", plugin.name, capability.name));
                }
                Finding::Cycle(cycle) => {
                    cycles += 1;
                    let path: Vec<usize> = cycle.plugins().map(place).collect();
                    let edges = edges(&all);
                    for (at, one) in path.iter().enumerate() {
                        let next = path[(at + 1) % path.len()];
                        prop_assert!(edges.contains(&(*one, next)), "{:?} has a step that is no edge", path);
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        found.sort();
        prop_assert_eq!(findings.len(), found.len() + cycles);
        prop_assert_eq!(found, expected(&all));
        prop_assert_eq!(cycles > 0, circular(&edges(&all)));
        let text = findings.text(entries);
        prop_assert_eq!(text.as_str().is_empty(), findings.is_empty());
        if findings.len() > 1 {
            prop_assert!(text.as_str().starts_with(&format!("{} mistakes", findings.len())), "{}", text.as_str());
        }
    }
}
