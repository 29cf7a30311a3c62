//! Issues and change requests: one type, since on both forges they are titled conversations with labels and comments,
//! and a change request is one that also proposes commits.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::{
    git::{Commit, FileChange},
    reviewing::{LabelEvent, Review},
    world::{Kind, Repository},
};

/// An issue or a change request.
#[derive(Clone, Debug)]
pub struct Topic {
    pub id: u64,
    /// The number that people see: shared by issues and requests on GitHub, counted apart on GitLab (`iid`).
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    pub author: String,
    pub labels: Vec<String>,
    /// The number of its milestone.
    pub milestone: Option<u64>,
    /// None while open; a merged request is closed as well.
    pub closed_at: Option<Timestamp>,
    pub closed_by: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub comments: Vec<Comment>,
    /// Who set and removed which label, oldest first.
    pub label_events: Vec<LabelEvent>,
    /// Why an issue was closed or opened again, in GitHub's words.
    pub state_reason: Option<String>,
    /// True for an issue that GitHub shows above the others.
    pub pinned: bool,
    /// What a change request proposes; None for an issue.
    pub change: Option<Change>,
}

impl Topic {
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    pub fn key(&self) -> TopicKey {
        if self.change.is_some() { TopicKey::Request(self.number) } else { TopicKey::Issue(self.number) }
    }

    pub fn merged(&self) -> Option<&Merged> {
        self.change.as_ref().and_then(|change| change.merged.as_ref())
    }

    /// "open", "closed" or "merged".
    pub fn state(&self) -> &'static str {
        match (self.is_open(), self.merged()) {
            (true, _) => "open",
            (false, Some(_)) => "merged",
            (false, None) => "closed",
        }
    }
}

/// What a change request proposes.
#[derive(Clone, Debug)]
pub struct Change {
    /// The repository of the head branch: a fork, or the one that the request is in.
    pub source: u64,
    pub head: String,
    pub head_sha: String,
    pub base: String,
    /// Where the base was when the request was opened, last pushed to or retargeted.
    pub base_sha: String,
    pub draft: bool,
    /// What its author asked for (GitLab): one commit, and no head branch, after the merge.
    pub squash: bool,
    pub remove_source: bool,
    /// Oldest first.
    pub reviews: Vec<Review>,
    pub merged: Option<Merged>,
}

#[derive(Clone, Debug)]
pub struct Merged {
    pub by: String,
    pub at: Timestamp,
    /// The tip of the base right before.
    pub onto: String,
    /// The tip of the base right after: the merge commit, or the last commit that was put there.
    pub sha: String,
    /// The commit that a squash made on GitLab, where it need not be the tip.
    pub squash: Option<String>,
    pub method: Merge,
}

/// How a change request is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    MergeCommit,
    Squash,
    Rebase,
}

#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    pub author: String,
    pub body: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Who edited it last.
    pub editor: Option<String>,
    pub reactions: Vec<Reaction>,
}

/// An emoji on a comment, under the forge's own name for it.
#[derive(Clone, Debug)]
pub struct Reaction {
    pub id: u64,
    pub user: String,
    pub name: String,
    pub created_at: Timestamp,
}

/// Names an issue or a change request within its repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicKey {
    Request(u64),
    Issue(u64),
}

impl TopicKey {
    pub fn number(self) -> u64 {
        match self {
            Self::Request(number) | Self::Issue(number) => number,
        }
    }
}

impl Repository {
    pub fn topic(&self, key: TopicKey) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.key() == key)
    }

    pub fn topic_mut(&mut self, key: TopicKey) -> anyhow::Result<&mut Topic> {
        let missing = || anyhow::anyhow!("{key:?} does not exist");
        self.topics.iter_mut().find(|topic| topic.key() == key).ok_or_else(missing)
    }

    /// A change request and what it proposes.
    pub fn request(&self, number: u64) -> Option<(&Topic, &Change)> {
        let topic = self.topic(TopicKey::Request(number))?;
        topic.change.as_ref().map(|change| (topic, change))
    }

    /// All change requests, oldest first.
    pub fn requests(&self) -> impl Iterator<Item = (&Topic, &Change)> {
        self.topics.iter().filter_map(|topic| topic.change.as_ref().map(|change| (topic, change)))
    }

    /// A comment by its id, and what it is on.
    pub fn comment(&self, id: u64) -> Option<(&Topic, &Comment)> {
        self.topics.iter().find_map(|topic| topic.comments.iter().find(|comment| comment.id == id).map(|comment| (topic, comment)))
    }

    pub fn comment_mut(&mut self, id: u64) -> anyhow::Result<&mut Comment> {
        let mut comments = self.topics.iter_mut().flat_map(|topic| &mut topic.comments);
        comments.find(|comment| comment.id == id).ok_or_else(|| anyhow::anyhow!("no comment {id}"))
    }

    /// The number that the next issue or change request gets.
    pub fn next_number(&self, key: fn(u64) -> TopicKey) -> u64 {
        let counted = |topic: &&Topic| self.kind == Kind::GitHub || topic.key() == key(topic.number);
        self.topics.iter().filter(counted).map(|topic| topic.number).max().unwrap_or(0) + 1
    }

    /// The commits that a request proposes, oldest first.
    pub fn commits_of(&self, change: &Change) -> anyhow::Result<Vec<Commit>> {
        let mut commits = self.git.log(&change.head_sha, Some(&change.base_sha))?;
        commits.reverse();
        Ok(commits)
    }

    /// What a request changes, by path.
    pub fn files_of(&self, change: &Change) -> anyhow::Result<Vec<FileChange>> {
        let base = self.git.merge_base(&change.base_sha, &change.head_sha)?;
        self.git.diff(base.as_deref(), &change.head_sha)
    }

    /// The requests, merged or open, that brought or bring a commit.
    pub fn requests_with(&self, sha: &str) -> anyhow::Result<Vec<&Topic>> {
        Ok(self.requests_by_commit()?.remove(sha).unwrap_or_default())
    }

    /// For each commit, the requests that brought or bring it. This is one look, at which an association may still be missing.
    pub fn requests_by_commit(&self) -> anyhow::Result<HashMap<String, Vec<&Topic>>> {
        let mut found: HashMap<String, Vec<&Topic>> = HashMap::new();
        for (topic, change) in self.requests().filter(|(topic, _)| topic.state() != "closed") {
            let mut brought = self.git.log(&change.head_sha, Some(&change.base_sha))?;
            if let Some(merged) = change.merged.as_ref().filter(|_| !self.association.is_too_early(topic.number)) {
                brought.extend(self.git.log(&merged.sha, Some(&merged.onto))?);
            }
            let shas: BTreeSet<String> = brought.into_iter().map(|commit| commit.sha).collect();
            for sha in shas {
                found.entry(sha).or_default().push(topic);
            }
        }
        Ok(found)
    }
}
