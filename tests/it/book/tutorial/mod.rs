//! The plugin of the tutorial, in its first form and in its last.

use std::fs;

use plugin_core::testing::TestHost;

use crate::markdown::{Page, root};

mod allowance;
mod first;

const PAGE: &str = "docs/tutorial.md";

#[tokio::test]
async fn every_configuration_of_the_chapter_starts_the_plugin() {
    let page = Page { path: PAGE.to_owned(), text: fs::read_to_string(root().join(PAGE)).unwrap() };
    let blocks = page.blocks();
    let files = blocks.iter().filter(|block| block.info == "yaml").collect::<Vec<_>>();
    for block in &files {
        let host = TestHost::new().with::<first::allowance::Allowance>().file(block.text.as_str());
        let started = host.start().await.map(drop).map_err(|error| error.to_string());
        assert_eq!(started, Ok(()), "{}", block.place());
    }
    assert_eq!(files.len(), 2, "the page is not read as it should be");
}
