//! What the compiler says of the plugin of plugin-core's README that needs another, where that one is not there.

use plugin_core::graph::{Entry, Scratch, check_list};
use plugin_core::prelude::*;
use plugin_core::{Plugin, PluginSet};

use crate::markdown::pages;

#[capability]
pub trait Titles {
    fn title(&self, name: &str) -> Result<Option<String>, PluginError>;
}

#[plugin]
mod polite {
    use super::*;

    #[expect(dead_code, reason = "only its need is looked at")]
    pub(super) struct Polite(Provider<dyn Titles>);

    #[init]
    fn init(titles: Provider<dyn Titles>) -> Polite {
        Polite(titles)
    }
}

#[test]
fn the_error_that_plugin_cores_readme_shows_is_what_the_compiler_says() {
    let page = pages().into_iter().find(|page| page.path == "plugin-core/README.md").unwrap();
    let blocks = page.blocks();
    let of = |language: &str| blocks.iter().find(|block| block.language() == language).unwrap();
    let (program, shown) = (of("rust"), of("text"));
    let line = 1 + program.text.lines().position(|line| line.contains("fn init(titles")).unwrap();

    let entries: &'static [Entry] = vec![Entry::of(polite::Polite::DESCRIPTOR)].leak();
    let real = check_list(&PluginSet { entries }, Scratch::<16>::new()).text(entries);
    let real = real.as_str().lines().map(|real| match real.trim().strip_prefix("--> ") {
        Some(_) => format!("--> src/main.rs:{line}"),
        None => real.trim().to_owned(),
    });
    let real = real.collect::<Vec<_>>();
    let words = shown.text.lines().map(str::trim).collect::<Vec<_>>();
    assert_eq!(words, real, "{}: write\n{}", shown.place(), real.join("\n  "));
}
