//! The change requests that a branch has taken, newest first, by its first parents: merges of two parents, and squashes.

use git2::{DiffFindOptions, Oid, Patch, Repository, Sort};

use super::super::Progress;
use super::super::clone::{LocalClone, sha};
use super::super::error::Result;
use super::said::{self, Said};
use crate::domain::facts::{Commit, FileChange, Listed};
use crate::domain::names::{BranchName, Moment};

/// A change request that was merged.
pub struct Merge {
    /// The commit on the branch.
    pub id: Oid,
    pub at: Moment,
    pub message: String,
    pub said: Said,
    /// The last commit of its branch, and the base as it was before; `None` for a squash, which has forgotten its branch.
    pub joined: Option<Joined>,
}

#[derive(Debug, Clone, Copy)]
pub struct Joined {
    pub head: Oid,
    pub base: Oid,
}

/// What was found on the way.
pub struct Walked {
    pub merges: Vec<Merge>,
    /// How many other commits were passed.
    pub others: usize,
}

/// Walks back until there are so many merges.
pub fn walk(clone: &LocalClone, (branch, tip): (&BranchName, Oid), most: usize, progress: Progress) -> Result<Walked> {
    let mut walked = Walked { merges: Vec::new(), others: 0 };
    let mut next = Some(tip);
    while let Some(id) = next.filter(|_| walked.merges.len() < most) {
        let commit = clone.repository.find_commit(id)?;
        let parents: Vec<_> = commit.parent_ids().collect();
        next = parents.first().copied();
        let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
        match read(&message, &parents, branch) {
            Some((said, joined)) => walked.merges.push(Merge { id, at: Moment(commit.time().seconds()), message, said, joined }),
            None => walked.others += 1,
        }
        progress(walked.merges.len() + walked.others);
    }
    Ok(walked)
}

fn read(message: &str, parents: &[Oid], branch: &BranchName) -> Option<(Said, Option<Joined>)> {
    match *parents {
        [_] => Some((said::by_squash(message)?, None)),
        [base, head] => {
            let said = said::by_merge(message);
            is_of(&said, branch).then_some((said, Some(Joined { head, base })))
        }
        _ => None,
    }
}

/// Whether a change request was merged. `git pull` merges a branch with itself, and somebody who keeps a branch of their own up to date
/// merges into that; neither has a number.
fn is_of(said: &Said, branch: &BranchName) -> bool {
    let pulled = said.head.as_ref().is_some_and(|head| head.branch == branch.as_str());
    let elsewhere = said.base.as_ref().is_some_and(|base| base != branch.as_str());
    said.label.is_some() || !(pulled || elsewhere)
}

/// The commits that came with it, oldest first.
pub fn commits(repository: &Repository, joined: Joined) -> Result<Listed<Commit>> {
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
    walk.push(joined.head)?;
    walk.hide(joined.base)?;
    let commit = |id: std::result::Result<Oid, git2::Error>| {
        let commit = repository.find_commit(id?)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let author = commit.author();
        let (author_name, author_email) = (text(author.name_bytes()), text(author.email_bytes()));
        let message = text(commit.message_bytes());
        Ok(Commit { sha: sha(commit.id()), message, parents: commit.parent_count(), author_name, author_email })
    };
    Ok(Listed { items: walk.map(commit).collect::<Result<_>>()?, cut: false })
}

/// The files that it changed on the branch, with renames found as forges find them.
pub fn files(repository: &Repository, merge: Oid) -> Result<Listed<FileChange>> {
    let commit = repository.find_commit(merge)?;
    let (before, after) = (commit.parent(0)?.tree()?, commit.tree()?);
    let mut diff = repository.diff_tree_to_tree(Some(&before), Some(&after), None)?;
    diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
    let path = |file: git2::DiffFile| file.path().map(|path| path.to_string_lossy().into_owned());
    let mut items = Vec::new();
    for (at, delta) in diff.deltas().enumerate() {
        // A binary file has no lines.
        let lines = Patch::from_diff(&diff, at)?.map(|patch| patch.line_stats()).transpose()?;
        let (_, added, removed) = lines.unwrap_or_default();
        let Some(now) = path(delta.new_file()) else { continue };
        let previous = path(delta.old_file()).filter(|previous| *previous != now);
        items.push(FileChange { path: now, previous, added: added as u64, removed: removed as u64 });
    }
    Ok(Listed { items, cut: false })
}
