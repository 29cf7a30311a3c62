//! What is to be released, and the change request that proposes it.

use std::collections::BTreeSet;

use super::super::facts::{Proposal, ReleaseSeen};
use super::super::names::{BranchName, Sha, TagName};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release<N> {
    pub tag: TagName,
    /// The title people see: the version.
    pub title: String,
    pub stability: Stability,
    pub latest: Latest,
    pub visibility: Visibility,
    /// What was seen of it; it is not looked for again where there was none.
    pub seen: ReleaseSeen,
    /// Where all that is in it can be seen, for notes that are too long for the forge.
    pub everything: Option<String>,
    pub notes: N,
}

/// What a release change request is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propose<N> {
    pub branch: BranchName,
    pub base: BranchName,
    /// The commit of the base that the one commit of the branch is made on.
    pub onto: Sha,
    /// The title, which is the commit's subject as well; it holds no user's text.
    pub title: String,
    /// Component (empty: all) and version of each release in it.
    pub releases: Vec<(String, String)>,
    pub body: N,
    /// The files as they are to be: path and text.
    pub files: Vec<(String, N)>,
    /// Those of them that are there already, at `onto`.
    pub existing: BTreeSet<String>,
    /// The change request as it was seen, open, if there is one.
    pub seen: Option<Proposal>,
}

/// A draft is for maintainers only, until one of them publishes it. GitLab has none, and publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Published,
    Draft,
}

/// Whether people are to take the release for the newest: a maintenance release is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latest {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    Stable,
    Prerelease,
}
