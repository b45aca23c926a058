//: crates reqwest, tokio
//! A text tells that the host or the port is another.
const EVIL: &str = "https://api.openai.com@evil.example/v1";

#[plugin(permissions(net("api.openai.com:443")))]
pub mod sample {}

pub async fn ask(client: reqwest::Client, url: &str) {
    let _ = reqwest::get("https://api.openai.com/v1").await;
    let _ = reqwest::get(url).await;
    let _ = reqwest::get(EVIL).await; //~ net
    let _ = tokio::net::TcpStream::connect("api.openai.com:80").await; //~ net
    let _ = tokio::net::TcpListener::bind(("0.0.0.0", 443)).await; //~ net
}
