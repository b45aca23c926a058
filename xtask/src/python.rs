//! The Python environment with the official `openai` package, which the end-to-end tests run against the gateway.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::shell::{self, Fault, succeed};

/// Where the tests find the interpreter.
pub(crate) const VARIABLE: &str = "PLUGBOARD_PYTHON";

const REQUIREMENTS: &str = "tests/e2e/requirements.txt";
const REMEDY: &str = "install Python 3 with its venv module, on Debian: apt-get install python3-venv";
/// Written last, so that a half-made environment is never taken for a whole one.
const STAMP: &str = "requirements.stamp";

/// The interpreter of an environment in `target` that holds what [`REQUIREMENTS`] pins; made where it is not there yet.
///
/// # Errors
///
/// Why there is none: no Python, no `venv` module, or packages that cannot be had.
pub(crate) fn interpreter(root: &Path, target: &Path) -> Result<PathBuf, Fault> {
    let requirements = root.join(REQUIREMENTS);
    let wanted = fs::read_to_string(&requirements)
        .map_err(|error| Fault::new(format!("cannot read {}: {error}", requirements.display())))?;
    let folder = target.join("python-env");
    let interpreter = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if is_current(&folder, &interpreter, &wanted) {
        return Ok(interpreter);
    }
    eprintln!("\nmaking {} from {REQUIREMENTS}", folder.display());
    if let Err(first) = make(&folder) {
        debian::install(&["python3", "python3-venv"], REMEDY)
            .map_err(|second| Fault::new(format!("{first}; {second}")))?;
        make(&folder)?;
    }
    let mut pip = Command::new(&interpreter);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r"])
        .arg(&requirements);
    succeed(&mut pip, "cannot install the packages of tests/e2e/requirements.txt")?;
    fs::write(folder.join(STAMP), wanted)
        .map_err(|error| Fault::new(format!("cannot write to {}: {error}", folder.display())))?;
    Ok(interpreter)
}

fn is_current(folder: &Path, interpreter: &Path, wanted: &str) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|found| found == wanted)
        && shell::answers(&mut Command::new(interpreter))
}

fn make(folder: &Path) -> Result<(), Fault> {
    let mut last = Fault::new("no python3 found");
    // A python3 of the user's own may lack what Debian's has.
    for python in ["python3", "/usr/bin/python3", "python"] {
        if shell::answers(&mut Command::new(python)) {
            let mut venv = Command::new(python);
            venv.args(["-m", "venv", "--clear"]).arg(folder);
            match succeed(&mut venv, "cannot make a virtual environment") {
                Ok(()) => return Ok(()),
                Err(fault) => last = fault,
            }
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_made_environment_is_not_current() {
        let folder = tempfile::tempdir().unwrap();
        let interpreter = folder.path().join("python");
        assert!(!is_current(folder.path(), &interpreter, "openai==1"));
        fs::write(folder.path().join(STAMP), "openai==1").unwrap();
        assert!(!is_current(folder.path(), &interpreter, "openai==1"), "there is no interpreter");
    }

    #[test]
    fn an_environment_of_other_pins_is_not_current() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(STAMP), "openai==1").unwrap();
        // Any program that answers to `--version` will do.
        let interpreter = Path::new("cargo");
        assert!(is_current(folder.path(), interpreter, "openai==1"));
        assert!(!is_current(folder.path(), interpreter, "openai==2"));
    }

    #[test]
    fn the_official_client_is_pinned() {
        let text = fs::read_to_string(crate::workspace::root().join(REQUIREMENTS)).unwrap();
        assert!(text.lines().any(|line| line.starts_with("openai==")), "{text}");
    }
}
