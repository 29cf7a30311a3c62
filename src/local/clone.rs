//! A clone on this machine, read with libgit2: commits, paths, files at a revision. Knows nothing of versions.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use git2::{ErrorClass, ErrorCode, ObjectType, Oid, Repository, Revwalk};

use super::error::{Error, Result};
use crate::domain::history::{Author, Commit};
use crate::domain::names::{Moment, Sha};

pub struct LocalClone {
    pub(super) repository: Repository,
    path: PathBuf,
    /// The commits at which a shallow clone ends: they have parents that are not here.
    cut: HashSet<Oid>,
}

impl LocalClone {
    /// Opens the clone at a path or above it: bare, with a work tree, or a linked work tree.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        // git does not verify what it reads either; this halves the cost of reading a history.
        git2::opts::strict_hash_verification(false);
        let shown = || path.display().to_string();
        let repository = Repository::discover(path).map_err(|error| match (error.code(), error.class()) {
            (ErrorCode::NotFound, _) => Error::NoRepository { path: shown() },
            (ErrorCode::Owner, _) => Error::Foreign { path: shown() },
            (_, ErrorClass::Repository) if error.message().contains("objectformat") || error.message().contains("object format") => {
                Error::Sha256 { path: shown() }
            }
            _ => Error::Git(error),
        })?;
        let cut = match std::fs::read_to_string(repository.commondir().join("shallow")) {
            Ok(lines) => lines.lines().filter_map(|line| Oid::from_str(line.trim()).ok()).collect(),
            Err(_) => HashSet::new(),
        };
        Ok(Self { repository, path: path.to_owned(), cut })
    }

    pub fn is_shallow(&self) -> bool {
        !self.cut.is_empty()
    }

    /// The commit that a revision stands for; without one, `HEAD`'s.
    pub(super) fn resolve(&self, revision: Option<&str>) -> Result<Oid> {
        let path = || self.path.display().to_string();
        let revision = match revision {
            Some(revision) => revision,
            None if self.repository.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch) => {
                return Err(Error::Unborn { path: path() });
            }
            None => "HEAD",
        };
        let commit = self.repository.revparse_single(revision).and_then(|object| object.peel_to_commit());
        Ok(commit.map_err(|_| Error::UnknownRevision { revision: revision.to_owned(), path: path() })?.id())
    }

    /// The branch that a revision names; without a revision, the one that `HEAD` is on.
    pub(super) fn branch(&self, revision: Option<&str>) -> Option<String> {
        match revision {
            Some(name) => self.repository.find_branch(name, git2::BranchType::Local).ok().map(|_| name.to_owned()),
            None => self.symbolic("HEAD", "refs/heads/"),
        }
    }

    /// The default branch of where the clone comes from, or of itself if it is bare.
    pub(super) fn default_branch(&self) -> Option<String> {
        let own = || self.repository.is_bare().then(|| self.symbolic("HEAD", "refs/heads/")).flatten();
        self.symbolic("refs/remotes/origin/HEAD", "refs/remotes/origin/").or_else(own)
    }

    fn symbolic(&self, reference: &str, prefix: &str) -> Option<String> {
        let reference = self.repository.find_reference(reference).ok()?;
        Some(reference.symbolic_target().ok()??.strip_prefix(prefix)?.to_owned())
    }

    /// A file's text as it is at a commit.
    pub(super) fn file(&self, at: Oid, path: &str) -> Result<Option<String>> {
        let tree = self.repository.find_commit(at)?.tree()?;
        let Ok(entry) = tree.get_path(Path::new(path)) else { return Ok(None) };
        let object = entry.to_object(&self.repository)?;
        Ok(object.as_blob().map(|blob| String::from_utf8_lossy(blob.content()).into_owned()))
    }

    /// Everything that is reachable from these commits, newest first. Any sorting that libgit2 is asked for would read all of it
    /// before it gives the first; its own order is git's, by date.
    pub(super) fn walk(&self, heads: impl IntoIterator<Item = Oid>) -> Result<Revwalk<'_>> {
        let mut walk = self.repository.revwalk()?;
        heads.into_iter().try_for_each(|head| walk.push(head))?;
        Ok(walk)
    }

    pub(super) fn commit(&self, id: Oid) -> Result<Commit> {
        let commit = self.repository.find_commit(id)?;
        let parents =
            if self.cut.contains(&id) { named_parents(commit.raw_header_bytes()) } else { commit.parent_ids().map(sha).collect() };
        Ok(Commit {
            sha: sha(id),
            parents,
            message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
            at: Moment(commit.time().seconds()),
            author: Author { name: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(), login: None },
            files: None,
        })
    }

    /// The paths that a commit touches, against its first parent.
    pub(super) fn paths(&self, id: Oid) -> Result<Vec<String>> {
        let commit = self.repository.find_commit(id)?;
        let before = commit.parent(0).ok().map(|parent| parent.tree()).transpose()?;
        let diff = self.repository.diff_tree_to_tree(before.as_ref(), Some(&commit.tree()?), None)?;
        let path = |delta: git2::DiffDelta| delta.new_file().path().map(|path| path.to_string_lossy().into_owned());
        Ok(diff.deltas().filter_map(path).collect())
    }

    /// The commit that an annotated tag stands for; `None` for any other object.
    pub(super) fn annotated(&self, target: Oid) -> Option<Oid> {
        let (_, kind) = self.repository.odb().ok()?.read_header(target).ok()?;
        (kind == ObjectType::Tag).then(|| self.peel(target))?.map(|(commit, _)| commit)
    }

    /// The commit that an object stands for, with its date; `None` where it stands for something else, or is not here.
    pub(super) fn peel(&self, target: Oid) -> Option<(Oid, Moment)> {
        let commit = self.repository.find_object(target, None).ok()?.peel_to_commit().ok()?;
        Some((commit.id(), Moment(commit.time().seconds())))
    }
}

/// libgit2 takes a commit at which a shallow clone ends for a root; its header still has the parents.
fn named_parents(header: &[u8]) -> Vec<Sha> {
    let header = String::from_utf8_lossy(header);
    header.lines().filter_map(|line| Sha::parse(line.strip_prefix("parent ")?).ok()).collect()
}

pub(super) fn sha(id: Oid) -> Sha {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(id.as_bytes());
    Sha::from(bytes)
}
