//! The port, on GitLab. The structs here and beside name only what is read; real answers hold much more, and sometimes less.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use gitlab::api::{self, Pagination};
use serde::Deserialize;

use super::GitlabProject;
use super::client::{Call, explain};
use super::requests::MergeRequest;
use crate::domain::config::{ConfigFile, PATHS};
use crate::domain::facts::{ChangeRequest, Head, Line, Merging, Origin, Role, State, Wanted};
use crate::domain::history::Tagged;
use crate::domain::names::{BranchName, InvalidName, Moment, Number, RepoPath, Sha, UserName};
use crate::domain::plan::Action;
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
    async fn me(&self) -> Result<UserName> {
        UserName::parse(self.my_name().await?).map_err(unreadable("GET user"))
    }

    async fn config_file(&self) -> Result<Option<ConfigFile>> {
        for path in PATHS.map(|path| path.replace("{forge}", ".gitlab")) {
            if let Some((version, bytes)) = self.file(&path, "HEAD").await? {
                return Ok(Some(ConfigFile { path, version, text: String::from_utf8_lossy(&bytes).into_owned() }));
            }
        }
        Ok(None)
    }

    async fn change_request(&self, number: Number) -> Result<Option<ChangeRequest>> {
        let Some(request) = self.request(number).await? else { return Ok(None) };
        let Some(sha) = request.sha.as_deref() else { return Ok(None) };
        let invalid = unreadable("merge request");
        let origin = match request.source_project_id {
            None => Origin::Gone,
            Some(id) if id == request.target_project_id => Origin::SameRepository,
            Some(id) => self.read_fork(id).await?,
        };
        let branch = BranchName::parse(&request.source_branch).map_err(&invalid)?;
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
            updated_at: Moment(request.updated_at.as_second()),
        }))
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

    async fn apply(&self, action: &Action<String>) -> Result<Applied> {
        match action {
            Action::Report(check) => self.report(check).await,
            Action::Comment { thread, key, presence, body } => self.comment(*thread, key, *presence, body).await,
            Action::React { thread, comment, reaction } => self.react(*thread, *comment, *reaction).await,
            Action::Publish(release) => self.publish(release).await,
            Action::Propose(propose) => self.propose(propose).await,
            Action::Withdraw { number, body } => self.withdraw(*number, body).await,
            Action::Describe { number, body } => self.describe(*number, body).await,
            Action::Tag { tag, at } => self.tag(tag, at).await,
            Action::CloseMilestone { titles } => self.close_milestone(titles).await,
            Action::DeleteBranch { branch, at } => self.delete_branch(branch, at).await,
        }
    }
}

impl GitlabProject<'_> {
    /// `GET /user`
    pub(super) async fn my_name(&self) -> Result<&str> {
        let ask = || async { self.ask::<User>(Call::get("user".to_owned())).await.map(|user| user.username) };
        self.forge.me.get_or_try_init(ask).await.map(String::as_str)
    }

    /// `GET /projects/:id/merge_requests/:merge_request_iid`
    pub(super) async fn request(&self, number: Number) -> Result<Option<MergeRequest>> {
        absent(self.ask(Call::get(self.at(&format!("/merge_requests/{number}")))).await)
    }

    /// `GET /projects/:id`. A fork that the token may not see is as good as gone: nothing can be said of it.
    async fn read_fork(&self, id: u64) -> Result<Origin> {
        match absent(self.ask::<Project>(Call::get(format!("projects/{id}"))).await)? {
            Some(project) => RepoPath::parse(&project.path_with_namespace).map(Origin::Fork).map_err(unreadable("GET project")),
            None => Ok(Origin::Gone),
        }
    }

    /// The first of a list's items that `wanted` accepts, reading no further.
    pub(super) async fn find<T>(&self, call: Call, wanted: impl Fn(&T) -> bool) -> Result<Option<T>>
    where
        T: serde::de::DeserializeOwned + 'static,
    {
        let pages = api::paged(&call, Pagination::All);
        let mut items = std::pin::pin!(pages.iter_async::<_, T>(&self.forge.client));
        while let Some(item) = items.try_next().await.map_err(|error| explain(error, "list"))? {
            if wanted(&item) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}
