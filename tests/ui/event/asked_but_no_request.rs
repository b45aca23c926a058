use plugin_core::prelude::*;
#[derive(Event)]
pub struct Sent;
async fn ask(bus: EventBus) {
    let _ = bus.request(Sent, std::time::Duration::from_secs(1)).await;
}
fn main() {}
