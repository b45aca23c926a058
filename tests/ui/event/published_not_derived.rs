use plugin_core::prelude::*;
fn main() {
    EventBus::default().publish(5);
}
