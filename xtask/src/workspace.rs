//! Where the workspace is and what is in it.

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};

use crate::shell::Fault;

/// The package that the plugins are features of.
pub(crate) const APP: &str = "switchboard";

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// The workspace's own packages.
///
/// # Errors
///
/// What cargo says of a broken manifest.
pub(crate) fn metadata(root: &Path) -> Result<Metadata, Fault> {
    MetadataCommand::new().current_dir(root).no_deps().exec().map_err(|error| Fault::new(error.to_string()))
}

/// The package of that name.
///
/// # Errors
///
/// Names the packages there are.
pub(crate) fn package<'a>(metadata: &'a Metadata, name: &str) -> Result<&'a Package, Fault> {
    let packages = metadata.workspace_packages();
    packages.iter().find(|package| package.name.as_str() == name).copied().ok_or_else(|| {
        let names = packages.iter().map(|package| package.name.as_str()).collect::<Vec<_>>().join(", ");
        Fault::new(format!("the workspace has no package `{name}`; it has {names}"))
    })
}

/// Whether the package has documentation tests.
pub(crate) fn has_lib(package: &Package) -> bool {
    package.targets.iter().any(|target| target.is_lib() || target.is_proc_macro())
}

/// The names of the package's targets of that kind that ask for no feature.
pub(crate) fn targets(package: &Package, kind: &TargetKind) -> Vec<String> {
    package
        .targets
        .iter()
        .filter(|target| target.kind.contains(kind) && target.required_features.is_empty())
        .map(|target| target.name.clone())
        .collect()
}
