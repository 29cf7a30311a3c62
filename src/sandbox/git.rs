//! Git operations on one bare repository, with libgit2.
//!
//! Commits are named by their full sha as a string, revisions by a branch, a tag or a sha.
//! Names of references are full (`refs/heads/main`) unless the function says branch or tag.

mod diff;
mod edit;
mod merge;
mod objects;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use git2::{BranchType, Commit as GitCommit, ErrorCode, FileMode, ObjectType, Oid, Sort, Tree, build::TreeUpdateBuilder};
use jiff::Timestamp;

pub use self::{
    diff::{Change, FileChange},
    edit::{Edit, FileEntry},
    merge::Outcome,
    objects::{Blob, Entry, Placed},
};

/// The id that stands for "no commit" in pushes.
pub const ZERO: &str = "0000000000000000000000000000000000000000";

pub struct Git {
    repo: git2::Repository,
}

/// Who made a commit or a tag, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub email: String,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Commit {
    pub sha: String,
    pub tree: String,
    pub parents: Vec<String>,
    pub message: String,
    pub author: Person,
    pub committer: Person,
}

impl Commit {
    /// The first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or("")
    }
}

#[derive(Clone, Debug)]
pub struct Tag {
    pub name: String,
    /// The tag object of an annotated tag, else the commit.
    pub sha: String,
    /// The commit that it marks.
    pub commit: String,
    pub annotation: Option<Annotation>,
}

#[derive(Clone, Debug)]
pub struct Annotation {
    pub message: String,
    pub tagger: Person,
}

#[derive(Clone, Debug)]
pub struct Reference {
    pub name: String,
    pub sha: String,
    /// True when `sha` is a tag object, not a commit.
    pub annotated: bool,
}

#[derive(Clone, Debug)]
pub struct File {
    pub path: String,
    /// The id of the blob.
    pub sha: String,
    pub content: Vec<u8>,
}

/// What a new commit says beside its files.
#[derive(Clone, Debug)]
pub struct Saying<'a> {
    pub message: &'a str,
    pub author: &'a Person,
    pub committer: &'a Person,
}

impl<'a> Saying<'a> {
    pub fn by(person: &'a Person, message: &'a str) -> Self {
        Self { message, author: person, committer: person }
    }
}

