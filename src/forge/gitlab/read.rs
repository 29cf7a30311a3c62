//! The port, on GitLab. The structs here and beside name only what is read; real answers hold much more, and sometimes less.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::GitlabProject;
use super::client::Call;
use super::requests::MergeRequest;
use crate::domain::config::{ConfigFile, ConfigFiles};
use crate::domain::event::Thread;
use crate::domain::facts::{
    ChangeRequest, Detail, Details, Head, IssueKind, Line, Merging, OpenRequest, Origin, OwnIssue, Pushed, Readiness, Role, State,
    TagFacts, Wanted,
};
use crate::domain::history::Tagged;
use crate::domain::names::{BranchName, InvalidName, Moment, Number, RepoPath, Sha, TagName, UserName};
use crate::domain::plan::Action;
use crate::domain::protection::{Guard, Protection};
use crate::forge::error::absent;
use crate::forge::{Applied, Forge, ForgeError, Result};

#[derive(Deserialize, Clone)]
pub struct User {
    pub username: String,
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Project {
    path_with_namespace: String,
}

pub fn unreadable(call: &'static str) -> impl Fn(InvalidName) -> ForgeError {
    move |error| ForgeError::Unreadable { call: call.to_owned(), why: error.to_string() }
}

impl Forge for GitlabProject<'_> {
    fn sigil(&self) -> &'static str {
        "!"
    }

    async fn me(&self) -> Result<UserName> {
        UserName::parse(self.my_name().await?).map_err(unreadable("GET user"))
    }

    async fn config_files(&self) -> Result<ConfigFiles> {
        self.read_config_files().await
    }

    async fn change_request(&self, number: Number, details: &Details) -> Result<Option<ChangeRequest>> {
        self.read_request(number, details).await
    }

    async fn proposed_config(&self, number: Number) -> Result<Option<ConfigFile>> {
        match self.request(number).await?.and_then(|request| request.sha) {
            Some(sha) => self.own_file(&sha).await,
            None => Ok(None),
        }
    }

    async fn open_requests(&self, base: Option<&BranchName>) -> Result<Vec<OpenRequest>> {
        self.read_open(base).await
    }

    async fn replied(&self, thread: Thread, comment: u64) -> Result<bool> {
        self.has_replied(thread, comment).await
    }

    async fn own_issues(&self, kind: IssueKind) -> Result<Vec<OwnIssue>> {
        self.read_own_issues(kind).await
    }

    async fn pushed(&self, branch: &BranchName, before: &Sha, after: &Sha) -> Result<Pushed> {
        self.read_pushed(branch, before, after).await
    }

    async fn merged(&self, branch: &BranchName, at: &Sha) -> Result<bool> {
        self.read_merged(branch, at).await
    }

    async fn tag(&self, tag: &TagName, branches: &BTreeSet<String>) -> Result<Option<TagFacts>> {
        self.read_tag(tag, branches).await
    }

    async fn line(&self, wanted: &Wanted) -> Result<Option<Line>> {
        self.read_line(wanted).await
    }

    async fn older(&self, wanted: &Wanted, line: &mut Line) -> Result<()> {
        self.read_older(wanted, line).await
    }

    async fn since(&self, wanted: &Wanted, line: &mut Line, tag: &Tagged) -> Result<()> {
        self.read_since(wanted, line, tag).await
    }

    async fn merging(&self, number: Number) -> Result<Option<Merging>> {
        self.read_merging(number).await
    }

    async fn role(&self, user: &UserName) -> Result<Role> {
        self.read_role(user).await
    }

    async fn newcomers(&self, authors: &BTreeMap<String, Vec<Number>>) -> Result<Vec<String>> {
        self.read_newcomers(authors).await
    }

    async fn protection(&self, guards: &[Guard]) -> Result<Protection> {
        self.read_protection(guards).await
    }

    async fn apply(&self, action: &Action<String>) -> Result<Applied> {
        match action {
            Action::Report(check) => self.report(check).await,
            Action::Comment { thread, key, presence, body } => self.comment(*thread, key, *presence, body).await,
            Action::React { thread, comment, reaction } => self.react(*thread, *comment, *reaction).await,
            Action::Publish(release) => self.publish(release).await,
            Action::Propose(propose) => self.propose(propose).await,
            Action::Withdraw { number, body } => self.withdraw(*number, body).await,
            Action::Describe { number, body } => self.describe(*number, body).await,
            Action::Issue(issue) => self.keep_issue(issue).await,
            Action::RestoreBranch { branch, at } => self.restore_branch(branch, at).await,
            Action::Tag { tag, at } => self.make_tag(tag, at).await,
            Action::CloseMilestone { id, .. } => self.close_milestone(*id).await,
            Action::DeleteBranch { branch, at } => self.delete_branch(branch, at).await,
            Action::Protect(guard) => self.protect(guard).await,
        }
    }
}

