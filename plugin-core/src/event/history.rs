//! What a topic keeps for those who come later: the last event of each key.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::Event;

/// How many keys of one topic are kept; past it the one published longest ago is forgotten.
pub(super) const KEYS: usize = 4096;
/// How many events may wait to be sorted by their keys.
const UNSORTED: usize = 4 * KEYS;

/// An event and the number of its coming.
pub(super) type Kept<E> = (u64, Arc<E>);

/// The last event of each key.
pub(super) struct History<E: Event> {
    kept: HashMap<String, Kept<E>>,
    /// The keys of what was kept when this was made, with its numbers, the oldest last. What was kept since is newer than all of it.
    oldest: Vec<(u64, String)>,
    /// What nobody has heard: most of it is followed by another of its key before anybody comes. It is newer than all that is kept.
    unsorted: Vec<(u64, E)>,
}

/// What is kept no longer. Drop it behind the lock of the topic: an event's own drop may come back to the bus.
#[must_use = "it is to be dropped behind the lock"]
pub(super) struct Gone<E> {
    _sorted: Vec<Kept<E>>,
    _shared: Option<Kept<E>>,
    _alone: Option<(u64, E)>,
}

impl<E: Event> Default for History<E> {
    fn default() -> Self {
        let (kept, oldest, unsorted) = Default::default();
        Self { kept, oldest, unsorted }
    }
}

impl<E: Event> History<E> {
    /// Keeps an event under its key. Cost past [`KEYS`] keys: one sort of them for as many events.
    pub(super) fn keep(&mut self, key: String, number: u64, event: Arc<E>) -> Gone<E> {
        let _sorted = self.sort();
        Gone { _sorted, _shared: self.insert(key, number, event), _alone: None }
    }

    /// Keeps an event that nobody has heard, in the place of the one before it if that has the same key. It is sorted by its key when
    /// somebody asks for what is kept, or there are many. The topic's key function is called then, under the lock.
    pub(super) fn put_off(&mut self, number: u64, event: E, same: fn(&E, &E) -> bool) -> Gone<E> {
        let mut gone = Gone { _sorted: Vec::new(), _shared: None, _alone: None };
        match self.unsorted.last_mut().filter(|(_, before)| same(before, &event)) {
            Some(before) => gone._alone = Some(std::mem::replace(before, (number, event))),
            None => self.unsorted.push((number, event)),
        }
        if self.unsorted.len() >= UNSORTED {
            gone._sorted = self.sort();
        }
        gone
    }

    /// All that is kept, by its numbers.
    pub(super) fn all(&mut self) -> (Vec<Kept<E>>, Gone<E>) {
        let _sorted = self.sort();
        let mut all: Vec<_> = self.kept.values().cloned().collect();
        all.sort_by_key(|(number, _)| *number);
        (all, Gone { _sorted, _shared: None, _alone: None })
    }

    /// How many keys there are.
    pub(super) fn len(&mut self) -> (usize, Gone<E>) {
        let _sorted = self.sort();
        (self.kept.len(), Gone { _sorted, _shared: None, _alone: None })
    }

    fn sort(&mut self) -> Vec<Kept<E>> {
        let Some(key) = E::TOPIC.history else { return Vec::new() };
        let unsorted = std::mem::take(&mut self.unsorted).into_iter();
        unsorted.filter_map(|(number, event)| self.insert(key(&event), number, Arc::new(event))).collect()
    }

    /// Yields what is kept no longer.
    fn insert(&mut self, key: String, number: u64, event: Arc<E>) -> Option<Kept<E>> {
        let before = self.kept.insert(key, (number, event));
        if self.kept.len() <= KEYS {
            return before;
        }
        loop {
            let Some((number, key)) = self.oldest.pop() else {
                self.oldest = self.kept.iter().map(|(key, (number, _))| (*number, key.clone())).collect();
                self.oldest.sort_unstable_by_key(|(number, _)| Reverse(*number));
                continue;
            };
            // One that was published again since is not the oldest any more.
            if self.kept.get(&key).is_some_and(|(now, _)| *now == number) {
                return self.kept.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use plugin_macros::Event;

    use super::*;

    #[derive(Event)]
    #[event(crate = crate, historic(key = of))]
    struct Said {
        of: usize,
    }

    fn same(one: &Said, other: &Said) -> bool {
        one.of == other.of
    }

    #[test]
    fn past_so_many_keys_the_one_published_longest_ago_is_forgotten() {
        let history = std::cell::RefCell::new((0, History::<Said>::default()));
        let say = |of: usize| {
            let (number, history) = &mut *history.borrow_mut();
            *number += 1;
            drop(history.keep(of.to_string(), *number, Arc::new(Said { of })));
        };
        let kept = |of: usize| history.borrow().1.kept.contains_key(&of.to_string());
        (0..KEYS).for_each(say);
        [0, KEYS, KEYS + 1].into_iter().for_each(say);
        assert_eq!([0, 1, 2, 3, KEYS, KEYS + 1].map(kept), [true, false, false, true, true, true]);
        [3, KEYS + 2].into_iter().for_each(say);
        assert_eq!([3, 4, 5, KEYS + 2].map(kept), [true, false, true, true]);
        // As many again: those that were kept since the oldest were last looked for go as well.
        (2 * KEYS..3 * KEYS).for_each(say);
        assert_eq!([0, 3, KEYS + 2, 2 * KEYS, 3 * KEYS - 1].map(kept), [false, false, false, true, true]);
        assert_eq!(history.borrow_mut().1.len().0, KEYS);
    }

    #[test]
    fn what_is_put_off_is_kept_by_its_key_like_any_other() {
        let mut history = History::<Said>::default();
        drop(history.keep("7".to_owned(), 1, Arc::new(Said { of: 7 })));
        for (number, of) in [(2, 7), (3, 8), (4, 8), (5, 7), (6, 9)] {
            drop(history.put_off(number, Said { of }, same));
        }
        assert_eq!(history.unsorted.len(), 4, "one in the place of the one before it");
        let (all, gone) = history.all();
        assert_eq!(
            all.iter().map(|(number, said)| (*number, said.of)).collect::<Vec<_>>(),
            [(4, 8), (5, 7), (6, 9)]
        );
        assert_eq!(gone._sorted.len(), 2, "those before them");
        (0..UNSORTED as u64).for_each(|nth| drop(history.put_off(7 + nth, Said { of: nth as usize }, same)));
        assert!(history.unsorted.is_empty(), "no more than so many wait");
        assert_eq!(history.len().0, KEYS);
    }
}
