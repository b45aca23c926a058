//! A server of one route, `POST /chat`: `server` alone is axum and a core, `server N` the same core behind a chain of N plugins.
//!
//! It prints its address and serves until its input ends.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use plugin_core::config::Sources;
use plugin_core::prelude::*;
use plugin_core::{HookPoint, Plugin, PluginDescriptor, PluginManager, Running};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// A chat request.
#[derive(HookPoint, Debug, Deserialize)]
#[hook_point(output = Reply)]
#[serde(deny_unknown_fields)]
struct Chat {
    model: String,
    user: String,
    temperature: f32,
    stream: bool,
    messages: Vec<Message>,
}

/// One message of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Message {
    role: String,
    content: String,
}

/// What is answered.
#[derive(Debug, Serialize)]
struct Reply {
    model: String,
    message: Message,
    tokens: usize,
}

/// What each plugin does: it looks at the request and at the reply, and counts.
#[plugin]
mod counter {
    use super::*;

    /// What has been seen.
    #[derive(Default)]
    pub(super) struct Counter {
        asked: AtomicU64,
        answered: AtomicU64,
    }

    #[hook(before)]
    async fn asked(counter: &Counter, chat: &mut Chat) -> Result<(), PluginError> {
        if chat.messages.is_empty() {
            return Err(PluginError::new("a chat without messages"));
        }
        counter.asked.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    #[hook(after)]
    fn answered(counter: &Counter, _: &Chat, reply: &mut Reply) -> Result<(), PluginError> {
        counter.answered.fetch_add(u64::from(reply.tokens > 0), Ordering::Relaxed);
        Ok(())
    }
}

/// The chain.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Gateway {
    chats: Chain<Chat>,
}

/// The core of both servers: counts words and takes up the last message.
fn answer(chat: &Chat) -> Reply {
    let tokens = chat.messages.iter().map(|message| message.content.split_whitespace().count()).sum();
    let last = chat.messages.last().map(|message| message.content.as_str()).unwrap_or_default();
    let heat = if chat.stream { 1.0 } else { chat.temperature };
    let content = format!("{} asked {tokens} words at {heat:.1}, last of all: {last}", chat.user);
    Reply { model: chat.model.clone(), message: Message { role: "assistant".to_owned(), content }, tokens }
}

async fn bare(Json(chat): Json<Chat>) -> Result<Json<Reply>, StatusCode> {
    Ok(Json(answer(&chat)))
}

async fn chained(
    State(gateway): State<Arc<Running<Gateway>>>,
    Json(mut chat): Json<Chat>,
) -> Result<Json<Reply>, StatusCode> {
    let reply = gateway.chats.run(&mut chat, async |chat: &mut Chat| Ok(answer(chat))).await;
    reply.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// So many plugins, each a copy of [`counter`] with a name and a state of its own.
fn descriptors(count: usize) -> impl Iterator<Item = &'static PluginDescriptor> {
    let template = counter::Counter::DESCRIPTOR;
    (0..count).map(move |at| {
        let name: &'static str = format!("counter-{at:02}").leak();
        let plain = PluginDescriptor::stub(name);
        &*Box::leak(Box::new(PluginDescriptor { hooks: template.hooks, init: template.init, ..plain }))
    })
}

async fn router(plugins: Option<usize>) -> Result<Router, PluginError> {
    let Some(plugins) = plugins else { return Ok(Router::new().route("/chat", post(bare))) };
    let gateway = Gateway::builder()
        .registry(None)
        .config(Sources::new().environment([]))
        .plugins(descriptors(plugins))
        .start()
        .await
        .map_err(PluginError::new)?;
    Ok(Router::new().route("/chat", post(chained)).with_state(Arc::new(gateway)))
}

async fn serve(plugins: Option<usize>) -> Result<(), PluginError> {
    let router = router(plugins).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::thread::spawn(|| {
        // An input that cannot be read has ended as well.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plugins = std::env::args().nth(1).map(|count| count.parse()).transpose();
    let served = match plugins {
        Ok(plugins) => serve(plugins).await,
        Err(error) => Err(PluginError::new(error).context("reading the number of plugins")),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
