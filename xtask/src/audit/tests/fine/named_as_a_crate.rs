//: crates sqlx, num_cmp, serde
//! A macro of the crate's own, and a word of a derive, that are named as a crate.
macro_rules! num_cmp {
    ($a:expr) => {
        $a
    };
}

#[derive(serde::Serialize)]
#[sqlx(rename = "a")]
pub struct Row;

pub fn one() -> u8 {
    num_cmp!(1)
}
