//! What is to be said, as data: the facts that a template puts in words. It knows neither templates nor where the words will stand.

use crate::domain::config::{Problem, Source};
use crate::domain::names::{BranchName, Sha, TagName, UserName};
use crate::domain::release::{ChangelogFile, Part, Preview, RequestBody, Status};
use crate::domain::rules::Verdict;

/// Something to say, before it is put in words: one template each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    Policy(PolicyReport),
    /// A check that waits for the forge.
    NotYet,
    BrokenConfig(Problem),
    ReleaseNotes(Box<ReleaseNotes>),
    ReleaseRefused {
        tag: TagName,
        problem: Problem,
    },
    ReleaseRepaired {
        tag: TagName,
    },
    ReleasedIn {
        tag: TagName,
    },
    /// Why a line has no release, by component.
    NoRelease(Vec<(Option<String>, String)>),
    /// Something that cannot be done, in a sentence.
    Problem(String),
    /// The description of a release change request.
    RequestBody(Box<RequestBody>),
    /// The description of one that has nothing to release any more.
    Withdrawn {
        current: String,
    },
    /// Somebody pushed to the branch of a release change request.
    Held {
        branch: BranchName,
        tip: Sha,
    },
    ChangelogFile(Box<ChangelogFile>),
    /// A text as it is.
    Text(String),
    Preview(Box<Preview>),
    /// The answers to the commands of one comment, in their order.
    Reply(Vec<Answer>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReport {
    pub head: Sha,
    pub source: Source,
    pub verdicts: Vec<Verdict>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseNotes {
    pub since: Since,
    pub part: Part,
    /// The text of the repository's own template, if it has one.
    pub template: Option<String>,
    /// The notes as people have left them in the release change request, in Markdown.
    pub worded: Option<String>,
    /// Those who had nothing merged here before.
    pub newcomers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    Tag,
    TheStart,
    /// No earlier version within this many commits.
    TooFar(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Help {
        me: UserName,
        configured: Configured,
    },
    Rechecked {
        head: Sha,
        broken: usize,
    },
    Status(Box<Status>),
    /// The version that the next release gets; `None`: there is nothing to release.
    ReleaseAs {
        component: Option<String>,
        version: Option<String>,
    },
    /// The change request is told in other words.
    Noted,
    /// The command cannot be carried out: why, and what to do instead.
    Refused {
        verb: String,
        why: String,
        remedy: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configured {
    Yes,
    /// There is no file yet: a starter is offered.
    No,
}
