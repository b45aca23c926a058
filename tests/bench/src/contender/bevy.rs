//! Hooks as systems of bevy_ecs: a schedule that runs eight of them over one resource, one after the other on one thread.

use bevy_ecs::error::BevyError;
use bevy_ecs::prelude::*;
use bevy_ecs::schedule::SingleThreadedExecutor;

use crate::batch::Steps;
use crate::body::{Body, State};
use crate::point::{Fault, Step, core};

#[derive(Resource)]
struct Value(u64);

#[derive(Resource, Default)]
struct Shared(State);

/// A world with the value and the state that the systems share, and their schedule.
pub struct Systems {
    world: World,
    schedule: Schedule,
}

impl Systems {
    /// Eight hooks.
    #[must_use]
    pub fn new<B: Body>() -> Self {
        let mut world = World::new();
        world.insert_resource(Value(0));
        world.init_resource::<Shared>();
        let mut schedule = Schedule::default();
        schedule.set_executor(SingleThreadedExecutor::new());
        let first = (hook::<B, 1>, hook::<B, 2>, hook::<B, 3>, hook::<B, 4>);
        let last = (hook::<B, 5>, hook::<B, 6>, hook::<B, 7>, hook::<B, 8>);
        schedule.add_systems((first.chain(), last.chain()).chain());
        Self { world, schedule }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a system takes its parameters by value")]
fn hook<B: Body, const K: u64>(
    mut value: ResMut<'_, Value>,
    shared: Res<'_, Shared>,
) -> Result<(), BevyError> {
    B::now::<K>(&shared.0, &mut value.0).map_err(BevyError::from)
}

impl Steps for Systems {
    fn run(&mut self, step: &mut Step) -> Result<u64, Fault> {
        self.world.resource_mut::<Value>().0 = step.value;
        self.schedule.run(&mut self.world);
        step.value = self.world.resource::<Value>().0;
        core(step.value)
    }
}
