//! A commit made of edits to files, one after the other, as a forge's API takes them.

use std::path::Path;

use git2::{FileMode, Oid, build::TreeUpdateBuilder};

use super::{Git, Saying};

/// What becomes of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    Write { content: Vec<u8>, executable: bool },
    Remove,
}

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEntry {
    File { content: Vec<u8>, executable: bool },
    Directory,
}

impl Git {
    pub fn file_entry(&self, commit: &str, path: &str) -> Option<FileEntry> {
        let entry = self.tree(commit).ok()?.get_path(Path::new(path)).ok()?;
        let executable = entry.filemode() == i32::from(FileMode::BlobExecutable);
        Some(match self.repo.find_blob(entry.id()) {
            Ok(blob) => FileEntry::File { content: blob.content().to_owned(), executable },
            Err(_) => FileEntry::Directory,
        })
    }

    /// Makes a commit of these edits on its one parent; no reference points to it yet.
    pub fn write_edits<'a>(
        &self,
        parent: &str,
        edits: impl IntoIterator<Item = (&'a String, &'a Edit)>,
        saying: &Saying,
    ) -> anyhow::Result<String> {
        let mut update = TreeUpdateBuilder::new();
        for (path, edit) in edits {
            match edit {
                Edit::Write { content, executable } => {
                    let mode = if *executable { FileMode::BlobExecutable } else { FileMode::Blob };
                    update.upsert(path.as_str(), self.repo.blob(content)?, mode);
                }
                Edit::Remove => {
                    update.remove(path.as_str());
                }
            }
        }
        let tree: Oid = update.create_updated(&self.repo, &self.tree(parent)?)?;
        self.write_commit_of_tree(&[parent], tree, saying)
    }

    /// The last commit up to `commit` that changed the file.
    pub fn last_change_of(&self, commit: &str, path: &str) -> anyhow::Result<String> {
        for earlier in self.log(commit, None)? {
            if self.changes_of(&earlier.sha)?.iter().any(|change| change.path == path) {
                return Ok(earlier.sha);
            }
        }
        Ok(commit.to_owned())
    }
}
