//! A plugin that stands for a value of the test's own, and offers it as a capability.

use std::any::Any;
use std::panic;
use std::sync::Arc;

use crate::capability::{Capability, Target};
use crate::descriptor::{CapabilityDescriptor, Pending, PluginDescriptor, State};
use crate::error::PluginError;
use crate::id::{Id, Location};
use crate::inject::InitContext;
use crate::version::Version;

/// The state of the plugin.
struct Given<T: ?Sized>(Arc<T>);

/// A fake, and the plugin that offers it.
#[derive(Clone)]
pub(super) struct Fake {
    pub(super) descriptor: &'static PluginDescriptor,
    pub(super) state: State,
}

impl Fake {
    /// Descriptors live as long as the process, and so does this one's.
    #[track_caller]
    pub(super) fn new<T: Capability + ?Sized + 'static>(name: String, fake: Arc<T>) -> Self {
        let caller = panic::Location::caller();
        let location = Location { file: caller.file(), line: caller.line() };
        let name: &'static str = name.leak();
        let offered =
            CapabilityDescriptor { capability: T::ID, location, attributes: &[], provide: provide::<T> };
        let descriptor = PluginDescriptor {
            description: "A fake of a test.",
            version: Version::parse("0.0.0"),
            location,
            capabilities: Box::leak(Box::new([offered])),
            init,
            ..PluginDescriptor::stub(name)
        };
        Self { descriptor: Box::leak(Box::new(descriptor)), state: Arc::new(Given(fake)) }
    }

    /// What a fake of `capability` is called where nobody gives it a name: `fake-word-list` for `WordList`.
    pub(super) fn name(capability: &str) -> String {
        let mut name = String::from("fake");
        for letter in capability.chars() {
            if letter.is_uppercase() {
                name.push('-');
            }
            name.extend(letter.to_lowercase());
        }
        name
    }

    pub(super) fn id(&self) -> Id {
        self.descriptor.id
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an `InitFn` takes it by value")]
fn init(context: InitContext) -> Pending<State> {
    let id = context.descriptor.id;
    let roster = context.around.inspect.roster();
    let instance =
        roster.as_ref().and_then(|roster| roster.instances.iter().find(|one| one.descriptor.id == id));
    let given = instance.and_then(|instance| instance.guard.probe()?.given(id));
    let state =
        given.ok_or_else(|| PluginError::new("a fake runs in the test host that it was given to, only"));
    Box::pin(std::future::ready(state))
}

fn provide<T: Capability + ?Sized + 'static>(state: State) -> Result<Target, PluginError> {
    let state: Arc<dyn Any + Send + Sync> = state;
    let given = state.downcast::<Given<T>>();
    let given = given.map_err(|_| PluginError::new("a fake was given as another capability"))?;
    Ok(Target::new::<T>(given.0.clone()))
}
