//! The port, on GitHub: what is asked. The structs name only what is read; real answers hold much more, and sometimes less.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde::Deserialize;

use super::GithubRepository;
use super::client::{encode, read, send};
use crate::domain::config::{ConfigFile, PATHS};
use crate::domain::facts::{ChangeRequest, Head, Line, Merging, Origin, Role, State, Wanted};
use crate::domain::history::Tagged;
use crate::domain::names::{BranchName, InvalidName, Moment, Number, RepoPath, Sha, UserName};
use crate::domain::plan::Action;
use crate::forge::error::absent;
use crate::forge::{Applied, Forge, ForgeError, Result};

#[derive(Deserialize)]
struct App {
    slug: Option<String>,
    name: String,
}

#[derive(Deserialize)]
struct Contents {
    sha: String,
    /// `none` for files over 1 MB, whose content is left out: an empty policy must not be read into that.
    encoding: String,
    content: String,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    title: String,
    body: Option<String>,
    /// Null when the account was deleted.
    user: Option<PullUser>,
    merge_commit_sha: Option<String>,
    state: String,
    merged_at: Option<String>,
    head: PullHead,
    base: PullBase,
    updated_at: jiff::Timestamp,
}

#[derive(Deserialize)]
struct PullUser {
    login: String,
}

#[derive(Deserialize)]
struct PullHead {
    r#ref: String,
    sha: String,
    /// Null when the fork was deleted.
    repo: Option<PullRepository>,
}

#[derive(Deserialize)]
struct PullRepository {
    id: u64,
    full_name: String,
}

#[derive(Deserialize)]
struct PullBase {
    r#ref: String,
    repo: PullRepository,
}

pub fn unreadable(call: &'static str) -> impl Fn(InvalidName) -> ForgeError {
    move |error| ForgeError::Unreadable { call: call.to_owned(), why: error.to_string() }
}

impl Forge for GithubRepository<'_> {
    async fn me(&self) -> Result<UserName> {
        UserName::parse(self.my_name().await?).map_err(unreadable("GET /app"))
    }

    /// `GET /repos/{owner}/{repo}/contents/{path}`, of the default branch.
    async fn config_file(&self) -> Result<Option<ConfigFile>> {
        for path in PATHS.map(|path| path.replace("{forge}", ".github")) {
            let found: Option<Contents> = absent(self.get(&format!("/contents/{}", encode(&path))).await)?;
            if let Some(Contents { sha, encoding, content }) = found {
                let unreadable = |why: String| ForgeError::Unreadable { call: path.clone(), why };
                if encoding != "base64" {
                    return Err(unreadable("it is too large for a configuration".to_owned()));
                }
                let packed: String = content.split_whitespace().collect();
                let bytes = STANDARD.decode(packed).map_err(|error| unreadable(error.to_string()))?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Ok(Some(ConfigFile { path, version: sha, text }));
            }
        }
        Ok(None)
    }

    /// `GET /repos/{owner}/{repo}/pulls/{pull_number}`
    async fn change_request(&self, number: Number) -> Result<Option<ChangeRequest>> {
        let Some(pull) = absent(self.get::<Pull>(&format!("/pulls/{number}")).await)? else { return Ok(None) };
        let invalid = unreadable("pull request");
        let origin = match pull.head.repo {
            None => Origin::Gone,
            Some(repo) if repo.id == pull.base.repo.id => Origin::SameRepository,
            Some(repo) => Origin::Fork(RepoPath::parse(&repo.full_name).map_err(&invalid)?),
        };
        let branch = BranchName::parse(&pull.head.r#ref).map_err(&invalid)?;
        Ok(Some(ChangeRequest {
            number: Number(pull.number),
            title: pull.title,
            body: pull.body.unwrap_or_default(),
            author: UserName::parse(pull.user.as_ref().map_or("ghost", |user| &user.login)).map_err(&invalid)?,
            // Until it is merged, this names a merge that was only tried.
            landed: pull.merge_commit_sha.filter(|_| pull.merged_at.is_some()).map(|sha| Sha::parse(&sha)).transpose().map_err(&invalid)?,
            state: match (pull.state.as_str(), &pull.merged_at) {
                (_, Some(_)) => State::Merged,
                ("open", None) => State::Open,
                _ => State::Closed,
            },
            head: Head { branch, sha: Sha::parse(&pull.head.sha).map_err(&invalid)?, origin },
            base: BranchName::parse(&pull.base.r#ref).map_err(&invalid)?,
            updated_at: Moment(pull.updated_at.as_second()),
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
            Action::React { comment, reaction, .. } => self.react(*comment, *reaction).await,
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
