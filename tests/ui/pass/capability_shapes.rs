//! Every shape that a capability's method may have.
#![deny(warnings, missing_docs, unreachable_pub)]

use plugin_core::hook::ErrorClass;
use plugin_core::prelude::*;
use std::sync::Arc;

/// An answer under another name.
pub type Answer<T> = Result<T, PluginError>;

mod names {
    /// A type with the name of what the glue could call its own.
    #[derive(Clone, Debug)]
    pub struct Method;
}
pub use names::Method;

fn class(_: &PluginError) -> ErrorClass {
    ErrorClass::Fault
}

/// All of them.
#[capability(version = "2.1", classify = class)]
pub trait Shapes: std::fmt::Debug + Send {
    /// Plain.
    fn plain(&self) -> Answer<u8>;
    /// Borrows from its arguments.
    fn longest<'k>(&self, keys: &'k [String], _: u8) -> Answer<Option<&'k str>>;
    /// Takes all kinds.
    async fn all(&self, target: &mut Vec<u8>, serves: Arc<str>, method: Method, of: &(dyn Fn() -> u8 + Sync)) -> Answer<u8>;
    /// Has a body.
    async fn with_body(&self, (a, mut b): (u8, u8)) -> Answer<u8> {
        b += self.plain()?;
        Ok(a + b)
    }
    /// May be called again.
    #[idempotent]
    async fn again(&self, target: Method, serves: &str, (a, b): (u8, u8), of: Arc<str>) -> Answer<u8> {
        drop((target, of));
        Ok(u8::try_from(serves.len())? + a + b)
    }
    /// Not in this build.
    #[cfg(any())]
    async fn gone(&self) -> Missing;
    /// Of a raw name.
    fn r#type(&self) -> Answer<u8>;
    /// Of old.
    #[deprecated]
    #[must_use]
    fn old(&self) -> Answer<u8>;
    /// Not for `dyn`.
    fn boxed(self) -> Box<dyn Shapes>
    where
        Self: Sized,
    {
        Box::new(self)
    }
}

macro_rules! declared {
    ($name:ident, $method:ident, $argument:ident) => {
        /// Made by a macro.
        #[capability]
        pub trait $name {
            /// Its method.
            async fn $method(&self, $argument: &str) -> Result<usize, PluginError>;
            /// May be called again.
            #[idempotent]
            async fn twice(&self, $argument: String, target: u8) -> Result<usize, PluginError>;
            /// Another.
            fn own(&self, target: u8) -> Result<u8, PluginError>;
        }
    };
}
declared!(Made, len, text);

/// A host's own.
#[derive(Debug)]
pub struct Own;

#[capability]
impl Shapes for Own {
    fn plain(&self) -> Answer<u8> {
        Ok(1)
    }
    fn longest<'k>(&self, keys: &'k [String], _: u8) -> Answer<Option<&'k str>> {
        Ok(keys.iter().max_by_key(|key| key.len()).map(String::as_str))
    }
    async fn all(&self, target: &mut Vec<u8>, serves: Arc<str>, _: Method, of: &(dyn Fn() -> u8 + Sync)) -> Answer<u8> {
        target.push(of() + u8::try_from(serves.len())?);
        Ok(target[0])
    }
    fn r#type(&self) -> Answer<u8> {
        Ok(2)
    }
    fn old(&self) -> Answer<u8> {
        Ok(3)
    }
}

fn sent<F: Future + Send>(future: F) -> F {
    future
}

fn main() {
    let provider = Provider::<dyn Shapes>::of_host("own", Arc::new(Own));
    let shapes: &dyn Shapes = &*provider;
    assert_eq!((shapes.plain().ok(), provider.r#type().ok()), (Some(1), Some(2)));
    let keys = ["a".to_owned(), "bb".to_owned()];
    assert_eq!(provider.longest(&keys, 0).ok(), Some(Some("bb")));
    drop(sent(provider.with_body((1, 2))));
    drop(sent(shapes.with_body((1, 2))));
    drop(sent(provider.again(Method, "", (1, 2), Arc::from(""))));
    drop(sent(shapes.again(Method, "", (1, 2), Arc::from(""))));
}
