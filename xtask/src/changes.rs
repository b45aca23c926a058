//! Changes to files that are all made or none.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::Fault;

/// Files to be, each new or changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    /// What it is now; none where it is not.
    before: Option<String>,
    after: String,
}

/// The text of the file.
///
/// # Errors
///
/// Names the file.
pub(crate) fn read(path: &Path) -> Result<String, Fault> {
    fs::read_to_string(path).map_err(|error| Fault::new(format!("cannot read {}: {error}", path.display())))
}

impl Changes {
    /// A file that must not be there yet.
    pub(crate) fn create(&mut self, path: PathBuf, text: String) {
        self.files.push(File { path, before: None, after: text });
    }

    /// A file that is there, as it was read.
    pub(crate) fn edit(&mut self, path: PathBuf, before: String, after: String) {
        self.files.push(File { path, before: Some(before), after });
    }

    /// A line per file, as seen from `root`.
    pub(crate) fn text(&self, root: &Path) -> String {
        let line = |file: &File| {
            let verb = if file.before.is_some() { "change" } else { "create" };
            format!("  {verb} {}\n", file.path.strip_prefix(root).unwrap_or(&file.path).display())
        };
        self.files.iter().map(line).collect()
    }

    /// Makes all of them.
    ///
    /// # Errors
    ///
    /// The first that cannot be made; those made before are undone.
    pub(crate) fn apply(&self) -> Result<(), Fault> {
        let mut folders = Vec::new();
        for (at, file) in self.files.iter().enumerate() {
            if let Err(error) = file.write(&mut folders) {
                self.files[..=at].iter().for_each(File::undo);
                // Innermost first; one that others have put something into stays.
                folders.iter().rev().for_each(|folder| {
                    let _ = fs::remove_dir(folder);
                });
                return Err(Fault::new(format!(
                    "cannot write {}: {error}; nothing is changed",
                    file.path.display()
                )));
            }
        }
        Ok(())
    }
}

impl File {
    fn write(&self, made: &mut Vec<PathBuf>) -> std::io::Result<()> {
        use std::io::Write as _;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let missing = folder.ancestors().take_while(|folder| !folder.exists()).collect::<Vec<_>>();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder)?;
            made.push(folder.to_path_buf());
        }
        match self.before {
            None => fs::File::create_new(&self.path)?.write_all(self.after.as_bytes()),
            Some(_) => fs::write(&self.path, &self.after),
        }
    }

    /// As it was; a file of another's that stood in the way of a new one is left alone.
    fn undo(&self) {
        let _ = match &self.before {
            Some(before) => fs::write(&self.path, before),
            None if fs::read_to_string(&self.path).is_ok_and(|text| self.after.starts_with(&text)) => {
                fs::remove_file(&self.path)
            }
            None => Ok(()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_cannot_be_made_undoes_the_others() {
        let root = tempfile::tempdir().unwrap();
        let edited = root.path().join("edited");
        let blocked = root.path().join("blocked");
        fs::write(&edited, "before").unwrap();
        fs::write(&blocked, "somebody's").unwrap();
        let mut changes = Changes::default();
        changes.create(root.path().join("new/deep/file"), "text".to_owned());
        changes.edit(edited.clone(), "before".to_owned(), "after".to_owned());
        changes.create(blocked.clone(), "mine".to_owned());

        let fault = changes.apply().unwrap_err().to_string();
        assert!(fault.contains("blocked") && fault.contains("nothing is changed"), "{fault}");
        assert!(!root.path().join("new").exists());
        assert_eq!(read(&edited).unwrap(), "before");
        assert_eq!(read(&blocked).unwrap(), "somebody's");
    }

    #[test]
    fn all_changes_are_made() {
        let root = tempfile::tempdir().unwrap();
        let edited = root.path().join("edited");
        fs::write(&edited, "before").unwrap();
        let mut changes = Changes::default();
        changes.create(root.path().join("new/file"), "text".to_owned());
        changes.edit(edited.clone(), "before".to_owned(), "after".to_owned());
        assert_eq!(changes.text(root.path()), "  create new/file\n  change edited\n");
        changes.apply().unwrap();
        assert_eq!(read(&root.path().join("new/file")).unwrap(), "text");
        assert_eq!(read(&edited).unwrap(), "after");
    }
}