impl GitlabProject<'_> {
    async fn read_request(&self, number: Number, details: &Details) -> Result<Option<ChangeRequest>> {
        let mut call = self.request_call(number);
        if details.contains(&Detail::Behind) {
            call = call.with("include_diverged_commits_count", "true");
        }
        let Some(request) = absent(self.ask::<MergeRequest>(call).await)? else { return Ok(None) };
        let Some(sha) = request.sha.as_deref() else { return Ok(None) };
        let invalid = unreadable("merge request");
        let origin = match request.source_project_id {
            None => Origin::Gone,
            Some(id) if id == request.target_project_id => Origin::SameRepository,
            Some(id) => self.read_fork(id).await?,
        };
        let branch = BranchName::parse(&request.source_branch).map_err(&invalid)?;
        self.note_silence(&request, sha).await;
        Ok(Some(ChangeRequest {
            number: Number(request.iid),
            title: request.title.clone(),
            body: request.description.clone().unwrap_or_default(),
            author: UserName::parse(&request.author.username).map_err(&invalid)?,
            landed: match request.state() {
                State::Merged => Some(Sha::parse(request.made().next().unwrap_or(sha)).map_err(&invalid)?),
                State::Open | State::Closed => None,
            },
            state: request.state(),
            head: Head { branch, sha: Sha::parse(sha).map_err(&invalid)?, origin },
            base: BranchName::parse(&request.target_branch).map_err(&invalid)?,
            readiness: if request.draft.unwrap_or_default() { Readiness::Draft } else { Readiness::Ready },
            labels: request.labels.iter().cloned().collect(),
            created_at: Moment(request.created_at.as_second()),
            details: self.read_details((&request, sha), details).await?,
            updated_at: Moment(request.updated_at.as_second()),
        }))
    }

    /// `GET /user`
    pub(super) async fn my_name(&self) -> Result<&str> {
        let ask = || async { self.ask::<User>(Call::get("user".to_owned())).await.map(|user| user.username) };
        self.forge.me.get_or_try_init(ask).await.map(String::as_str)
    }

    /// `GET /projects/:id/merge_requests/:merge_request_iid`
    pub(super) async fn request(&self, number: Number) -> Result<Option<MergeRequest>> {
        absent(self.ask(self.request_call(number)).await)
    }

    fn request_call(&self, number: Number) -> Call {
        Call::get(self.at(&format!("/merge_requests/{number}")))
    }

    /// `GET /projects/:id`. A fork that the token may not see is as good as gone: nothing can be said of it.
    async fn read_fork(&self, id: u64) -> Result<Origin> {
        match absent(self.ask::<Project>(Call::get(format!("projects/{id}"))).await)? {
            Some(project) => RepoPath::parse(&project.path_with_namespace).map(Origin::Fork).map_err(unreadable("GET project")),
            None => Ok(Origin::Gone),
        }
    }
}
