//! What only a connection shows: callers who hang up, and callers who are slow.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use super::Bench;
use super::plugins::{dropped, sent};

/// For what takes a moment on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

async fn serve(bench: &Bench) -> (SocketAddr, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = bench.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    (address, AbortOnDropHandle::new(serving))
}

/// Sends `POST /chat` and does not read.
async fn ask(address: SocketAddr, model: &str, message: &str, stream: bool) -> TcpStream {
    let body = json!({ "message": message, "model": model, "stream": stream }).to_string();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /chat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all((head + &body).as_bytes()).await.unwrap();
    connection
}

async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test]
async fn a_connection_that_closes_drops_the_backends_future_streamed_or_not() {
    let bench = Bench::new().await;
    let (address, _serving) = serve(&bench).await;
    for stream in [true, false] {
        let question = format!("who closes a connection, streamed {stream}");
        let mut connection = ask(address, "endless", &question, stream).await;
        if stream {
            let mut first = [0; 64];
            assert!(connection.read(&mut first).await.unwrap() > 0);
        }
        eventually("the backend is asked", || sent(&question) > 0).await;
        assert!(!dropped(&question));
        drop(connection);
        eventually("the backend's future is dropped", || dropped(&question)).await;
    }
}

#[tokio::test]
async fn a_slow_caller_holds_the_backend_back() {
    let bench = Bench::new().await;
    let (address, _serving) = serve(&bench).await;
    let question = "who is slow to read";
    let mut connection = ask(address, "flood", question, true).await;
    eventually("the backend is asked", || sent(question) > 0).await;
    // The buffers of both sockets fill up; then the backend stands still, far from its end.
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = sent(question);
        if now == before {
            break;
        }
        before = now;
    }
    assert!(before < super::plugins::FLOOD, "{before} pieces went to a caller who reads none");
    let mut text = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    while !text.ends_with(b"0\r\n\r\n") {
        let read = tokio::time::timeout(PATIENCE, connection.read(&mut buffer)).await.unwrap().unwrap();
        assert!(read > 0, "it ends before its end");
        // Only the end matters, and the whole is large.
        text.drain(..text.len().saturating_sub(256));
        text.extend_from_slice(&buffer[..read]);
    }
    assert_eq!(sent(question), super::plugins::FLOOD);
    assert!(String::from_utf8_lossy(&text).contains("usage"), "the last event is `done`");
}
