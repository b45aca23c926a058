//! The order of hooks and of starts, compared with oracles that know nothing of how it is computed.

use std::collections::BTreeSet;

use plugin_core::config::{self, Settings, Sources};
use plugin_core::descriptor::{Anchor, CapabilityDescriptor, Dependency, HookDescriptor};
use plugin_core::graph::{Because, Entry, FieldDescriptor, FieldNeed, ManagerSpec, Problem};
use plugin_core::hook::{HookKind, PointId};
use plugin_core::id::Location;
use plugin_core::inject::Need;
use plugin_core::{Plan, PluginDescriptor, PluginError, Stage, StartError};
use proptest::prelude::*;

use crate::support::{self, leak, leak_name};

const POINT: PointId = PointId::new("Point", "order::Point");
const SPEC: ManagerSpec = ManagerSpec {
    name: "Oracle",
    fields: &[FieldDescriptor { name: "point", location: support::HERE, need: FieldNeed::Chain(POINT) }],
};
const STAGES: [Stage; 4] = [Stage::Infrastructure, Stage::Security, Stage::Middleware, Stage::Business];
const KINDS: [HookKind; 5] =
    [HookKind::Before, HookKind::Around, HookKind::After, HookKind::Rescue, HookKind::Observe];

/// A plugin with one hook, as proptest draws it; edges are indexes of other plugins.
#[derive(Clone, Debug)]
struct Drawn {
    stage: usize,
    priority: i32,
    before: Vec<usize>,
    after: Vec<usize>,
}

fn drawn(plugins: usize, edges: usize) -> impl Strategy<Value = Vec<Drawn>> {
    let targets = || prop::collection::vec(0..plugins, 0..=edges);
    let one = (0..2usize, 0..2i32, targets(), targets()).prop_map(|(stage, priority, before, after)| Drawn {
        stage,
        priority,
        before,
        after,
    });
    prop::collection::vec(one, plugins)
}

fn name(at: usize) -> String {
    // Neither the order of drawing nor its reverse.
    format!("{}{at}", ["m", "c", "x", "a", "t"][at % 5])
}

fn anchors(targets: &[usize], own: usize) -> &'static [Anchor] {
    let others = targets.iter().filter(|at| **at != own);
    others.map(|at| support::anchor(&name(*at))).collect::<Vec<_>>().leak()
}

fn built(all: &[Drawn], kind: HookKind) -> Vec<&'static PluginDescriptor> {
    let build = |(at, one): (usize, &Drawn)| {
        let hook = HookDescriptor {
            point: POINT,
            kind,
            name: "hook",
            location: Location { file: "order", line: at as u32 + 1 },
            idempotent: false,
            priority: one.priority,
            changes: kind != HookKind::Observe,
            before: anchors(&one.before, at),
            after: anchors(&one.after, at),
            bind: |_| Err(PluginError::new("never bound")),
        };
        let bare = PluginDescriptor::stub(leak_name(&name(at)));
        leak(PluginDescriptor { stage: STAGES[one.stage], hooks: vec![hook].leak(), ..bare }) as &_
    };
    all.iter().enumerate().map(build).collect()
}

