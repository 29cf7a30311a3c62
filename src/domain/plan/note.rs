//! What is to be said, as data: the facts that a template puts in words. It knows neither templates nor where the words will stand.

use crate::domain::audit::Incident;
use crate::domain::config::{Problem, Source, Who};
use crate::domain::event::IssueChange;
use crate::domain::facts::{CalendarAddress, Override};
use crate::domain::freezing::{Standing, Terms, Told};
use crate::domain::names::{BranchName, Number, Sha, TagName, UserName};
use crate::domain::observed::Row;
use crate::domain::porting;
use crate::domain::protection::{Difference, Lack};
use crate::domain::readiness::Deed;
use crate::domain::readiness::page::{Page, Verdict as Readiness};
use crate::domain::release::{ChangelogFile, Part, Preview, RequestBody, Status};
use crate::domain::rollback;
use crate::domain::rules::Verdict;
use crate::domain::schedule::Timetable;
use crate::domain::tracking::{Announcement, Underway};
use crate::domain::trial::Effect;
use crate::domain::velocity::Figures;

/// Something to say, before it is put in words: one template each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    Policy(PolicyReport),
    /// A check that waits for the forge.
    NotYet,
    /// The policy asks for nothing of the kind any more.
    NotAsked,
    Override(Override),
    /// Whether a freeze holds a change request back.
    Freeze(Box<Standing>),
    /// The issue of a freeze.
    FreezeRecord(Box<Told>),
    /// Somebody without the right closed the issue of a freeze, or reopened it.
    FreezeKept {
        by: UserName,
        who: Who,
        change: IssueChange,
    },
    /// What would have been refused.
    Observed {
        sigil: &'static str,
        rows: Vec<Row>,
    },
    /// Where the forge's own settings differ from what they are to be.
    Drift(Vec<Difference>),
    BrokenConfig(Problem),
    /// The configuration that a change request proposes cannot be read.
    ConfigProblem(Problem),
    /// What it would change.
    ConfigEffect(Box<Effect>),
    /// It proposes none any more.
    ConfigUnchanged,
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
    Incident(Box<Incident>),
    /// The issue that announces a train.
    Train(Box<Announcement>),
    /// The page of a release.
    Page(Box<Page>),
    /// Somebody edited a checklist without what it takes.
    Undone {
        by: UserName,
        /// Of what: a version, or a change request.
        what: String,
        /// What it takes, and who has it, in words.
        why: String,
    },
    /// The change request that brings the trunk to its next development version, after this was cut.
    Development {
        version: String,
        cut: String,
    },
    /// What is carried to other branches.
    Port(Box<porting::Words>),
    /// A release that is taken back.
    Rollback(Box<rollback::Words>),
    /// The page of a release, with how long its changes took.
    Pace {
        /// The page as it is.
        current: String,
        /// A line each.
        lines: Vec<String>,
    },
    /// A text as it is.
    Text(String),
    Preview(Box<Preview>),
    /// In place of a preview, once the change request is merged.
    Landed {
        base: BranchName,
    },
    /// The answers to the commands of one comment, in their order.
    Reply(Vec<Answer>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReport {
    pub head: Sha,
    pub source: Source,
    pub verdicts: Vec<Verdict>,
    /// What the repository's file says in vain, a sentence each.
    pub ignored: Vec<String>,
    /// Those who may set a verdict aside, as in “for …”.
    pub who: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseNotes {
    pub since: Since,
    pub part: Part,
    /// The text of the repository's own template, if it has one, or why that cannot be read.
    pub template: Option<Result<String, String>>,
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
        /// What whoever asks may use here.
        offers: Vec<Offer>,
        others: Vec<Offer>,
    },
    Rechecked {
        head: Sha,
        broken: usize,
    },
    Status(Box<Status>),
    Velocity(Box<Figures>),
    /// The version that the next release gets; `None`: there is nothing to release.
    ReleaseAs {
        component: Option<String>,
        version: Option<String>,
    },
    /// A branch to run a release from is there.
    Underway(Box<Underway>),
    /// Versions are tagged, here or before; the commit, and what is said of them.
    Tagged {
        tags: Vec<TagName>,
        at: Sha,
        branch: BranchName,
    },
    /// A release change request is merged, which tags these versions.
    Merged {
        /// As people write its number.
        request: String,
        tags: Vec<TagName>,
        branch: BranchName,
    },
    /// A deleted branch is there again.
    Restored {
        branch: BranchName,
        at: Sha,
    },
    /// What was asked for only a person does: these are the commands.
    ByHand {
        why: &'static str,
        commands: Vec<String>,
    },
    /// The change request is told in other words.
    Noted,
    /// What somebody decided about a release is noted for a commit.
    Answered(Box<Answered>),
    /// A rule's verdict is set aside for this commit.
    Overridden {
        rule: &'static str,
        head: Sha,
    },
    /// Nothing is merged any more; this many change requests are open.
    Frozen {
        terms: Terms,
        open: usize,
    },
    /// The freeze that this issue keeps is lifted.
    Thawed {
        issue: Number,
        open: usize,
    },
    /// The forge's own settings beside those that are asked for.
    Sync {
        rows: Vec<Difference>,
        outcome: Syncing,
    },
    /// How far a change request has come on the branches that were asked for.
    Carried {
        table: porting::Table,
        /// Whether a person has to do something.
        stuck: bool,
    },
    RolledBack(Box<rollback::Told>),
    /// When releases leave.
    Schedule {
        timetable: Box<Timetable>,
        calendar: Option<CalendarAddress>,
    },
    /// Somebody else is in charge of a version.
    Swapped {
        version: String,
        from: Option<UserName>,
        to: UserName,
    },
    /// The command cannot be carried out: why, and what to do instead.
    Refused {
        verb: String,
        why: String,
        remedy: String,
    },
}

/// What was decided, and what the release waits for then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub deed: Deed,
    /// What is released, as people say it.
    pub name: String,
    pub head: Sha,
    pub verdict: Readiness,
    /// The teams that have not answered.
    pub unanswered: Vec<String>,
}

/// A command, and who may use it here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub verb: &'static str,
    pub example: &'static str,
    pub summary: &'static str,
    pub who: String,
}

/// What becomes of a difference in settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Syncing {
    /// Nothing can be changed that is not as it should be.
    Same,
    /// It is applied when it is confirmed by this digest.
    Ask(String),
    Applied,
    /// Something else was confirmed; the digest of what there is now.
    Stale(String),
    Lacking(Lack),
}

impl Answer {
    /// Whether what was asked for is not done.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. } | Self::Carried { stuck: true, .. } | Self::Sync { outcome: Syncing::Stale(_) | Syncing::Lacking(_), .. }
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configured {
    Yes,
    /// There is no file yet: a starter is offered.
    No,
}
