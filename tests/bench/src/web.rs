//! A load client over plain sockets, and the rounds in which it loads each server in turn.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::callgrind::beside;
use crate::point::Fault;
use crate::results::Web;
use crate::rounds::{Dice, median};

/// The servers that are compared; `None` has no chain at all.
const SERVERS: [Option<usize>; 5] = [None, Some(0), Some(5), Some(10), Some(20)];
/// Enough to keep both sides busy.
const CONNECTIONS: usize = 16;
/// How long a server is loaded in a round, for its rate and again for its latencies. Short, so that the servers of a round find the machine
/// in the same mood: it changes within a second by more than what is measured.
const TURN: Duration = Duration::from_millis(100);

/// What each request sends: a short conversation.
const BODY: &str = r#"{"model":"local","user":"bench","temperature":0.2,"stream":false,"messages":[{"role":"system","content":"You answer from the documents of this project, in plain words, and name the source of what you say."},{"role":"user","content":"How do I add a plugin?"},{"role":"assistant","content":"Run `cargo xtask new-plugin` with a name. It writes a small plugin that works, with its tests, and adds it to the list of the app."},{"role":"user","content":"And how do I order its hooks before those of another plugin, without knowing all of them?"}]}"#;

/// Loads every server in every round.
///
/// # Errors
///
/// If a server cannot be started, or answers anything but what is expected.
pub fn measure(rounds: usize) -> Result<Vec<Web>, Fault> {
    let runtime = crate::runtime()?;
    let servers = SERVERS.into_iter().map(Server::start).collect::<Result<Vec<_>, _>>()?;
    let mut results: Vec<Web> = SERVERS
        .into_iter()
        .map(|plugins| Web { plugins, rate: Vec::new(), p50: Vec::new(), p99: Vec::new() })
        .collect();
    let mut expected = None;
    for server in &servers {
        let reply = runtime.block_on(reply(server.address)).map_err(Fault::setup)?;
        if *expected.get_or_insert_with(|| reply.clone()) != reply {
            return Err(Fault::setup(format!(
                "{:?} plugins: another reply than the bare server's",
                server.plugins
            )));
        }
        // A first turn that is not counted: caches, buffers, the allocator.
        runtime.block_on(load(server.address, CONNECTIONS, TURN)).map_err(Fault::setup)?;
    }
    let mut order: Vec<usize> = (0..servers.len()).collect();
    let mut dice = Dice::default();
    for _ in 0..rounds {
        dice.shuffle(&mut order);
        for &at in &order {
            let address = servers[at].address;
            let begun = Instant::now();
            let busy = runtime.block_on(load(address, CONNECTIONS, TURN)).map_err(Fault::setup)?;
            results[at].rate.push(busy.len() as f64 / begun.elapsed().as_secs_f64());
            let mut calm = runtime.block_on(load(address, 1, TURN)).map_err(Fault::setup)?;
            calm.sort_unstable_by(f64::total_cmp);
            let p99 = calm.get(calm.len() * 99 / 100).copied();
            results[at].p50.extend(median(calm));
            results[at].p99.extend(p99);
        }
    }
    Ok(results)
}

/// A server in a process of its own; ended when dropped.
struct Server {
    plugins: Option<usize>,
    address: SocketAddr,
    process: Child,
}

impl Server {
    fn start(plugins: Option<usize>) -> Result<Self, Fault> {
        let mut command = Command::new(beside("server")?);
        command.args(plugins.map(|plugins| plugins.to_string()));
        // The server ends when its input does, so also when this process is killed.
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(Fault::setup)?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(Fault::setup)?;
        }
        match line.trim().parse() {
            Ok(address) => Ok(Self { plugins, address, process }),
            Err(error) => {
                let _ = process.kill();
                Err(Fault::setup(format!("the server with {plugins:?} plugins told no address: {error}")))
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Requests on `connections` kept connections, one after the other on each, for so long; their latencies in microseconds.
async fn load(address: SocketAddr, connections: usize, duration: Duration) -> io::Result<Vec<f64>> {
    let end = Instant::now() + duration;
    let tasks: Vec<_> = (0..connections).map(|_| tokio::spawn(connection(address, end))).collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok(latencies)
}

async fn connection(address: SocketAddr, end: Instant) -> io::Result<Vec<f64>> {
    let mut client = Client::connect(address).await?;
    let mut latencies = Vec::with_capacity(16 * 1024);
    while Instant::now() < end {
        let begun = Instant::now();
        client.exchange().await?;
        latencies.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(latencies)
}

async fn reply(address: SocketAddr) -> io::Result<String> {
    let mut client = Client::connect(address).await?;
    let body = client.exchange().await?;
    String::from_utf8(client.buffer[body].to_vec()).map_err(io::Error::other)
}

/// One kept connection. It knows as much of HTTP as these servers answer with: a head with a length, then a body.
struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl Client {
    async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let length = BODY.len();
        let request = format!(
            "POST /chat HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{BODY}"
        );
        Ok(Self { stream, request: request.into_bytes(), buffer: Vec::with_capacity(16 * 1024) })
    }

    /// One request and its answer; where the body stands in the buffer.
    async fn exchange(&mut self) -> io::Result<std::ops::Range<usize>> {
        self.stream.write_all(&self.request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server hung up"));
            }
            if let Some(body) = body(&self.buffer)?
                && body.end <= self.buffer.len()
            {
                return Ok(body);
            }
        }
    }
}

/// Where the body of an answer stands or will stand; none until the head is whole.
fn body(answer: &[u8]) -> io::Result<Option<std::ops::Range<usize>>> {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&answer[..head]).map_err(io::Error::other)?;
    if !text.starts_with("HTTP/1.1 200 ") {
        return Err(io::Error::other(format!(
            "the server answered {}",
            text.lines().next().unwrap_or_default()
        )));
    }
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.ok_or_else(|| io::Error::other("the server told no length"))?;
    Ok(Some(head + 4..head + 4 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_found_by_its_length() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let found = body(answer).unwrap().unwrap();
        assert_eq!(&answer[found], b"hello");
        assert_eq!(body(&answer[..20]).unwrap(), None);
    }

    #[test]
    fn any_other_answer_is_an_error() {
        assert!(body(b"HTTP/1.1 500 Internal Server Error\r\n\r\n").unwrap_err().to_string().contains("500"));
        assert!(body(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
