//! A clone on this machine, read with libgit2: commits, paths, files at a revision. Knows nothing of versions.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use git2::{ErrorClass, ErrorCode, ObjectType, Oid, Repository, Revwalk};

use super::error::{Error, Result};
use crate::domain::history::{Author, Commit};
use crate::domain::names::{BranchName, Moment, RepoPath, Sha};

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

    /// The commit that a branch is at, here or else at origin; without a name, the branch that `HEAD` is on.
    pub(super) fn tip(&self, branch: Option<&str>) -> Result<(BranchName, Oid)> {
        let Some(name) = branch else {
            let head = self.resolve(None)?;
            let name = self.branch(None).and_then(|name| BranchName::parse(&name).ok());
            return Ok((name.ok_or_else(|| Error::Detached { path: self.path.display().to_string() })?, head));
        };
        let unknown = || Error::UnknownBranch { branch: name.to_owned() };
        let places = ["refs/heads/", "refs/remotes/origin/"].map(|place| format!("{place}{name}"));
        let tip = places.iter().find_map(|place| self.repository.find_reference(place).ok()?.peel_to_commit().ok());
        Ok((BranchName::parse(name).map_err(|_| unknown())?, tip.ok_or_else(unknown)?.id()))
    }

    /// Where the repository lives on its forge, by the address that the clone comes from; a fork's clone has it as `upstream`.
    pub(super) fn home(&self) -> Option<RepoPath> {
        let remote = ["upstream", "origin"].iter().find_map(|name| self.repository.find_remote(name).ok())?;
        home(remote.url().ok()?)
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

/// `https://HOST/PATH.git`, `ssh://git@HOST/PATH`, or `git@HOST:PATH`; a path on this machine is no forge's.
fn home(address: &str) -> Option<RepoPath> {
    let path = match address.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?.1,
        None => address.split_once(':').filter(|(host, _)| !host.contains('/') && host.len() > 1)?.1,
    };
    let path = path.trim_matches('/');
    RepoPath::parse(path.strip_suffix(".git").unwrap_or(path)).ok()
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

#[cfg(test)]
mod tests {
    use super::home;

    #[test]
    fn an_address_says_where_the_repository_lives() {
        for address in ["https://x.org/acme/app.git", "ssh://git@x.org:22/acme/app/", "git@x.org:acme/app.git"] {
            assert_eq!(home(address).map(|path| path.to_string()).as_deref(), Some("acme/app"), "{address}");
        }
        for address in ["/srv/acme/app", "file:///srv/acme/app", "../acme/app", "C:/acme/app"] {
            assert_eq!(home(address), None, "{address}");
        }
    }
}
