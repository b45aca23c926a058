//! The order of the hooks of one point: stage, then edges (which win), then priority, then name; never link order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::order::{Edge, Lists, circle};
use super::problem::Problem;
use crate::descriptor::{HookDescriptor, PluginDescriptor, Stage};
use crate::hook::HookKind;
use crate::id::{IdMap, Location};

/// A hook that takes part, and what the config says of it.
#[derive(Clone, Copy)]
pub(crate) struct HookSource {
    /// The plugin's place in the plan.
    pub(crate) at: usize,
    pub(crate) plugin: &'static PluginDescriptor,
    pub(crate) hook: &'static HookDescriptor,
    /// The operator's priority for the plugin, which beats the hook's own.
    pub(crate) priority: Option<i32>,
}

/// The hooks of one point and kind, first to last; `after` hooks run last to first.
#[derive(Clone, Debug)]
pub struct HookOrder {
    /// The kind.
    pub kind: HookKind,
    /// The hooks.
    pub places: Vec<HookPlace>,
}

/// One hook in its place.
#[derive(Clone, Debug)]
pub struct HookPlace {
    /// The plugin.
    pub plugin: &'static PluginDescriptor,
    /// The hook.
    pub hook: &'static HookDescriptor,
    /// The priority that counts.
    pub priority: i32,
    /// Why it stands behind the one before it; `None` for the first.
    pub because: Option<Because>,
    /// The plugin's place in the plan.
    pub(crate) at: usize,
}

/// Why a hook stands behind its neighbour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Because {
    /// A `before(…)` or `after(…)` between the two.
    Edge {
        /// The plugin that says so.
        declared_by: &'static str,
        /// Where it says so.
        location: Location,
    },
    /// Its plugin's stage is later.
    Stage {
        /// The neighbour's.
        first: Stage,
        /// Its own.
        second: Stage,
    },
    /// Its priority is a higher number.
    Priority {
        /// The neighbour's.
        first: i32,
        /// Its own.
        second: i32,
    },
    /// Both are of one plugin, and it comes later in the source.
    Source,
    /// Nothing but the names of the plugins decides.
    Name,
}

impl std::fmt::Display for Because {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Edge { declared_by, location } => write!(out, "`{declared_by}` says so at {location}"),
            Self::Stage { first, second } => {
                write!(out, "stage {first:?} ({}) is before {second:?} ({})", *first as u8, *second as u8)
            }
            Self::Priority { first, second } => write!(out, "priority {first} is before {second}"),
            Self::Source => out.write_str("one plugin's hooks keep the order of its source"),
            Self::Name => out.write_str("only the plugins' names decide"),
        }
    }
}

/// Two hooks that both change a point, with no order between them but the plugins' names.
#[derive(Clone, Debug)]
pub struct Ambiguity {
    /// The point's name.
    pub point: &'static str,
    /// The kind of both.
    pub kind: HookKind,
    /// The plugin that happens to be first, and where its hook stands.
    pub first: (&'static str, Location),
    /// The other.
    pub second: (&'static str, Location),
}

impl std::fmt::Display for Ambiguity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { point, kind, first: (first, one), second: (second, two) } = self;
        write!(
            out,
            "`{first}` and `{second}` both hook `{point}` with `{kind}`, and nothing but their names orders them\n  --> {one}\n  --> {two}\n  help: say which runs first: `#[hook({kind}, after(\"{first}\"))]` or `#[hook({kind}, before(\"{first}\"))]` in `{second}`; or give one of them a priority"
        )
    }
}

/// Orders the hooks of one point and kind. Cost: O(n log n + edges), and the edges between neighbours of one stage and priority.
pub(crate) fn order_hooks(
    point: &'static str,
    kind: HookKind,
    mut hooks: Vec<HookSource>,
) -> Result<(HookOrder, Vec<Ambiguity>), Box<Problem>> {
    // The place in the source survives the sort, for it is stable: callers give a plugin's hooks in that order.
    hooks.sort_by_key(HookSource::key);
    let edges = edges(kind, &hooks);
    let followers = Lists::of(hooks.len(), edges.iter().map(|edge| (edge.first, edge.second)));
    let order = sort(point, kind, &hooks, &edges, &followers)?;
    let mut place = vec![0; hooks.len()];
    order.iter().enumerate().for_each(|(nth, at)| place[*at] = nth);
    // By place, the first edge to it from the one before it.
    let mut tied = vec![None; hooks.len()];
    for edge in edges.iter().filter(|edge| place[edge.first] + 1 == place[edge.second]) {
        tied[place[edge.second]].get_or_insert(edge);
    }
    let places = order
        .iter()
        .enumerate()
        .map(|(nth, at)| {
            let HookSource { at: plugin_at, plugin, hook, .. } = hooks[*at];
            let because = nth.checked_sub(1).map(|before| because(&hooks, tied[nth], order[before], *at));
            HookPlace { plugin, hook, priority: hooks[*at].priority(), because, at: plugin_at }
        })
        .collect();
    // Of several `replace` hooks there is more to say than their order.
    let ambiguities = match kind {
        HookKind::Replace => Vec::new(),
        _ => ambiguities(point, kind, &hooks, &followers, &place),
    };
    Ok((HookOrder { kind, places }, ambiguities))
}

impl HookSource {
    fn priority(&self) -> i32 {
        self.priority.unwrap_or(self.hook.priority)
    }

    fn key(&self) -> (Stage, i32, &'static str) {
        (self.plugin.stage, self.priority(), self.plugin.name)
    }
}

/// An edge between two places of the sorted list, and who declared it.
struct Declared {
    first: usize,
    second: usize,
    by: usize,
    location: Location,
}

