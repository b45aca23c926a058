//! The example as functions that the linker collects.

use linkme::distributed_slice;

/// A function, and where it stands among the others.
pub struct Feature {
    pub place: u32,
    pub before: fn(&mut String) -> Result<(), String>,
}

#[distributed_slice]
pub static FEATURES: [Feature];

#[distributed_slice(FEATURES)]
static REFUSE: Feature = Feature { place: 20, before: refuse };

#[expect(clippy::ptr_arg, reason = "all features have one signature")]
fn refuse(text: &mut String) -> Result<(), String> {
    if text.is_empty() { Err("there is nothing to say".to_owned()) } else { Ok(()) }
}

#[distributed_slice(FEATURES)]
static TRIM: Feature = Feature { place: 10, before: trim };

fn trim(text: &mut String) -> Result<(), String> {
    *text = text.trim().to_owned();
    Ok(())
}

/// The linker has an order of its own, so they are sorted by a number that each of them has chosen.
pub fn features() -> Vec<&'static Feature> {
    let mut features: Vec<_> = FEATURES.iter().collect();
    features.sort_by_key(|feature| feature.place);
    features
}

pub fn send(features: &[&Feature], mut text: String) -> Result<String, String> {
    for feature in features {
        (feature.before)(&mut text)?;
    }
    Ok(format!("sent: {text}"))
}

#[test]
fn it_answers_as_the_others_do() {
    for (said, answer) in super::ANSWERS {
        let sent = send(&features(), said.to_owned());
        assert_eq!(sent.as_deref().map_err(String::as_str), answer);
    }
}
