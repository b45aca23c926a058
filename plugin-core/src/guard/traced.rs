//! Whether anybody may want a span of each call: the guards are told when that changes, so that no call has to ask.

use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};

use tracing::callsite::{self, Identifier};
use tracing::field::FieldSet;
use tracing::level_filters::STATIC_MAX_LEVEL;
use tracing::metadata::Kind;
use tracing::subscriber::Interest;
use tracing::{Callsite, Level, Metadata};

use super::Guard;
use super::doors::Door;

/// What a span of a call is, to those who say by this whether they may want it. Of the same fields as the spans themselves.
static SPAN: Metadata<'static> = Metadata::new(
    "capability",
    "plugin_core::capability::slot",
    Level::DEBUG,
    None,
    None,
    Some("plugin_core::capability::slot"),
    FieldSet::new(&["plugin", "capability", "method"], Identifier(&Listener)),
    Kind::SPAN,
);

/// Told by `tracing` who wants the spans, at once and whenever subscribers or their filters change.
struct Listener;

static AUDIENCE: Mutex<Audience> = Mutex::new(Audience { listens: false, traced: Vec::new() });

struct Audience {
    listens: bool,
    /// Those that live, and some that did.
    traced: Vec<Weak<dyn Traced>>,
}

/// A guard, or several. Nothing of an author's is dropped with it: whoever tells may be the last to hold it, under locks of `tracing`.
pub(crate) trait Traced: Send + Sync {
    /// Has each call from now on look whether somebody wants its span, or none. One thread at a time tells. Yields who was told, to be
    /// dropped where nothing is locked.
    fn trace(&self, wanted: bool) -> Vec<Arc<dyn Door>>;
}

impl Traced for Vec<Arc<Guard>> {
    fn trace(&self, wanted: bool) -> Vec<Arc<dyn Door>> {
        self.iter().flat_map(|one| one.trace(wanted)).collect()
    }
}

impl Callsite for Listener {
    fn set_interest(&self, interest: Interest) {
        let mut audience = audience();
        audience.listens = *SPAN.level() <= STATIC_MAX_LEVEL && !interest.is_never();
        let traced = audience.traced.iter().filter_map(Weak::upgrade);
        let doors: Vec<_> = traced.flat_map(|one| one.trace(audience.listens)).collect();
        drop(audience);
        if !doors.is_empty() {
            // One may be the last to hold what is a plugin's, and `tracing` holds locks here that a plugin's `Drop` may ask for.
            let elsewhere = std::thread::Builder::new().name("plugboard-doors".to_owned());
            drop(elsewhere.spawn(|| drop(doors)));
        }
    }

    fn metadata(&self) -> &Metadata<'_> {
        &SPAN
    }
}

/// Tells new guards, now and whenever it changes.
pub(crate) fn tell<T: Traced + 'static>(new: &Arc<T>) {
    static LISTENS: Once = Once::new();
    // Without the lock, which `set_interest` takes.
    LISTENS.call_once(|| callsite::register(&Listener));
    let mut audience = audience();
    let traced = &mut audience.traced;
    // Now and then, so that each is looked at a few times and no more.
    if traced.len() == traced.capacity() {
        traced.retain(|one| one.strong_count() > 0);
        traced.reserve(traced.len() + 1);
    }
    let one: Weak<T> = Arc::downgrade(new);
    traced.push(one);
    let told = new.trace(audience.listens);
    drop(audience);
    drop(told);
}

fn audience() -> MutexGuard<'static, Audience> {
    AUDIENCE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tracing::span::{Attributes, Id, Record};
    use tracing::subscriber::with_default;
    use tracing::{Event, Subscriber};

    use super::*;
    use crate::guard::Policy;

    /// Wants everything.
    struct Listens;

    impl Subscriber for Listens {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &Event<'_>) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn guards_of_before_and_after_know_who_listens() {
        let before = Guard::new("before", Policy::default());
        with_default(Listens, || {
            let after = Guard::new("after", Policy::default());
            assert!(before.is_traced() && after.is_traced());
            assert!(before.is_clear() && after.is_clear(), "nobody is to be asked");
        });
    }
}
