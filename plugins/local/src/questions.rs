//! What people ask, and where the answer stands.
use crate::library::Library;
use gateway_api::Message;
#[test]
fn eval() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    let mut folders = ["README.md", "ARCHITECTURE.md", "docs"].map(|one| format!("{root}{one}")).to_vec();
    folders.push("/work/shared/design".into());
    let library = Library::open(folders, false, None).unwrap();
    for q in ["How do I add a plugin?", "how can I create a new plugin", "How to write a plugin?", "What is a capability?", "in which order do hooks run?", "How do I switch off a plugin?", "how is storage selected when there are two?", "What happens when a hook panics?", "Which endpoints are there?", "How do I run the tests?", "what license is it", "What is the weather in Paris today?", "Hello", "who are you?", "What is Switchboard?", "How do I start the server?", "can a plugin be reloaded at run time", "How do I disable plugin", "what does the local backend do", "explain the circuit breaker"] {
        let found = library.search(q, 3).unwrap();
        println!("== {q}");
        for f in &found { println!("   {:.2} {:.2} {}:{} {}", f.score, f.coverage, f.stored.source, f.stored.passage.line, f.stored.passage.title); }
    }
    for q in ["How do I add a plugin?", "What is the weather in Paris today?", "Hello"] {
        println!("== {q}\n{}\n", library.answer(&[Message::user(q)]).unwrap().text);
    }
}
