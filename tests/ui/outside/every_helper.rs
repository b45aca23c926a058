use plugin_core::prelude::*;

#[config] pub struct Config;
#[init] fn init() {}
#[subscribe] fn subscribed() {}
#[task] async fn work() {}
#[command] fn run() {}
#[health] fn healthy() {}
#[shutdown] fn stop() {}
#[snapshot] fn save() {}
#[restore] fn load() {}

fn main() {}
