//! What a macro takes need not be Rust: it names no file that must be there.
grammar! {
    mod tokens;
    use whatever::it::means;
    rule std = "std::fs::read" | unsafe_word;
}
