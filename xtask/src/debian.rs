//! Packages of Debian that a command needs: installed where this may be done, named with the remedy where not.

use std::process::Command;

use crate::shell::{self, Fault};

/// Installs the packages with apt-get, which only root may.
///
/// # Errors
///
/// That this is not Debian or not root, with `remedy`; or what apt-get says.
pub(crate) fn install(packages: &[&str], remedy: &str) -> Result<(), Fault> {
    let is_root = shell::capture(Command::new("id").arg("-u")).is_ok_and(|printed| printed.lines == ["0"]);
    if !is_root || !shell::answers(&mut Command::new("apt-get")) {
        return Err(Fault::new(remedy));
    }
    let names = packages.join(" ");
    eprintln!("installing {names} with apt-get");
    for arguments in [&["update", "-qq"][..], &["install", "-qq", "--yes", "--no-install-recommends"]] {
        let mut apt = Command::new("apt-get");
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        if arguments.contains(&"install") {
            apt.args(packages);
        }
        shell::succeed(&mut apt, &format!("apt-get could not install {names}"))?;
    }
    Ok(())
}
