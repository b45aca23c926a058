//! The typed event bus: the topic is the type.

mod bus;
mod subscription;

pub use bus::{Event, EventBus};
pub use subscription::{Overflow, Subscription, subscribe};
