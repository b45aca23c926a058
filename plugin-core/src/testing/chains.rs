//! Chains that are made when a test first runs their point, and stay where they are as long as the host.

use std::any::Any;
use std::sync::OnceLock;

use crate::hook::{Chain, HookPoint};

/// A list that only grows, so that what it holds can be borrowed while it does.
#[derive(Default)]
pub(super) struct Chains(OnceLock<Box<Node>>);

struct Node {
    chain: Box<dyn Any + Send + Sync>,
    next: Chains,
}

impl Chains {
    /// The chain of the point, which `make` makes the first time.
    pub(super) fn of<P: HookPoint>(&self, make: impl FnOnce() -> Chain<P>) -> &Chain<P> {
        let mut make = Some(make);
        let mut end = self;
        loop {
            let node = end.0.get_or_init(|| {
                let chain = make.take().map(|make| make()).unwrap_or_default();
                Box::new(Node { chain: Box::new(chain), next: Self::default() })
            });
            match node.chain.downcast_ref() {
                Some(chain) => return chain,
                None => end = &node.next,
            }
        }
    }
}
