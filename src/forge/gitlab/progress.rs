//! Where a release stands on GitLab: the head of its branch with its checks, what must be closed before, and what it lacks; a file of the
//! default branch. Must not know what is made of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use tokio::try_join;

use super::GitlabProject;
use super::checks::LastPipeline;
use super::client::{Call, encode};
use super::read::unreadable;
use super::requests::HeadPipeline;
use crate::domain::event::Thread;
use crate::domain::facts::{Blocker, Owed, OwnComment, Progress, ProgressWanted, Ref, Subject};
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::plan::CommentKey;
use crate::forge::Result;
use crate::forge::error::absent;
use crate::forge::texts::LARGEST_FILE;

/// Blockers of each kind that are read at most.
const BLOCKERS: usize = 100;

/// `GET /projects/:id/repository/commits/:sha`
#[derive(Deserialize)]
struct Head {
    id: String,
    last_pipeline: Option<LastPipeline>,
}

/// An issue or a merge request.
#[derive(Deserialize)]
struct Labelled {
    iid: u64,
    title: String,
    created_at: Timestamp,
    milestone: Option<Milestone>,
    confidential: Option<bool>,
}

#[derive(Deserialize)]
struct Milestone {
    title: String,
}

impl GitlabProject<'_> {
    pub(super) async fn read_progress(&self, wanted: &ProgressWanted) -> Result<Option<Progress>> {
        match &wanted.of {
            Subject::Line(Ref::Branch(branch)) => self.progress_of_line(branch, wanted).await,
            Subject::Line(_) => Ok(None),
            Subject::Request(number) => self.progress_of_request(*number, wanted).await,
        }
    }

    /// The tip with its pipeline is one call, its statuses another.
    async fn progress_of_line(&self, branch: &BranchName, wanted: &ProgressWanted) -> Result<Option<Progress>> {
        let head = async {
            let call = Call::get(self.at(&format!("/repository/commits/{}", encode(&format!("refs/heads/{branch}")))));
            let Some(Head { id, last_pipeline }) = absent(self.ask(call).await)? else { return Ok(None) };
            let sha = Sha::parse(&id).map_err(unreadable("commit"))?;
            let checks = self.checks((&sha, branch.as_str()), last_pipeline.as_ref()).await?;
            Ok(Some((sha, checks)))
        };
        let (head, blockers, owed) = try_join!(head, self.blockers(&wanted.blocker), self.lacking_of(branch, &wanted.backport))?;
        let progress = |(head, checks)| {
            let (branch, required) = (branch.clone(), BTreeSet::new());
            Progress { branch, head, checks, required, blockers, owed, comment: None }
        };
        Ok(head.map(progress))
    }

    async fn progress_of_request(&self, number: Number, wanted: &ProgressWanted) -> Result<Option<Progress>> {
        let Some(request) = self.request(number).await? else { return Ok(None) };
        let Some(sha) = request.sha.as_deref() else { return Ok(None) };
        // This also notes where there is nothing of Slipway's to be found.
        self.note_silence(&request, sha).await;
        let invalid = unreadable("merge request");
        let (head, branch) = (Sha::parse(sha).map_err(&invalid)?, BranchName::parse(&request.source_branch).map_err(&invalid)?);
        let last = if let HeadPipeline::Some(pipeline) = &request.head_pipeline { Some(pipeline) } else { None };
        let checks = self.checks((&head, branch.as_str()), last);
        let comment = self.own_comment(Thread::ChangeRequest(number), &CommentKey::Checklist);
        let (checks, blockers, comment) = try_join!(checks, self.blockers(&wanted.blocker), comment)?;
        let comment = comment.map(|(id, body, data)| OwnComment { id, body, data });
        Ok(Some(Progress { branch, head, checks, required: BTreeSet::new(), blockers, owed: Vec::new(), comment }))
    }

    async fn lacking_of(&self, branch: &BranchName, label: &str) -> Result<Vec<Owed>> {
        if label.is_empty() { Ok(Vec::new()) } else { self.read_owed(branch, label).await }
    }

    /// `GET /projects/:id/issues` and `GET /projects/:id/merge_requests`, those that are open with the label. GitLab has one list of neither.
    async fn blockers(&self, label: &str) -> Result<Vec<Blocker>> {
        if label.is_empty() {
            return Ok(Vec::new());
        }
        let open = |call: Call| {
            let call = call.with("state", "opened").with("labels", label);
            self.ask_some::<Labelled>(call.with("order_by", "created_at").with("sort", "asc"), BLOCKERS)
        };
        let issues = open(Call::get(self.at("/issues")).with("scope", "all"));
        let (issues, requests) = try_join!(issues, open(self.requests()))?;
        let issues = issues.into_iter().map(|issue| (issue.created_at, issue.told("#")));
        let mut all: Vec<_> = issues.chain(requests.into_iter().map(|request| (request.created_at, request.told("!")))).collect();
        all.sort_by_key(|(at, _)| *at);
        Ok(all.into_iter().map(|(_, blocker)| blocker).collect())
    }

    /// `GET /projects/:id/repository/files/:file_path`
    pub(super) async fn read_file(&self, path: &str) -> Result<Option<String>> {
        let found = self.file(path, "HEAD").await?;
        Ok(found.filter(|(_, bytes)| bytes.len() <= LARGEST_FILE).and_then(|(_, bytes)| String::from_utf8(bytes).ok()))
    }
}

impl Labelled {
    /// What is said of a confidential issue can be read by everybody who reads what Slipway says.
    fn told(self, sigil: &str) -> Blocker {
        let title = if self.confidential == Some(true) { "confidential".to_owned() } else { self.title };
        Blocker { label: format!("{sigil}{}", self.iid), title, milestone: self.milestone.map(|milestone| milestone.title) }
    }
}
