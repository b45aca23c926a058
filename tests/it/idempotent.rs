//! Capabilities' methods that are called again after they failed for now.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use plugin_core::prelude::*;
use plugin_core::{CallError, ErrorClass, PluginManager, Running};

use crate::support::{Diary, Fault, yaml};

impl Fault {
    /// A fault that says `later` may not be there the next time.
    fn class(&self) -> ErrorClass {
        match self {
            Self::Said(what) if what == "later" => ErrorClass::Transient,
            Self::Said(_) => ErrorClass::Refusal,
            Self::Call(_) => ErrorClass::Fault,
        }
    }
}

/// Takes parcels. Each fails with what it is told until it was asked `times` times.
#[capability(classify = Fault::class)]
pub(crate) trait Post {
    #[idempotent]
    async fn send(&self, to: &str, parcel: Vec<u8>, times: u32) -> Result<u32, Fault>;
    /// The same, but never twice.
    async fn send_once(&self, times: u32) -> Result<u32, Fault>;
    #[idempotent]
    async fn send_slowly(&self) -> Result<u32, Fault>;
    /// Is a function that yields a future, which panics before it does.
    #[idempotent]
    async fn break_down(&self) -> Result<u32, Fault>;
}

/// Makes a post office of its own for each test, as they count.
macro_rules! office {
    ($($office:ident)*) => { $(
        #[plugin]
        mod $office {
            use super::*;

            pub(super) static DIARY: Diary = Diary::new();

            #[config]
            pub(super) struct Config {
                /// How often it has moved.
                pub(super) moves: u32,
            }

            pub(super) struct Office(AtomicU32);

            #[init]
            fn init(config: Config) -> Office {
                Office(AtomicU32::new(100 * config.moves))
            }

            impl Office {
                fn nth(&self) -> u32 {
                    self.0.fetch_add(1, Ordering::Relaxed) + 1
                }
            }

            #[capability]
            impl Post for Office {
                async fn send(&self, to: &str, parcel: Vec<u8>, times: u32) -> Result<u32, Fault> {
                    let nth = self.nth();
                    DIARY.note(format!("{to} {parcel:?}"));
                    tokio::task::yield_now().await;
                    if nth < times { Err(Fault::said(to)) } else { Ok(nth) }
                }

                async fn send_once(&self, times: u32) -> Result<u32, Fault> {
                    let nth = self.nth();
                    if nth < times { Err(Fault::said("later")) } else { Ok(nth) }
                }

                async fn send_slowly(&self) -> Result<u32, Fault> {
                    let nth = self.nth();
                    if nth < 3 {
                        std::future::pending::<()>().await;
                    }
                    Ok(nth)
                }

                fn break_down<'a, 'f>(
                    &'a self,
                ) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send + 'f>>
                where
                    'a: 'f,
                    Self: 'f,
                {
                    panic!("the van is on fire, {}", self.nth())
                }
            }
        }
    )* };
}

office!(patient proud plain slow moved fickle);

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Town {
    post: Option<Provider<dyn Post>>,
}

impl Town {
    fn post(&self) -> &Provider<dyn Post> {
        self.post.as_ref().unwrap()
    }
}

async fn town<P: plugin_core::Plugin>(policy: &str) -> Running<Town> {
    let config = yaml(&format!("plugins: {{ {}: {{ {policy} }} }}", P::DESCRIPTOR.name));
    Town::builder().registry(None).config(config).plugin::<P>().start().await.unwrap()
}

const THRICE: &str = "retry: { attempts: 3, backoff: 10ms }";

#[tokio::test(start_paused = true)]
async fn an_idempotent_method_is_called_again_with_the_same_arguments_while_it_fails_for_now() {
    let town = town::<patient::Office>(THRICE).await;
    assert_eq!(town.post().send("later", vec![1, 2], 3).await, Ok(3));
    assert_eq!(patient::DIARY.take(), ["later [1, 2]"; 3]);
    let post: &dyn Post = &**town.post();
    assert_eq!(post.send("later", vec![], 9).await, Err(Fault::said("later")), "all tries are used up");
    assert_eq!(patient::DIARY.take().len(), 3);
    let activity = town.status().await.plugins.remove(0).activity.unwrap();
    let send = activity.targets.iter().find(|one| one.target.name == "send").unwrap();
    assert_eq!((send.metrics.calls, send.metrics.errors), (6, 5), "each try is a call");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_a_panic_and_a_method_that_is_not_idempotent_are_not_tried_again() {
    let town = town::<proud::Office>(THRICE).await;
    assert_eq!(town.post().send("never", vec![], 9).await, Err(Fault::said("never")));
    assert_eq!(proud::DIARY.take().len(), 1);
    assert_eq!(town.post().send_once(9).await, Err(Fault::said("later")));
    let error = town.post().break_down().await.unwrap_err();
    let message = "the van is on fire, 3".to_owned();
    assert_eq!(
        error,
        Fault::Call(CallError::Panicked { plugin: "proud", hook: "Post::break_down", message })
    );
    assert_eq!(town.post().send_once(4).await, Ok(4), "it was called once for each");
}

#[tokio::test(start_paused = true)]
async fn without_a_policy_an_idempotent_method_is_called_once() {
    let town = town::<plain::Office>("").await;
    assert_eq!(town.post().send("later", vec![], 9).await, Err(Fault::said("later")));
    assert_eq!(plain::DIARY.take().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_that_of_each_try() {
    let town = town::<slow::Office>(&format!("timeout: 1s, {THRICE}")).await;
    let asked = tokio::time::Instant::now();
    assert_eq!(town.post().send_slowly().await, Ok(3));
    assert_eq!(asked.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn all_tries_go_to_the_instance_that_served_when_the_call_began() {
    let town = town::<moved::Office>("retry: { attempts: 3, backoff: 30s }, timeout: 1s").await;
    let call = town.post().clone();
    let call = tokio::spawn(async move { call.send_slowly().await });
    tokio::time::sleep(Duration::from_millis(10)).await;
    let applied = town.reload("moved", serde_json::json!({ "moves": 1 })).await.unwrap();
    assert_eq!(applied.plugins.len(), 1);
    assert_eq!(town.post().send_once(1).await, Ok(101), "another serves");
    assert_eq!(call.await.unwrap(), Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_tried_again_can_be_spawned_and_dropped() {
    let town = town::<fickle::Office>(&format!("timeout: 1s, {THRICE}")).await;
    let dropped = tokio::time::timeout(Duration::from_millis(1), town.post().send_slowly()).await;
    assert!(dropped.is_err());
    tokio::time::sleep(Duration::from_secs(60)).await;
    let post = town.post().clone();
    let call = tokio::spawn(async move { post.send("later", vec![7], 3).await });
    assert_eq!(call.await.unwrap(), Ok(3), "after one try of the call that was dropped");
}
