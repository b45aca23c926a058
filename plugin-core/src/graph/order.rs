//! The order of start: levels of plugins, each after all it waits for.

/// `dependent` waits for `provider`; both are indexes. Without the provider a `required` edge takes the dependent down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Edge {
    pub(crate) dependent: usize,
    pub(crate) provider: usize,
    pub(crate) required: bool,
}

/// Indexes by level: what stands in one level waits only for earlier ones. Fails with the indexes of a circle.
/// Cost: O(nodes + edges).
pub(crate) fn levels(nodes: usize, edges: &[Edge]) -> Result<Vec<Vec<usize>>, Vec<usize>> {
    let mut waiting = vec![0usize; nodes];
    edges.iter().for_each(|edge| waiting[edge.dependent] += 1);
    let dependents = Lists::of(nodes, edges.iter().map(|edge| (edge.provider, edge.dependent)));
    let mut levels = Vec::new();
    let mut level: Vec<usize> = (0..nodes).filter(|node| waiting[*node] == 0).collect();
    let mut placed = 0;
    while !level.is_empty() {
        placed += level.len();
        let mut next = Vec::new();
        for node in &level {
            for dependent in dependents.of_node(*node) {
                waiting[*dependent] -= 1;
                if waiting[*dependent] == 0 {
                    next.push(*dependent);
                }
            }
        }
        next.sort_unstable();
        levels.push(std::mem::replace(&mut level, next));
    }
    if placed == nodes { Ok(levels) } else { Err(circle(&waiting, edges)) }
}

/// A list for each node, all in one piece of memory.
#[derive(Clone)]
pub(crate) struct Lists {
    /// Where the list of each node begins, and where the last one ends.
    starts: Vec<usize>,
    items: Vec<usize>,
}

impl Lists {
    /// Of pairs of a node and what is in its list, in the order given.
    pub(crate) fn of(nodes: usize, pairs: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let mut starts = vec![0; nodes + 1];
        pairs.clone().for_each(|(node, _)| starts[node + 1] += 1);
        (0..nodes).for_each(|node| starts[node + 1] += starts[node]);
        let mut items = vec![0; starts[nodes]];
        let mut free = starts.clone();
        for (node, item) in pairs {
            items[free[node]] = item;
            free[node] += 1;
        }
        Self { starts, items }
    }

    pub(crate) fn of_node(&self, node: usize) -> &[usize] {
        &self.items[self.starts[node]..self.starts[node + 1]]
    }
}

/// One circle among the nodes that still wait: each of them waits for another that does, so following providers must return.
pub(super) fn circle(waiting: &[usize], edges: &[Edge]) -> Vec<usize> {
    let mut provider = vec![None; waiting.len()];
    for edge in edges.iter().filter(|edge| waiting[edge.dependent] > 0 && waiting[edge.provider] > 0) {
        provider[edge.dependent] = Some(edge.provider);
    }
    let mut path = Vec::new();
    let mut place = vec![None; waiting.len()];
    let mut node = waiting.iter().position(|count| *count > 0);
    while let Some(at) = node {
        if let Some(start) = place[at] {
            return path.split_off(start);
        }
        place[at] = Some(path.len());
        path.push(at);
        node = provider[at];
    }
    path
}
