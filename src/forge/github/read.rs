//! The port, on GitHub: who answers what. Structs name only what is read; real answers hold much more, and sometimes less.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde::Deserialize;

use super::GithubRepository;
use super::client::{read, send};
use crate::domain::config::{ConfigFile, ConfigFiles};
use crate::domain::event::Thread;
use crate::domain::facts::{
    Between, ChangeRequest, Delivered, DeliveredWanted, Depth, Details, IssueKind, Line, Merging, OpenRequest, Owed, OwnIssue, Progress,
    ProgressWanted, Pushed, Reply, Role, Source, TagFacts, Trunk, Wanted,
};
use crate::domain::history::{Elsewhere, Tagged};
use crate::domain::names::{BranchName, InvalidName, Number, Sha, TagName, UserName};
use crate::domain::plan::{Action, Outcome};
use crate::domain::protection::{Guard, Protection};
use crate::forge::{Applied, Forge, ForgeError, Result};

#[derive(Deserialize)]
struct App {
    slug: Option<String>,
    name: String,
}

pub fn unreadable(call: &'static str) -> impl Fn(InvalidName) -> ForgeError {
    move |error| ForgeError::Unreadable { call: call.to_owned(), why: error.to_string() }
}

impl Forge for GithubRepository<'_> {
    fn sigil(&self) -> &'static str {
        "#"
    }

    async fn me(&self) -> Result<UserName> {
        UserName::parse(self.my_name().await?).map_err(unreadable("GET /app"))
    }

    async fn config_files(&self) -> Result<ConfigFiles> {
        self.read_config().await
    }

    async fn change_request(&self, number: Number, details: &Details) -> Result<Option<ChangeRequest>> {
        self.read_request(number, details).await
    }

    async fn proposed_config(&self, number: Number) -> Result<Option<ConfigFile>> {
        self.read_proposed(number).await
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
            Action::React { comment, reaction, .. } => self.react(*comment, *reaction).await,
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

impl GithubRepository<'_> {
    /// `GET /app`
    pub(super) async fn my_name(&self) -> Result<&str> {
        let ask = || async {
            let app: App = read("/app", &send(&self.forge.app, Method::GET, "/app", None::<&()>).await?)?;
            Ok(format!("{}[bot]", app.slug.unwrap_or(app.name)))
        };
        self.forge.me.get_or_try_init(ask).await.map(String::as_str)
    }
}
