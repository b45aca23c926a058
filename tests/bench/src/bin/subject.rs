//! Runs scenarios a fixed number of times, under callgrind or alone, and prints as JSON what they allocate.
//!
//! `subject [GROUP]…`: those whose group and contender, `sync.before.add.8/plugboard`, begin with one of these; all without any.

use std::process::ExitCode;

use plugboard_bench::count::Counting;
use plugboard_bench::subject;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() -> ExitCode {
    let prefixes: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |group: &str, contender: &str| {
        let name = format!("{group}/{contender}");
        prefixes.is_empty() || prefixes.iter().any(|prefix| name.starts_with(prefix))
    };
    match subject::run(&wanted) {
        Ok(subjects) => {
            println!("{}", serde_json::json!(subjects));
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}
