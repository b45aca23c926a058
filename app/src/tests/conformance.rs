//! The suite that every plugin passes, over all plugins of this build together, so that what one requires another provides.

use gateway_api::{ChatTurn, HttpExchange, HttpResponse, Message, Reply, StreamDelta};
use http::{HeaderMap, Method, StatusCode};
use plugin_core::testing::{Host, TestHost};
use plugin_core::{PluginManager, Running};
use serde_json::json;

use crate::Gateway;

/// A request, a turn of a conversation and a piece of its reply. In a stop they may be refused.
async fn ask(host: &Running<Host>) {
    let mut exchange = HttpExchange {
        method: Method::GET,
        path: "/health".to_owned(),
        query: None,
        headers: HeaderMap::new(),
        peer: None,
        request_id: "1".to_owned(),
    };
    let fine = async |_: &mut HttpExchange| Ok(HttpResponse::text(StatusCode::OK, "text/plain", ""));
    let _ = host.run(&mut exchange, fine).await;
    for text in ["one", "two"] {
        let conversation = Some("c".to_owned());
        let mut turn = ChatTurn { conversation, ..ChatTurn::new(vec![Message::user(text)]) };
        let echo = async |turn: &mut ChatTurn| Ok(Reply::new("echo", "echo", turn, text));
        let _ = host.run(&mut turn, echo).await;
        let _ = host.run_sync(&mut StreamDelta { text: text.to_owned(), last: true }, |_| Ok(()));
    }
}

#[tokio::test]
async fn every_plugin_of_the_list_passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = TestHost::new().plugins(Gateway::PLUGINS);
    if Gateway::PLUGINS.linked().any(|plugin| plugin.name == "storage-sqlite") {
        let path = folder.path().join("test.db");
        host =
            host.file(json!({ "plugins": { "storage-sqlite": { "config": { "path": path } } } }).to_string());
    }
    let report = host.conformance().check_with(ask).await;
    assert_eq!(report.plugins.len(), Gateway::PLUGINS.linked().count());
    report.assert_clean();
}
