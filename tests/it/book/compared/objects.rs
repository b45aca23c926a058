//! The example as trait objects in a `Vec`.

/// What takes part.
pub trait Feature {
    fn before(&self, text: &mut String) -> Result<(), String>;
}

struct Trim;

impl Feature for Trim {
    fn before(&self, text: &mut String) -> Result<(), String> {
        *text = text.trim().to_owned();
        Ok(())
    }
}

struct Refuse;

impl Feature for Refuse {
    fn before(&self, text: &mut String) -> Result<(), String> {
        if text.is_empty() { Err("there is nothing to say".to_owned()) } else { Ok(()) }
    }
}

/// The order is the order in which they stand here.
pub fn features() -> Vec<Box<dyn Feature>> {
    vec![Box::new(Trim), Box::new(Refuse)]
}

pub fn send(features: &[Box<dyn Feature>], mut text: String) -> Result<String, String> {
    for feature in features {
        feature.before(&mut text)?;
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
