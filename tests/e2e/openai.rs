//! OpenAI's own client for Python, unchanged, against the gateway.

use std::ffi::OsString;
use std::path::Path;

use tokio::process::Command;

use crate::gateway::Gateway;

/// A Python that has the client. None where there is none, which fails in CI and is told for `test` elsewhere.
pub(crate) fn python(test: &str) -> Option<OsString> {
    // Set by `cargo xtask test`, which installs the client for it.
    let python = std::env::var_os("PLUGBOARD_PYTHON");
    if python.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "PLUGBOARD_PYTHON must name a Python that has `openai`: run `cargo xtask test`"
        );
        eprintln!("SKIPPED: {test}: PLUGBOARD_PYTHON is not set; `cargo xtask test` sets it");
    }
    python
}

#[tokio::test]
async fn openais_own_client_works_unchanged() {
    let Some(python) = python("openais_own_client_works_unchanged") else { return };
    let gateway = Gateway::start().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e/openai_client.py");
    let output = Command::new(python)
        .arg(script)
        .arg(format!("{}/v1", gateway.url))
        .output()
        .await
        .expect("Python can be run");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}\n{}", gateway.log());
    assert_eq!(out.trim(), "ok");
}
