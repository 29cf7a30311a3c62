//! What changed between two commits, file by file.

use std::path::Path;

use git2::{DiffFindOptions, Patch};

use super::{Commit, Git};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Added,
    Modified,
    Removed,
    Renamed,
}

#[derive(Clone, Debug)]
pub struct FileChange {
    pub change: Change,
    pub path: String,
    /// The path before; the same unless renamed.
    pub old_path: String,
    /// The id of the new blob, or of the old one when removed.
    pub sha: String,
    pub additions: usize,
    pub deletions: usize,
    /// The hunks, from the first `@@` on; empty for a binary file.
    pub patch: String,
}

impl Git {
    /// What changed from one commit (or nothing) to another, by path.
    pub fn diff(&self, from: Option<&str>, to: &str) -> anyhow::Result<Vec<FileChange>> {
        let old = from.map(|sha| self.tree(sha)).transpose()?;
        let mut diff = self.repo.diff_tree_to_tree(old.as_ref(), Some(&self.tree(to)?), None)?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        (0..diff.deltas().len()).filter_map(|index| file_change(&diff, index).transpose()).collect()
    }

    /// True when a file or folder is another one in a commit than in each of its parents.
    pub fn touches(&self, commit: &Commit, path: &str) -> anyhow::Result<bool> {
        let entry = |sha: &str| Ok::<_, anyhow::Error>(self.tree(sha)?.get_path(Path::new(path)).ok().map(|entry| entry.id()));
        let own = entry(&commit.sha)?;
        let before = commit.parents.iter().map(|parent| entry(parent)).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(if before.is_empty() { own.is_some() } else { before.iter().all(|before| *before != own) })
    }

    /// What a commit changed against its first parent.
    pub fn changes_of(&self, sha: &str) -> anyhow::Result<Vec<FileChange>> {
        let parents = self.commit(sha)?.parents;
        self.diff(parents.first().map(String::as_str), sha)
    }
}

fn file_change(diff: &git2::Diff, index: usize) -> anyhow::Result<Option<FileChange>> {
    let Some(delta) = diff.get_delta(index) else { return Ok(None) };
    let change = match delta.status() {
        git2::Delta::Added => Change::Added,
        git2::Delta::Deleted => Change::Removed,
        git2::Delta::Renamed => Change::Renamed,
        _ => Change::Modified,
    };
    let path_of = |file: git2::DiffFile| file.path().map(|path| path.to_string_lossy().into_owned());
    let (old, new) = (path_of(delta.old_file()), path_of(delta.new_file()));
    let sha = if change == Change::Removed { delta.old_file().id() } else { delta.new_file().id() };
    let (additions, deletions, patch) = match Patch::from_diff(diff, index)? {
        Some(mut patch) => {
            let (_, additions, deletions) = patch.line_stats()?;
            (additions, deletions, hunks(&String::from_utf8_lossy(&patch.to_buf()?)))
        }
        None => (0, 0, String::new()),
    };
    Ok(Some(FileChange {
        change,
        path: new.clone().or_else(|| old.clone()).unwrap_or_default(),
        old_path: old.or(new).unwrap_or_default(),
        sha: sha.to_string(),
        additions,
        deletions,
        patch,
    }))
}

fn hunks(patch: &str) -> String {
    patch.find("@@").and_then(|start| patch.get(start..)).unwrap_or_default().trim_end().to_owned()
}
