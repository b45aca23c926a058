//! The plugin of the tutorial, in its first form and in its last.

mod allowance;
mod first;
