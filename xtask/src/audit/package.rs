//! The packages whose source is audited, and what their manifests say of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, TargetKind};

/// The folder of plugins.
const FOLDER: &str = "plugins";
/// The workspace's own packages that plugins are made with. They are reviewed as what they are, not as a plugin's part.
const FRAMEWORK: [&str; 3] = ["plugin-core", "plugin-macros", "gateway-api"];

/// One package.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest: PathBuf,
    /// The file that its library starts with.
    pub(super) root: PathBuf,
    pub(super) build_script: Option<PathBuf>,
    /// By the name that its code uses, which package that is. Without those for tests and for the build.
    pub(super) crates: HashMap<String, String>,
    /// Names of dependencies in folders that no audit reads.
    pub(super) unaudited: Vec<String>,
}

/// The packages in the folder of plugins that have a library, by name.
pub(super) fn all(root: &Path, metadata: &Metadata) -> Vec<Package> {
    let folder = root.join(FOLDER);
    let mut packages: Vec<Package> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| package.manifest_path.as_std_path().starts_with(&folder))
        .filter_map(|package| of(package, &folder))
        .collect();
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    packages
}

fn of(package: &cargo_metadata::Package, folder: &Path) -> Option<Package> {
    let file_of = |of_kind: fn(&TargetKind) -> bool| {
        let target = package.targets.iter().find(|target| target.kind.iter().any(of_kind));
        target.map(|target| target.src_path.clone().into_std_path_buf())
    };
    let library = |kind: &TargetKind| {
        !matches!(
            kind,
            TargetKind::Bench
                | TargetKind::Bin
                | TargetKind::CustomBuild
                | TargetKind::Example
                | TargetKind::Test
        )
    };
    let normal =
        || package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    let crates = normal().map(|dependency| {
        let known_as = dependency.rename.as_ref().unwrap_or(&dependency.name);
        (known_as.replace('-', "_"), dependency.name.clone())
    });
    let unaudited = normal().filter(|dependency| {
        dependency.path.as_ref().is_some_and(|path| !path.as_std_path().starts_with(folder))
            && !FRAMEWORK.contains(&dependency.name.as_str())
    });
    Some(Package {
        name: package.name.to_string(),
        manifest: package.manifest_path.clone().into_std_path_buf(),
        root: file_of(library)?,
        build_script: file_of(|kind| *kind == TargetKind::CustomBuild),
        crates: crates.collect(),
        unaudited: unaudited.map(|dependency| dependency.name.clone()).collect(),
    })
}
