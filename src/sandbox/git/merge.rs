//! Merging, squashing and replaying commits. What they make has no reference to it yet.

use anyhow::bail;
use git2::Index;

use super::{Git, Person, Saying};

/// What merging or replaying commits gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Commit(String),
    /// The paths in conflict.
    Conflict(Vec<String>),
}

impl Outcome {
    /// The commit, for somebody who cannot go on without one.
    pub fn clean(self) -> anyhow::Result<String> {
        match self {
            Self::Commit(sha) => Ok(sha),
            Self::Conflict(paths) => bail!("merging conflicts in {}", paths.join(", ")),
        }
    }
}

impl Git {
    /// Merges `theirs` into `ours` with a merge commit; no reference points to it yet.
    pub fn merge(&self, ours: &str, theirs: &str, saying: &Saying) -> anyhow::Result<Outcome> {
        let index = self.repo.merge_commits(&self.find(ours)?, &self.find(theirs)?, None)?;
        self.write_index(index, &[ours, theirs], saying)
    }

    /// Puts all that `theirs` changes on `ours` as one commit.
    pub fn squash(&self, ours: &str, theirs: &str, saying: &Saying) -> anyhow::Result<Outcome> {
        let index = self.repo.merge_commits(&self.find(ours)?, &self.find(theirs)?, None)?;
        self.write_index(index, &[ours], saying)
    }

    /// Puts one commit on another as it is, with a new committer.
    pub fn cherry_pick(&self, onto: &str, commit: &str, committer: &Person) -> anyhow::Result<Outcome> {
        let picked = self.commit(commit)?;
        let saying = Saying { message: &picked.message, author: &picked.author, committer };
        self.pick(onto, commit, &saying)
    }

    /// Puts on `onto` what a commit changed: for a merge commit, all that it brought to its first parent.
    pub fn pick(&self, onto: &str, commit: &str, saying: &Saying) -> anyhow::Result<Outcome> {
        let mainline = u32::from(self.find(commit)?.parent_count() > 1);
        let index = self.repo.cherrypick_commit(&self.find(commit)?, &self.find(onto)?, mainline, None)?;
        self.write_index(index, &[onto], saying)
    }

    /// Takes back on `onto` what a commit changed: for a merge commit, all that it brought to its first parent.
    pub fn revert(&self, onto: &str, commit: &str, saying: &Saying) -> anyhow::Result<Outcome> {
        let mainline = u32::from(self.find(commit)?.parent_count() > 1);
        let index = self.repo.revert_commit(&self.find(commit)?, &self.find(onto)?, mainline, None)?;
        self.write_index(index, &[onto], saying)
    }

    fn write_index(&self, mut index: Index, parents: &[&str], saying: &Saying) -> anyhow::Result<Outcome> {
        if index.has_conflicts() {
            return Ok(Outcome::Conflict(conflicts(&index)?));
        }
        let tree = index.write_tree_to(&self.repo)?;
        self.write_commit_of_tree(parents, tree, saying).map(Outcome::Commit)
    }

    /// True when merging the two gives no conflict.
    pub fn merges_cleanly(&self, ours: &str, theirs: &str) -> anyhow::Result<bool> {
        Ok(!self.repo.merge_commits(&self.find(ours)?, &self.find(theirs)?, None)?.has_conflicts())
    }
}

fn conflicts(index: &Index) -> anyhow::Result<Vec<String>> {
    let mut paths = Vec::new();
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        let side = conflict.our.or(conflict.their).or(conflict.ancestor);
        paths.extend(side.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()));
    }
    Ok(paths)
}
