//! The life of plugins against a model of it: random changes of a small graph, and what must hold after each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use plugin_core::lifecycle::{LEGAL_MOVES, PluginMoved};
use plugin_core::manager::{ChangeError, Running};
use plugin_core::prelude::*;
use plugin_core::{PluginManager, PluginState};
use proptest::prelude::*;

use crate::support::yaml;

/// Offered by `a`.
#[capability]
pub(crate) trait A {}

/// Offered by `b`.
#[capability]
pub(crate) trait B {}

/// Offered by `c`.
#[capability]
pub(crate) trait C {}

/// Makes the next `#[init]` of a plugin fail, by its place.
static BROKEN: [AtomicBool; 5] = [const { AtomicBool::new(false) }; 5];

fn ready(place: usize) -> Result<(), PluginError> {
    match BROKEN[place].load(Ordering::SeqCst) {
        true => Err(PluginError::new("broken")),
        false => Ok(()),
    }
}

/// `b` and `c` require `a`, `d` both of them, and `e` can do without `a`.
macro_rules! node {
    ($name:ident, $place:literal, ($($need:ident: $type:ty),*), $($offer:ident)?) => {
        #[plugin]
        mod $name {
            use super::*;

            pub(crate) struct State;

            #[init]
            fn init($($need: $type),*) -> Result<State, PluginError> {
                $(drop($need);)*
                ready($place).map(|()| State)
            }

            $(#[capability]
            impl $offer for State {})?
        }
    };
}

node!(a, 0, (), A);
node!(b, 1, (a: Provider<dyn A>), B);
node!(c, 2, (a: Provider<dyn A>), C);
node!(d, 3, (b: Provider<dyn B>, c: Provider<dyn C>),);
node!(e, 4, (a: Option<Provider<dyn A>>),);

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const REQUIRES: [&[usize]; 5] = [&[], &[0], &[0], &[1, 2], &[]];

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}

#[derive(Clone, Copy, Debug)]
enum Change {
    Pause,
    Resume,
    Enable,
    Disable,
    Retry,
    /// From now on its `#[init]` fails, or does not.
    Break(bool),
}

fn change() -> impl Strategy<Value = (Change, usize)> {
    let change = prop_oneof![
        3 => Just(Change::Pause),
        3 => Just(Change::Resume),
        2 => Just(Change::Enable),
        2 => Just(Change::Disable),
        2 => Just(Change::Retry),
        1 => any::<bool>().prop_map(Change::Break),
    ];
    (change, 0..NAMES.len())
}

/// What should be: of each plugin whether it is enabled, whether an operator holds it, and where it stands.
#[derive(Clone, PartialEq, Debug)]
struct Model {
    state: [PluginState; 5],
    held: [bool; 5],
    /// Down for its own sake, so that only a retry brings it back.
    own: [bool; 5],
    broken: [bool; 5],
}

use PluginState::{Active, Error, Paused, Unloaded};

impl Model {
    fn new() -> Self {
        Self { state: [Active; 5], held: [false; 5], own: [false; 5], broken: [false; 5] }
    }

    fn blocked(&self, at: usize) -> bool {
        REQUIRES[at].iter().any(|on| self.state[*on] != Active)
    }

    fn start(&mut self, at: usize) {
        self.held[at] = false;
        let blocked = self.blocked(at);
        self.own[at] = !blocked && self.broken[at];
        self.state[at] = if blocked || self.broken[at] { Error } else { Active };
    }

    /// After a change: what requires something that does not run is paused, and what nothing keeps runs.
    fn settle(&mut self) {
        for at in 0..NAMES.len() {
            match self.state[at] {
                Active if self.blocked(at) => self.state[at] = Paused,
                Paused if !self.held[at] && !self.blocked(at) => self.state[at] = Active,
                Error if !self.own[at] && !self.blocked(at) => self.start(at),
                _ => {}
            }
        }
    }

