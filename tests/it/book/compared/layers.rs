//! The example as layers of tower.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use futures_util::future::Either;
use tower::layer::layer_fn;
use tower::{Service, ServiceBuilder, ServiceExt};

type Sent = Result<String, String>;

/// Trims each text.
#[derive(Clone)]
pub struct Trim<S>(S);

impl<S> Service<String> for Trim<S>
where
    S: Service<String, Response = String, Error = String>,
{
    type Response = String;
    type Error = String;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), String>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, text: String) -> S::Future {
        self.0.call(text.trim().to_owned())
    }
}

/// Refuses empty texts.
#[derive(Clone)]
pub struct Refuse<S>(S);

impl<S> Service<String> for Refuse<S>
where
    S: Service<String, Response = String, Error = String>,
{
    type Response = String;
    type Error = String;
    type Future = Either<Ready<Sent>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), String>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, text: String) -> Self::Future {
        if text.is_empty() {
            return Self::Future::Left(ready(Err("there is nothing to say".to_owned())));
        }
        Self::Future::Right(self.0.call(text))
    }
}

/// The order is the order in which they stand here, and part of the type.
pub fn service() -> impl Service<String, Response = String, Error = String> + Clone {
    let send = tower::service_fn(async |text: String| Ok(format!("sent: {text}")));
    ServiceBuilder::new().layer(layer_fn(Trim)).layer(layer_fn(Refuse)).service(send)
}

#[tokio::test]
async fn it_answers_as_the_others_do() {
    for (said, answer) in super::ANSWERS {
        let sent = service().oneshot(said.to_owned()).await;
        assert_eq!(sent.as_deref().map_err(String::as_str), answer);
    }
}
