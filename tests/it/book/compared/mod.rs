//! The example of the comparison, made in each way that it compares: a text is trimmed, one that is then empty is refused, the rest is sent.

mod layers;
mod linked;
mod objects;
mod plugged;

/// What each of them answers to a text that is fine, and to one that is not.
const ANSWERS: [(&str, Result<&str, &str>); 2] =
    [("  hi ", Ok("sent: hi")), ("  ", Err("there is nothing to say"))];