    /// Whether the change should succeed; the model has changed if so, or where a start fails.
    fn apply(&mut self, change: Change, at: usize) -> bool {
        let done = match (change, self.state[at]) {
            (Change::Break(broken), _) => {
                self.broken[at] = broken;
                return true;
            }
            (Change::Pause, Active | Paused) => {
                self.held[at] = true;
                self.state[at] = Paused;
                true
            }
            (Change::Resume, Active) => true,
            (Change::Resume, Paused) if !self.blocked(at) => {
                self.held[at] = false;
                true
            }
            (Change::Enable, Unloaded) if REQUIRES[at].iter().all(|on| self.state[*on] != Unloaded) => {
                self.start(at);
                self.state[at] == Active
            }
            (Change::Enable, state) => state != Unloaded,
            (Change::Disable, Unloaded) => true,
            (Change::Disable, _) => {
                let needed =
                    (0..5).any(|other| REQUIRES[other].contains(&at) && self.state[other] != Unloaded);
                if !needed {
                    (self.state[at], self.held[at]) = (Unloaded, false);
                }
                !needed
            }
            (Change::Retry, Error) if !self.blocked(at) => {
                self.start(at);
                self.state[at] == Active
            }
            _ => false,
        };
        self.settle();
        done
    }
}

async fn make(host: &Running<Host>, change: Change, at: usize) -> Result<Vec<PluginMoved>, ChangeError> {
    let name = NAMES[at];
    match change {
        Change::Pause => host.pause(name).await,
        Change::Resume => host.resume(name).await,
        Change::Enable => host.enable(name).await,
        Change::Disable => host.disable(name).await,
        Change::Retry => host.retry(name).await,
        Change::Break(broken) => {
            BROKEN[at].store(broken, Ordering::SeqCst);
            Ok(Vec::new())
        }
    }
}

async fn follows_the_model(changes: Vec<(Change, usize)>) -> Result<(), TestCaseError> {
    BROKEN.iter().for_each(|one| one.store(false, Ordering::SeqCst));
    let builder = Host::builder().registry(None).config(yaml("{}")).plugin::<a::State>();
    let builder = builder.plugin::<b::State>().plugin::<c::State>().plugin::<d::State>();
    let host = builder.plugin::<e::State>().start().await.unwrap();
    let mut model = Model::new();
    for (change, at) in changes {
        let before = model.clone();
        let expected = model.apply(change, at);
        let made = make(&host, change, at).await;
        let told = format!("{change:?} {} of {before:?} yields {made:?}", NAMES[at]);
        prop_assert_eq!(made.is_ok(), expected, "{}", told);
        if let Err(error) = &made {
            prop_assert!(error.to_string().contains("help:"), "without a remedy: {}", error);
        }
        let states = NAMES.map(|name| host.state(name).unwrap());
        prop_assert_eq!(states, model.state, "{}", told);
        for (dependent, on) in REQUIRES.iter().enumerate() {
            let inactive = on.iter().any(|on| states[*on] != Active);
            prop_assert!(!(states[dependent] == Active && inactive), "{}", told);
        }
        for one in made.iter().flatten() {
            prop_assert!(LEGAL_MOVES.contains(&(one.from, one.to)), "{:?}", one);
        }
    }
    let report = host.stop().await;
    prop_assert!(report.is_clean());
    prop_assert!(NAMES.iter().all(|name| host.state(name) == Some(Unloaded)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_changes_in_any_order_keep_the_states_as_the_model_has_them(
        changes in proptest::collection::vec(change(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(follows_the_model(changes))?;
    }
}

/// Changes from many callers at once are made one after another, and leave a state that holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_at_once_leave_no_active_plugin_without_what_it_requires() {
    let builder = Host::builder().registry(None).config(yaml("{}")).plugin::<a::State>();
    let builder = builder.plugin::<b::State>().plugin::<c::State>().plugin::<d::State>();
    let host = Arc::new(builder.plugin::<e::State>().start().await.unwrap());
    let changers: Vec<_> = (0..8)
        .map(|nth| {
            let host = host.clone();
            tokio::spawn(async move {
                for step in 0..50 {
                    let at = (nth * 7 + step * 3) % NAMES.len();
                    let change =
                        [Change::Pause, Change::Resume, Change::Disable, Change::Enable][(nth + step) % 4];
                    let _ = make(&host, change, at).await;
                }
            })
        })
        .collect();
    for changer in changers {
        changer.await.unwrap();
    }
    let states = NAMES.map(|name| host.state(name).unwrap());
    for (dependent, on) in REQUIRES.iter().enumerate() {
        assert!(states[dependent] != Active || on.iter().all(|on| states[*on] == Active), "{states:?}");
    }
    host.stop().await;
}
