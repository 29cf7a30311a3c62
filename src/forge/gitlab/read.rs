//! The port, on GitLab. The structs here and beside name only what is read; real answers hold much more, and sometimes less.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::GitlabProject;
use super::client::Call;
use super::requests::MergeRequest;
use crate::domain::config::{ConfigFile, ConfigFiles};
use crate::domain::event::Thread;
use crate::domain::facts::{
    Between, ChangeRequest, Delivered, DeliveredWanted, Depth, Detail, Details, Head, IssueKind, Line, Merging, OpenRequest, Origin, Owed,
    OwnIssue, Progress, ProgressWanted, Pushed, Readiness, Reply, Role, Source, State, TagFacts, Trunk, Wanted,
};
use crate::domain::history::{Elsewhere, Tagged};
use crate::domain::names::{BranchName, InvalidName, Moment, Number, RepoPath, Sha, TagName, UserName};
use crate::domain::plan::{Action, Outcome};
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

    async fn replied(&self, thread: Thread, comment: u64) -> Result<Reply> {
        self.reply(thread, comment).await
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

    async fn elsewhere(&self, tag: &Tagged, head: &Sha, limit: usize) -> Result<Elsewhere> {
        self.read_elsewhere(tag, head, limit).await
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

    async fn trunk(&self, branch: &BranchName, names: &str, depth: Depth) -> Result<Option<Trunk>> {
        self.read_trunk(branch, names, depth).await
    }

    async fn source(&self, number: Number, label: &str, targets: &BTreeSet<BranchName>) -> Result<Option<Source>> {
        self.read_source(number, label, targets).await
    }

    async fn owed(&self, branch: &BranchName, label: &str) -> Result<Vec<Owed>> {
        self.read_owed(branch, label).await
    }

    async fn team(&self, team: &str) -> Result<BTreeSet<UserName>> {
        self.read_team(team).await
    }

    async fn holders(&self, role: Role) -> Result<Vec<(UserName, Role)>> {
        self.read_holders(role).await
    }

    async fn between(&self, since: &Sha, until: &Sha) -> Result<Between> {
        self.read_between(since, until).await
    }

    async fn progress(&self, wanted: &ProgressWanted) -> Result<Option<Progress>> {
        self.read_progress(wanted).await
    }

    async fn delivered(&self, wanted: &DeliveredWanted) -> Result<Delivered> {
        self.read_delivered(wanted).await
    }

    async fn file(&self, path: &str) -> Result<Option<String>> {
        self.read_file(path).await
    }

    fn outcomes(&self) -> Vec<Outcome> {
        self.came()
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
            Action::MakeBranch { branch, at } => self.make_branch(branch, at).await,
            Action::MakeLabel { name, about } => self.make_label(name, about).await,
            Action::Label { number, label, course } => self.label(*number, label, *course).await,
            Action::Remember { thread, key, data, body } => self.remember_in(*thread, key, (data, body)).await,
            Action::Port(port) => self.port(port).await,
            Action::WithdrawRelease(withdrawal) => self.withdraw_release(withdrawal).await,
            Action::Tag { tag, at } => self.make_tag(tag, at).await,
            Action::Merge { number, head } => self.merge(*number, head).await,
            Action::CloseMilestone { id, .. } => self.close_milestone(*id).await,
            Action::DeleteBranch { branch, at } => self.delete_branch(branch, at).await,
            Action::Protect(guard) => self.protect(guard).await,
        }
    }
}

impl GitlabProject<'_> {
    async fn read_request(&self, number: Number, details: &Details) -> Result<Option<ChangeRequest>> {
        let Some(request) = self.request_with(number, details).await? else { return Ok(None) };
        self.told_of(&request, details).await
    }

    /// The merge request in the domain's words.
    pub(super) async fn told_of(&self, request: &MergeRequest, details: &Details) -> Result<Option<ChangeRequest>> {
        let Some(sha) = request.sha.as_deref() else { return Ok(None) };
        let invalid = unreadable("merge request");
        let origin = match request.source_project_id {
            None => Origin::Gone,
            Some(id) if id == request.target_project_id => Origin::SameRepository,
            Some(id) => self.read_fork(id).await?,
        };
        let branch = BranchName::parse(&request.source_branch).map_err(&invalid)?;
        self.note_silence(request, sha).await;
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
            details: self.read_details((request, sha), details).await?,
            updated_at: Moment(request.updated_at.as_second()),
        }))
    }

    /// `GET /user`
    pub(super) async fn my_name(&self) -> Result<&str> {
        let ask = || async { self.ask::<User>(Call::get("user".to_owned())).await.map(|user| user.username) };
        self.forge.me.get_or_try_init(ask).await.map(String::as_str)
    }

    pub(super) async fn request(&self, number: Number) -> Result<Option<MergeRequest>> {
        self.request_with(number, &Details::new()).await
    }

    /// `GET /projects/:id/merge_requests/:merge_request_iid`, once an event, unless more of it is asked for.
    async fn request_with(&self, number: Number, details: &Details) -> Result<Option<MergeRequest>> {
        let mut known = self.requests.lock().await;
        let mut call = Call::get(self.at(&format!("/merge_requests/{number}")));
        if details.contains(&Detail::Behind) {
            call = call.with("include_diverged_commits_count", "true");
        } else if let Some(request) = known.get(&number.0) {
            return Ok(request.clone());
        }
        let found: Option<MergeRequest> = absent(self.ask(call).await)?;
        known.insert(number.0, found.clone());
        Ok(found)
    }

    /// `GET /projects/:id`. A fork that the token may not see is as good as gone: nothing can be said of it.
    async fn read_fork(&self, id: u64) -> Result<Origin> {
        match absent(self.ask::<Project>(Call::get(format!("projects/{id}"))).await)? {
            Some(project) => RepoPath::parse(&project.path_with_namespace).map(Origin::Fork).map_err(unreadable("GET project")),
            None => Ok(Origin::Gone),
        }
    }
}
