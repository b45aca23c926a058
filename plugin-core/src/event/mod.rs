//! The typed event bus: the topic is the type. It is explained in docs/events.md.

mod bus;
mod carriage;
mod carrier;
mod channel;
mod history;
mod queue;
mod request;
mod status;
mod subscription;
mod topic;

pub use bus::EventBus;
pub(crate) use bus::Publisher;
pub use carrier::{CarrierError, Message, MessageBus, Messages};
pub use queue::{Buffer, Overflow};
pub use request::RequestError;
pub use status::{BusStatus, CarrierStatus, SubscriberStatus, TopicStatus};
pub use subscription::{SubscribeContext, SubscribeError, Subscription, subscribe};
pub use topic::{CarriedEvent, Event, HistoricKey, Request, Topic, TopicId};

pub(crate) use subscription::attach;