fn plan(plugins: &[&'static PluginDescriptor]) -> Result<Plan, Vec<Problem>> {
    let entries: Vec<Entry> = plugins.iter().map(|plugin| Entry::of(plugin)).collect();
    Plan::make(&entries, &settings(&entries), &SPEC).map_err(|error| {
        assert!(error.findings.is_empty(), "{error}");
        error.problems
    })
}

fn settings(entries: &[Entry]) -> Settings {
    config::load(&Sources::new(), entries, &[]).map_err(StartError::from).unwrap()
}

/// The order of the only point and kind, by the numbers of the plugins.
fn order(plan: &Plan) -> Vec<usize> {
    let kinds = &plan.points()[0].kinds;
    assert_eq!((plan.points().len(), kinds.len()), (1, 1));
    kinds[0].places.iter().map(|place| place.hook.location.line as usize - 1).collect()
}

/// Which must stand in the list before which. `after` hooks run the list backwards, so their edges turn round.
fn pairs(all: &[Drawn], kind: HookKind) -> BTreeSet<(usize, usize)> {
    let mut pairs = BTreeSet::new();
    for (at, one) in all.iter().enumerate() {
        let before = one.before.iter().map(|other| (at, *other));
        let after = one.after.iter().map(|other| (*other, at));
        for (first, second) in before.chain(after).filter(|(first, second)| first != second) {
            pairs.insert(if kind == HookKind::After { (second, first) } else { (first, second) });
        }
    }
    pairs
}

fn key(all: &[Drawn], at: usize) -> (usize, i32, String) {
    (all[at].stage, all[at].priority, name(at))
}

/// The least of all topological orders, by trying every permutation; `None` where none fits.
fn oracle(all: &[Drawn], kind: HookKind) -> Option<Vec<usize>> {
    let pairs = pairs(all, kind);
    let mut numbers: Vec<usize> = (0..all.len()).collect();
    let mut best: Option<Vec<usize>> = None;
    permutations(&mut numbers, 0, &mut |order| {
        let place = |at: usize| order.iter().position(|one| *one == at);
        let fits = pairs.iter().all(|(first, second)| place(*first) < place(*second));
        let keys = |order: &[usize]| order.iter().map(|at| key(all, *at)).collect::<Vec<_>>();
        if fits && best.as_ref().is_none_or(|best| keys(order) < keys(best)) {
            best = Some(order.to_vec());
        }
    });
    best
}

fn permutations(numbers: &mut [usize], from: usize, visit: &mut impl FnMut(&[usize])) {
    if from == numbers.len() {
        return visit(numbers);
    }
    for at in from..numbers.len() {
        numbers.swap(from, at);
        permutations(numbers, from + 1, visit);
        numbers.swap(from, at);
    }
}

/// Whether edges lead from one to the other, over any number of steps.
fn reaches(pairs: &BTreeSet<(usize, usize)>, from: usize, to: usize, left: usize) -> bool {
    left > 0
        && pairs
            .iter()
            .any(|(first, second)| *first == from && (*second == to || reaches(pairs, *second, to, left - 1)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hooks_stand_in_the_least_order_that_every_edge_allows(all in drawn(5, 1), kind in prop::sample::select(&KINDS)) {
        match (plan(&built(&all, kind)), oracle(&all, kind)) {
            (Ok(plan), Some(expected)) => prop_assert_eq!(order(&plan), expected),
            (Err(problems), None) => {
                let [Problem::OrderCircle { point: "Point", hooks, .. }] = problems.as_slice() else {
                    panic!("{problems:?}");
                };
                // A genuine circle: each names, or is named by, the next, and the last the first.
                let pairs = pairs(&all, HookKind::Before);
                let circle: Vec<usize> = hooks.iter().map(|(_, place)| place.line as usize - 1).collect();
                prop_assert!(circle.len() > 1, "{:?}", circle);
                for (at, first) in circle.iter().enumerate() {
                    let second = circle[(at + 1) % circle.len()];
                    let edge = if kind == HookKind::After { (second, *first) } else { (*first, second) };
                    prop_assert!(pairs.contains(&edge), "{:?} is no edge of {:?}", edge, pairs);
                }
                prop_assert_eq!(circle.iter().collect::<BTreeSet<_>>().len(), circle.len(), "one stands twice");
            }
            (planned, expected) => panic!("{planned:?} but {expected:?}"),
        }
    }

    #[test]
    fn the_order_is_the_same_for_every_order_of_adding(
        all in drawn(9, 1),
        shuffle in Just((0..9).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let plugins = built(&all, HookKind::Before);
        let shuffled: Vec<_> = shuffle.iter().map(|at| plugins[*at]).collect();
        match (plan(&plugins), plan(&shuffled)) {
            (Ok(one), Ok(two)) => prop_assert_eq!(order(&one), order(&two)),
            (Err(one), Err(two)) => prop_assert_eq!(format!("{one:?}"), format!("{two:?}")),
            (one, two) => panic!("{one:?} but {two:?}"),
        }
    }

    #[test]
    fn each_neighbour_stands_where_it_does_for_a_true_reason(all in drawn(7, 1), kind in prop::sample::select(&KINDS)) {
        let Ok(plan) = plan(&built(&all, kind)) else { return Ok(()) };
        let order = order(&plan);
        let pairs = pairs(&all, kind);
        let places = &plan.points()[0].kinds[0].places;
        prop_assert!(places[0].because.is_none());
        for (at, two) in order.windows(2).enumerate() {
            let (first, second) = (&all[two[0]], &all[two[1]]);
            let by_name = name(two[0]) < name(two[1]);
            let bound = pairs.contains(&(two[0], two[1]));
            match places[at + 1].because.as_ref() {
                Some(Because::Edge { declared_by, .. }) => {
                    prop_assert!(bound);
                    let by = (0..all.len()).find(|at| name(*at) == *declared_by).unwrap();
                    let other = if by == two[0] { two[1] } else { two[0] };
                    prop_assert!(all[by].before.contains(&other) || all[by].after.contains(&other));
                }
                Some(Because::Stage { first: early, second: late }) => {
                    prop_assert!(!bound && early < late);
                    prop_assert_eq!((*early, *late), (STAGES[first.stage], STAGES[second.stage]));
                }
                Some(Because::Priority { first: low, second: high }) => {
                    prop_assert!(!bound && first.stage == second.stage && low < high);
                    prop_assert_eq!((*low, *high), (first.priority, second.priority));
                }
                Some(Because::Name) => {
                    prop_assert!(!bound && by_name && key(&all, two[0]).0 == key(&all, two[1]).0);
                    prop_assert_eq!(first.priority, second.priority);
                }
                other => panic!("{other:?} between {first:?} and {second:?}"),
            }
        }
        let told = plan.explain("Point").unwrap();
        prop_assert_eq!(told.lines().count(), 2 + order.len(), "{}", told);
    }

    #[test]
    fn ambiguous_are_neighbours_by_key_that_nothing_but_names_orders(all in drawn(6, 1), kind in prop::sample::select(&KINDS)) {
        let Ok(plan) = plan(&built(&all, kind)) else { return Ok(()) };
        let mut by_key: Vec<usize> = (0..all.len()).collect();
        by_key.sort_by_key(|at| key(&all, *at));
        let pairs = pairs(&all, kind);
        let open = |first: usize, second: usize| {
            let same = (all[first].stage, all[first].priority) == (all[second].stage, all[second].priority);
            same && !reaches(&pairs, first, second, all.len()) && !reaches(&pairs, second, first, all.len())
        };
        let changes = kind != HookKind::Observe;
        let expected: BTreeSet<(String, String)> = by_key
            .windows(2)
            .filter(|two| changes && open(two[0], two[1]))
            .map(|two| (name(two[0]), name(two[1])))
            .collect();
        let found = plan.ambiguities().iter().map(|one| (one.first.0.to_owned(), one.second.0.to_owned()));
        prop_assert_eq!(found.collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn each_plugin_starts_after_all_it_needs_and_as_early_as_that_allows(
        edges in prop::collection::btree_set((0..8usize, 0..8usize), 0..14),
        optional in any::<bool>(),
    ) {
        // `.0` needs what `.1` offers.
        let plugins: Vec<&'static PluginDescriptor> = (0..8).map(|at| needing(at, &edges, optional)).collect();
        let entries: Vec<Entry> = plugins.iter().map(|plugin| Entry::of(plugin)).collect();
        let plan = Plan::make(&entries, &settings(&entries), &SPEC);
        let own_need = |one: &&(usize, usize)| one.0 != one.1;
        // An optional provider that is the plugin itself is no edge.
        let edges: BTreeSet<_> = if optional { edges.iter().filter(own_need).copied().collect() } else { edges };
        let circular = (0..8).any(|at| reaches(&edges, at, at, 8));
        prop_assert_eq!(plan.is_err(), circular);
        let Ok(plan) = plan else { return Ok(()) };
        let levels: Vec<BTreeSet<&str>> = plan.levels().map(|level| level.iter().map(|one| one.name).collect()).collect();
        prop_assert_eq!(levels.iter().map(BTreeSet::len).sum::<usize>(), 8);
        for (level, plugins) in levels.iter().enumerate() {
            for plugin in plugins {
                let at = (0..8).find(|at| name(*at) == *plugin).unwrap();
                prop_assert_eq!(level, depth(&edges, at), "{} in {:?}", plugin, levels);
            }
        }
    }
}

/// How many steps of needs lie under `at`.
fn depth(edges: &BTreeSet<(usize, usize)>, at: usize) -> usize {
    edges.iter().filter(|edge| edge.0 == at).map(|edge| depth(edges, edge.1) + 1).max().unwrap_or(0)
}

/// Plugin `at`, which offers its own capability and needs those that the edges say.
fn needing(at: usize, edges: &BTreeSet<(usize, usize)>, optional: bool) -> &'static PluginDescriptor {
    let need = |capability| if optional { Need::Optional(capability) } else { Need::One(capability) };
    let needs = edges.iter().filter(|edge| edge.0 == at).map(|edge| Dependency {
        need: need(support::capability(&format!("Of{}", edge.1))),
        location: support::HERE,
    });
    let offer = CapabilityDescriptor {
        capability: support::capability(&format!("Of{at}")),
        location: support::HERE,
        attributes: &[],
        provide: |_| Err(PluginError::new("never provided")),
    };
    let bare = PluginDescriptor::stub(leak_name(&name(at)));
    leak(PluginDescriptor {
        dependencies: needs.collect::<Vec<_>>().leak(),
        capabilities: vec![offer].leak(),
        ..bare
    })
}

#[test]
fn a_hook_that_lies_on_several_paths_joins_the_ends_of_each() {
    let one =
        |priority, before: &[usize]| Drawn { stage: 0, priority, before: before.to_vec(), after: vec![] };
    // a3 → x2 → c1 as well as a3 → c1, and m0 → x2 → c1.
    let all = [one(0, &[2]), one(0, &[]), one(1, &[1]), one(0, &[2, 1])];
    let plan = plan(&built(&all, HookKind::Before)).unwrap();
    assert_eq!(order(&plan), [3, 0, 2, 1]);
    assert!(plan.ambiguities().is_empty(), "{:?}", plan.ambiguities());
}