fn edges(kind: HookKind, hooks: &[HookSource]) -> Vec<Declared> {
    if hooks.iter().all(|one| one.hook.before.is_empty() && one.hook.after.is_empty()) {
        return Vec::new();
    }
    // The first hook of each plugin, and after each the next of the same one.
    let mut firsts: IdMap<usize> = IdMap::with_capacity_and_hasher(hooks.len(), Default::default());
    let mut nexts = vec![None; hooks.len()];
    for (at, one) in hooks.iter().enumerate().rev() {
        nexts[at] = firsts.insert(one.plugin.id, at);
    }
    let mut edges = Vec::new();
    for (by, one) in hooks.iter().enumerate() {
        let anchors = one.hook.before.iter().map(|anchor| (anchor, true));
        for (anchor, before) in anchors.chain(one.hook.after.iter().map(|anchor| (anchor, false))) {
            let others = std::iter::successors(firsts.get(&anchor.id).copied(), |at| nexts[*at]);
            for other in others.filter(|other| *other != by) {
                // Edges speak of the time of running; a reversed kind stands in the list the other way round.
                let (first, second) = if before == kind.reversed() { (other, by) } else { (by, other) };
                edges.push(Declared { first, second, by, location: anchor.location });
            }
        }
    }
    edges
}

/// Kahn's algorithm; among the hooks that could come next, the one with the least key does.
fn sort(
    point: &'static str,
    kind: HookKind,
    hooks: &[HookSource],
    edges: &[Declared],
    followers: &Lists,
) -> Result<Vec<usize>, Box<Problem>> {
    if edges.is_empty() {
        return Ok((0..hooks.len()).collect());
    }
    let mut waiting = vec![0usize; hooks.len()];
    edges.iter().for_each(|edge| waiting[edge.second] += 1);
    // The list is sorted by key, so the index is the key.
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..hooks.len()).filter(|at| waiting[*at] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(hooks.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(at);
        for follower in followers.of_node(at) {
            waiting[*follower] -= 1;
            if waiting[*follower] == 0 {
                ready.push(Reverse(*follower));
            }
        }
    }
    if order.len() == hooks.len() {
        return Ok(order);
    }
    let plain: Vec<Edge> = edges
        .iter()
        .map(|edge| Edge { dependent: edge.second, provider: edge.first, required: true })
        .collect();
    let mut hooks: Vec<_> = circle(&waiting, &plain)
        .iter()
        .map(|at| (hooks[*at].plugin.name, hooks[*at].hook.location))
        .collect();
    // `circle` follows what each waits for; a reader expects first to last, from the least name.
    hooks.reverse();
    let least = hooks.iter().enumerate().min_by_key(|(_, hook)| hook.0).map_or(0, |(at, _)| at);
    hooks.rotate_left(least);
    Err(Box::new(Problem::OrderCircle { point, kind: kind.name(), hooks }))
}

fn because(hooks: &[HookSource], tied: Option<&Declared>, first: usize, second: usize) -> Because {
    if let Some(edge) = tied {
        return Because::Edge { declared_by: hooks[edge.by].plugin.name, location: edge.location };
    }
    let (one, two) = (&hooks[first], &hooks[second]);
    // Of neighbours without an edge both could have come next, so the key has decided.
    if one.plugin.stage != two.plugin.stage {
        Because::Stage { first: one.plugin.stage, second: two.plugin.stage }
    } else if one.priority() != two.priority() {
        Because::Priority { first: one.priority(), second: two.priority() }
    } else if one.plugin.id == two.plugin.id {
        Because::Source
    } else {
        Because::Name
    }
}

/// Neighbours, of the hooks that change something, of one stage and priority without a path of edges between them. Of three such plugins two pairs are told,
/// which is what has to be settled.
fn ambiguities(
    point: &'static str,
    kind: HookKind,
    hooks: &[HookSource],
    followers: &Lists,
    place: &[usize],
) -> Vec<Ambiguity> {
    let mut ways = Ways { followers, place, asked: 0, seen: vec![0; hooks.len()] };
    let changing: Vec<usize> = (0..hooks.len()).filter(|at| hooks[*at].hook.changes).collect();
    let pair = |pair: &[usize]| {
        let (first, second) = (pair[0], pair[1]);
        let (one, two) = (&hooks[first], &hooks[second]);
        let alike = one.plugin.stage == two.plugin.stage
            && one.priority() == two.priority()
            && one.plugin.id != two.plugin.id;
        if !alike || ways.join(first, second) {
            return None;
        }
        let place = |one: &HookSource| (one.plugin.name, one.hook.location);
        Some(Ambiguity { point, kind, first: place(one), second: place(two) })
    };
    changing.windows(2).filter_map(pair).collect()
}

/// Which hooks are joined by a path of edges.
struct Ways<'a> {
    followers: &'a Lists,
    place: &'a [usize],
    /// How often it was asked, and the last time that a hook was come by.
    asked: usize,
    seen: Vec<usize>,
}

impl Ways<'_> {
    fn join(&mut self, one: usize, two: usize) -> bool {
        // A path leads to later places only, so it never leaves those between the two.
        let (from, to) = if self.place[one] < self.place[two] { (one, two) } else { (two, one) };
        self.asked += 1;
        let mut stack = vec![from];
        while let Some(at) = stack.pop() {
            for next in self.followers.of_node(at) {
                if *next == to {
                    return true;
                }
                let between = self.place[*next] < self.place[to];
                if between && std::mem::replace(&mut self.seen[*next], self.asked) != self.asked {
                    stack.push(*next);
                }
            }
        }
        false
    }
}
