//: crates tokio, smol
//! The async runtimes' own.
use tokio::{fs, net::TcpStream, process, sync::mpsc};

pub async fn all(_: mpsc::Sender<u8>) {
    let _ = fs::read("a").await; //~ fs
    let _ = TcpStream::connect("h:1").await; //~ net
    process::Command::new("sh"); //~ process
    let _ = tokio::signal::ctrl_c().await; //~ process
    let _ = smol::net::UdpSocket::bind("h:1").await; //~ net
}