impl Git {
    /// A new bare repository whose default branch is `main`.
    pub fn init(path: &Path) -> anyhow::Result<Self> {
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).mkpath(true).initial_head("main").no_reinit(true);
        Ok(Self { repo: git2::Repository::init_opts(path, &options)? })
    }

    /// A repository with the same references; afterwards each of the two sees the other's objects, as forks on a forge do.
    pub fn fork(&self, path: &Path) -> anyhow::Result<Self> {
        let fork = Self::init(path)?;
        fork.see_objects_of(self)?;
        self.see_objects_of(&fork)?;
        for reference in self.references("refs/")? {
            fork.set_reference(&reference.name, &reference.sha)?;
        }
        Ok(fork)
    }

    fn see_objects_of(&self, other: &Self) -> anyhow::Result<()> {
        let objects = other.path().join("objects");
        let objects = objects.to_str().context("the temporary directory has no UTF-8 name")?;
        Ok(self.repo.odb()?.add_disk_alternate(objects)?)
    }

    pub fn path(&self) -> PathBuf {
        self.repo.path().to_owned()
    }

    /// The commit that a branch, a tag, `heads/x`, `tags/x`, a full reference, `HEAD` or a (shortened) sha means.
    pub fn resolve(&self, revision: &str) -> Option<String> {
        let named = ["refs/heads/", "refs/tags/", "refs/", ""].iter().find_map(|prefix| {
            let reference = self.repo.find_reference(&format!("{prefix}{revision}")).ok()?;
            reference.peel_to_commit().ok()
        });
        let by_sha = || {
            let is_sha = (7..=40).contains(&revision.len()) && revision.bytes().all(|b| b.is_ascii_hexdigit());
            let object = is_sha.then(|| self.repo.revparse_single(revision).ok()).flatten()?;
            object.peel_to_commit().ok()
        };
        named.or_else(by_sha).map(|commit| commit.id().to_string())
    }

    /// The tip of a branch.
    pub fn branch(&self, name: &str) -> Option<String> {
        let branch = self.repo.find_branch(name, BranchType::Local).ok()?;
        branch.get().target().map(|oid| oid.to_string())
    }

    /// All branches and their tips, by name.
    pub fn branches(&self) -> anyhow::Result<Vec<(String, String)>> {
        let branches = self.references("refs/heads/")?.into_iter();
        Ok(branches.map(|r| (r.name.trim_start_matches("refs/heads/").to_owned(), r.sha)).collect())
    }

    /// The references whose full name starts so, by name.
    pub fn references(&self, prefix: &str) -> anyhow::Result<Vec<Reference>> {
        let mut found = Vec::new();
        for reference in self.repo.references()? {
            let reference = reference?;
            let (name, Some(oid)) = (reference.name()?.to_owned(), reference.target()) else { continue };
            if name.starts_with(prefix) {
                found.push(self.describe(name, oid));
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    pub fn reference(&self, name: &str) -> Option<Reference> {
        let oid = self.repo.find_reference(name).ok()?.target()?;
        Some(self.describe(name.to_owned(), oid))
    }

    fn describe(&self, name: String, oid: Oid) -> Reference {
        Reference { name, sha: oid.to_string(), annotated: self.repo.find_tag(oid).is_ok() }
    }

    /// Creates or moves a reference.
    pub fn set_reference(&self, name: &str, sha: &str) -> anyhow::Result<()> {
        self.repo.reference(name, sha.parse()?, true, "sandbox")?;
        Ok(())
    }

    pub fn delete_reference(&self, name: &str) -> anyhow::Result<()> {
        Ok(self.repo.find_reference(name)?.delete()?)
    }

    /// All tags, by name.
    pub fn tags(&self) -> anyhow::Result<Vec<Tag>> {
        let tags = self.references("refs/tags/")?;
        Ok(tags.iter().filter_map(|r| self.tag(r.name.trim_start_matches("refs/tags/"))).collect())
    }

    pub fn tag(&self, name: &str) -> Option<Tag> {
        let reference = self.reference(&format!("refs/tags/{name}"))?;
        let commit = self.resolve(&reference.name)?;
        let annotation = self.tag_object(&reference.sha).map(|(_, annotation)| annotation);
        Some(Tag { name: name.to_owned(), sha: reference.sha, commit, annotation })
    }

    /// The name of a tag object and what it says.
    pub fn tag_object(&self, sha: &str) -> Option<(String, Annotation)> {
        let tag = self.repo.find_tag(sha.parse().ok()?).ok()?;
        let message = tag.message().ok().flatten().unwrap_or_default().to_owned();
        let tagger = person(&tag.tagger()?);
        Some((tag.name().ok()?.to_owned(), Annotation { message, tagger }))
    }

    /// Makes the object of an annotated tag; no reference points to it yet.
    pub fn write_tag_object(&self, name: &str, commit: &str, saying: &Annotation) -> anyhow::Result<String> {
        let target = self.repo.find_object(commit.parse()?, Some(ObjectType::Commit))?;
        let oid = self.repo.tag_annotation_create(name, &target, &signature(&saying.tagger)?, &saying.message)?;
        Ok(oid.to_string())
    }

    /// Makes a commit that changes these files on its first parent; no reference points to it yet.
    pub fn write_commit(&self, parents: &[&str], files: &[(&str, &str)], saying: &Saying) -> anyhow::Result<String> {
        let base = match parents.first() {
            Some(parent) => self.find(parent)?.tree()?,
            None => self.repo.find_tree(self.repo.treebuilder(None)?.write()?)?,
        };
        let mut update = TreeUpdateBuilder::new();
        for (path, content) in files {
            update.upsert(*path, self.repo.blob(content.as_bytes())?, FileMode::Blob);
        }
        let tree = update.create_updated(&self.repo, &base)?;
        self.write_commit_of_tree(parents, tree, saying)
    }

    fn write_commit_of_tree(&self, parents: &[&str], tree: Oid, saying: &Saying) -> anyhow::Result<String> {
        let parents = parents.iter().map(|sha| self.find(sha)).collect::<anyhow::Result<Vec<_>>>()?;
        let (author, committer) = (signature(saying.author)?, signature(saying.committer)?);
        let tree = self.repo.find_tree(tree)?;
        let parents: Vec<_> = parents.iter().collect();
        let oid = self.repo.commit(None, &author, &committer, saying.message, &tree, &parents)?;
        Ok(oid.to_string())
    }

    pub fn commit(&self, sha: &str) -> anyhow::Result<Commit> {
        Ok(described(&self.find(sha)?))
    }

    fn find(&self, sha: &str) -> anyhow::Result<GitCommit<'_>> {
        self.repo.find_commit(sha.parse()?).with_context(|| format!("no commit {sha}"))
    }

    /// The commits reachable from `from` and not from `hidden`, newest first.
    pub fn log(&self, from: &str, hidden: Option<&str>) -> anyhow::Result<Vec<Commit>> {
        self.log_without(from, hidden.as_slice())
    }

    /// The same, not reachable from any of several.
    pub fn log_without(&self, from: &str, hidden: &[impl AsRef<str>]) -> anyhow::Result<Vec<Commit>> {
        let mut walk = self.repo.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
        walk.push(from.parse()?)?;
        for hidden in hidden {
            walk.hide(hidden.as_ref().parse()?)?;
        }
        walk.map(|oid| Ok(described(&self.repo.find_commit(oid?)?))).collect()
    }

    /// The best common ancestor.
    pub fn merge_base(&self, one: &str, two: &str) -> anyhow::Result<Option<String>> {
        match self.repo.merge_base(one.parse()?, two.parse()?) {
            Ok(oid) => Ok(Some(oid.to_string())),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// True when `commit` is `of` or one of its ancestors.
    pub fn is_ancestor(&self, commit: &str, of: &str) -> anyhow::Result<bool> {
        Ok(self.merge_base(commit, of)?.as_deref() == Some(commit))
    }

    /// The branches that hold a commit.
    pub fn branches_with(&self, commit: &str) -> anyhow::Result<Vec<String>> {
        let mut holding = Vec::new();
        for (name, tip) in self.branches()? {
            if self.is_ancestor(commit, &tip)? {
                holding.push(name);
            }
        }
        Ok(holding)
    }

    fn tree(&self, sha: &str) -> anyhow::Result<Tree<'_>> {
        Ok(self.find(sha)?.tree()?)
    }

    /// A file as it is in a commit.
    pub fn file(&self, commit: &str, path: &str) -> Option<File> {
        let entry = self.tree(commit).ok()?.get_path(Path::new(path)).ok()?;
        let blob = self.repo.find_blob(entry.id()).ok()?;
        Some(File { path: path.to_owned(), sha: blob.id().to_string(), content: blob.content().to_owned() })
    }
}

fn described(commit: &GitCommit) -> Commit {
    Commit {
        sha: commit.id().to_string(),
        tree: commit.tree_id().to_string(),
        parents: commit.parent_ids().map(|oid| oid.to_string()).collect(),
        message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
        author: person(&commit.author()),
        committer: person(&commit.committer()),
    }
}

fn person(signature: &git2::Signature) -> Person {
    Person {
        name: String::from_utf8_lossy(signature.name_bytes()).into_owned(),
        email: String::from_utf8_lossy(signature.email_bytes()).into_owned(),
        at: Timestamp::from_second(signature.when().seconds()).unwrap_or_default(),
    }
}

fn signature(person: &Person) -> anyhow::Result<git2::Signature<'static>> {
    Ok(git2::Signature::new(&person.name, &person.email, &git2::Time::new(person.at.as_second(), 0))?)
}
