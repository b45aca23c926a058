//! A text filter on the command line, built on plugin-core alone: `echo "hello  world" | cargo run -p plugin-core --example textline`.

use plugin_core::prelude::*;

/// One line of text on its way through.
#[derive(Debug, plugin_core::HookPoint)]
#[hook_point(output = String, error = PluginError, sync)]
pub struct Line {
    /// The text, without its end.
    pub text: String,
}

/// Knows words that are written in a way of their own.
#[capability]
pub trait Spelling {
    /// The word as it should be written.
    fn spell(&self, word: &str) -> Result<Option<String>, PluginError>;
}

/// Folds runs of white space into one space.
#[plugin(stage = Infrastructure)]
pub mod squeeze {
    use super::*;

    /// Nothing to remember.
    #[derive(Default)]
    pub struct Squeeze;

    #[hook(before)]
    fn squeeze(_: &Squeeze, line: &mut Line) {
        line.text = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
}

/// Spells the words of its config.
#[plugin]
pub mod spelling {
    use super::*;
    use std::collections::BTreeMap;

    /// The words.
    #[config]
    pub struct Config {
        /// Words as they are found, and as they should be.
        #[config(default = BTreeMap::from([("rust".to_owned(), "Rust".to_owned())]))]
        pub words: BTreeMap<String, String>,
    }

    /// The dictionary.
    pub struct Dictionary(BTreeMap<String, String>);

    #[init]
    fn init(config: Config) -> Dictionary {
        Dictionary(config.words)
    }

    #[capability]
    impl Spelling for Dictionary {
        fn spell(&self, word: &str) -> Result<Option<String>, PluginError> {
            Ok(self.0.get(word).cloned())
        }
    }
}

/// Corrects each line with every dictionary there is.
#[plugin(stage = Business)]
pub mod correct {
    use super::*;

    /// All dictionaries.
    pub struct Corrector(Providers<dyn Spelling>);

    #[init]
    fn init(dictionaries: Providers<dyn Spelling>) -> Corrector {
        Corrector(dictionaries)
    }

    #[hook(before)]
    fn correct(corrector: &Corrector, line: &mut Line) -> Result<(), PluginError> {
        let spell = |word: &str| {
            let found = corrector.0.iter().find_map(|one| one.spell(word).transpose());
            found.unwrap_or_else(|| Ok(word.to_owned()))
        };
        line.text = line.text.split(' ').map(spell).collect::<Result<Vec<_>, _>>()?.join(" ");
        Ok(())
    }
}

plugin_core::plugins! {
    self::squeeze,
    self::spelling,
    self::correct,
}

/// The program: one chain.
#[derive(plugin_core::PluginManager)]
pub struct Textline {
    /// Each line goes through here.
    pub line: Chain<Line>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let textline = Textline::builder().start().await?;
    for text in std::io::stdin().lines() {
        let mut line = Line { text: text? };
        let done = textline.line.run_sync(&mut line, |line| Ok(std::mem::take(&mut line.text)));
        println!("{}", done.map_err(PluginError::into_boxed)?);
    }
    textline.stop().await;
    Ok(())
}
