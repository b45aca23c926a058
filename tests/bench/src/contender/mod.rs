//! What is compared: the same hooks behind each way of calling them.

#[cfg(feature = "bevy")]
pub mod bevy;
pub mod hand;
pub mod known;
#[cfg(feature = "peers")]
pub mod naive;
#[cfg(feature = "peers")]
pub mod object;
pub mod plugboard;
#[cfg(feature = "peers")]
pub mod tower;
