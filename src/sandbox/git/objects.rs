//! Blobs, trees and commits made piece by piece, as the forges' APIs on git data make them. No reference points to
//! what these make.

use std::path::Path;

use git2::{FileMode, ObjectType, TreeEntry, build::TreeUpdateBuilder};

use super::{Git, Saying};

/// One file of a tree to be made.
#[derive(Clone, Debug)]
pub struct Placed {
    pub path: String,
    pub what: Option<Blob>,
}

/// What a tree has at a path.
#[derive(Clone, Debug)]
pub struct Blob {
    pub sha: String,
    pub executable: bool,
}

/// One line of a tree.
#[derive(Clone, Debug)]
pub struct Entry {
    pub path: String,
    /// Six octal digits: `100644`.
    pub mode: String,
    /// `blob`, `tree` or `commit`.
    pub kind: &'static str,
    pub sha: String,
    /// Of a blob alone.
    pub size: Option<usize>,
}

impl Git {
    pub fn blob(&self, sha: &str) -> Option<Vec<u8>> {
        Some(self.repo.find_blob(sha.parse().ok()?).ok()?.content().to_owned())
    }

    pub fn write_blob(&self, content: &[u8]) -> anyhow::Result<String> {
        Ok(self.repo.blob(content)?.to_string())
    }

    /// Makes a tree of another one (or of nothing) with these files placed in it, or taken out.
    pub fn write_tree(&self, base: Option<&str>, files: &[Placed]) -> anyhow::Result<String> {
        let base = match base {
            Some(sha) => self.repo.find_object(sha.parse()?, None)?.peel_to_tree()?,
            None => self.repo.find_tree(self.repo.treebuilder(None)?.write()?)?,
        };
        let mut update = TreeUpdateBuilder::new();
        for file in files {
            match &file.what {
                Some(Blob { sha, executable }) => {
                    let mode = if *executable { FileMode::BlobExecutable } else { FileMode::Blob };
                    update.upsert(file.path.as_str(), self.repo.find_blob(sha.parse()?)?.id(), mode)
                }
                None => update.remove(file.path.as_str()),
            };
        }
        Ok(update.create_updated(&self.repo, &base)?.to_string())
    }

    /// The lines of a tree itself, without those of the trees in it.
    pub fn entries(&self, tree: &str) -> anyhow::Result<Vec<Entry>> {
        let tree = self.repo.find_tree(tree.parse()?)?;
        Ok(tree.iter().map(|entry| self.entry(&entry)).collect())
    }

    fn entry(&self, entry: &TreeEntry) -> Entry {
        Entry {
            path: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
            mode: format!("{:06o}", entry.filemode()),
            kind: entry.kind().map_or("blob", |kind| ObjectType::str(&kind)),
            sha: entry.id().to_string(),
            size: self.repo.find_blob(entry.id()).ok().map(|blob| blob.size()),
        }
    }

    pub fn is_executable(&self, commit: &str, path: &str) -> bool {
        let entry = self.tree(commit).ok().and_then(|tree| tree.get_path(Path::new(path)).ok());
        entry.is_some_and(|entry| entry.filemode() == i32::from(FileMode::BlobExecutable))
    }

    /// Makes a commit of a tree that is there.
    pub fn commit_tree(&self, parents: &[&str], tree: &str, saying: &Saying) -> anyhow::Result<String> {
        self.write_commit_of_tree(parents, tree.parse()?, saying)
    }
}
