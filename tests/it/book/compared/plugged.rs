//! The example as plugins.

use plugin_core::prelude::*;

/// A text on its way out.
#[derive(HookPoint)]
#[hook_point(sync, output = String)]
pub struct Text(pub String);

/// Trims each text.
#[plugin]
pub mod trim {
    use super::*;

    #[derive(Default)]
    pub struct Trim;

    #[hook(before)]
    fn trim(_: &Trim, text: &mut Text) {
        text.0 = text.0.trim().to_owned();
    }
}

/// Refuses empty texts.
#[plugin]
pub mod refuse {
    use super::*;

    #[derive(Default)]
    pub struct Refuse;

    #[hook(before, after("trim"))]
    fn refuse(_: &Refuse, text: &Text) -> Result<(), PluginError> {
        if text.0.is_empty() {
            return Err(PluginError::new("there is nothing to say").refusal());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use plugin_core::testing::TestHost;

    use super::*;
    use crate::book::compared::ANSWERS;

    #[tokio::test]
    async fn it_answers_as_the_others_do() {
        let host = TestHost::new().with::<refuse::Refuse>().with::<trim::Trim>().start().await.unwrap();
        for (said, answer) in ANSWERS {
            let sent = host.run_sync(&mut Text(said.to_owned()), |text| Ok(format!("sent: {}", text.0)));
            assert_eq!(
                sent.map_err(|error| error.to_string()),
                answer.map(str::to_owned).map_err(str::to_owned)
            );
        }
        host.stop().await;
    }
}
