//! A pull request as it is now, with those of its details that are asked for and with what Slipway has said on it: one query, and
//! further ones only for lists of more than a page and for what depends on the first answer.

use serde::Deserialize;

use super::GithubRepository;
use super::details::{self, Extra};
use super::graphql::{CALL, Nodes, Variables};
use super::history::Actor;
use super::read::unreadable;
use super::said::{OwnCheck, OwnComment};
use crate::domain::facts::{ChangeRequest, Details, Head, Known, Origin, Readiness, State};
use crate::domain::names::{BranchName, InvalidName, Moment, Number, RepoPath, Sha, UserName};
use crate::forge::Result;
use crate::forge::error::absent;

/// What is asked of every pull request.
pub const REQUEST: &str = "
  number title body state isDraft baseRefName headRefName headRefOid isCrossRepository createdAt updatedAt
  author { __typename login }
  headRepository { nameWithOwner }
  mergeCommit { oid }
  labels(first: 100) { nodes { name } }
  comments(first: 100) { pageInfo { hasNextPage endCursor } nodes { body url viewerDidAuthor } }";

/// The checks of Slipway's own on a commit, of each of its suites.
pub const SUITES: &str = "nodes { checkRuns(first: 100, filterBy: { checkType: LATEST }) {
  pageInfo { hasNextPage endCursor }
  nodes { databaseId name status conclusion title summary }
} }";

#[derive(Deserialize)]
struct Read {
    pull: Option<Pull>,
    #[serde(flatten)]
    refs: details::Refs,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pull {
    number: u64,
    title: String,
    body: String,
    state: String,
    is_draft: bool,
    base_ref_name: String,
    head_ref_name: String,
    head_ref_oid: String,
    is_cross_repository: bool,
    created_at: jiff::Timestamp,
    updated_at: jiff::Timestamp,
    /// Null when the account was deleted.
    author: Option<Actor>,
    /// Null when the fork was deleted.
    head_repository: Option<HeadRepository>,
    merge_commit: Option<Landed>,
    labels: Option<Nodes<Label>>,
    comments: Nodes<Comment>,
    #[serde(default)]
    tip: Nodes<Tip>,
    #[serde(flatten)]
    extra: Extra,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeadRepository {
    name_with_owner: String,
}

#[derive(Deserialize)]
struct Landed {
    oid: String,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    body: String,
    url: String,
    viewer_did_author: bool,
}

#[derive(Deserialize)]
struct Tip {
    commit: TipCommit,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TipCommit {
    oid: String,
    check_suites: Option<Nodes<Suite>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suite {
    check_runs: Option<Nodes<Run>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    database_id: Option<u64>,
    name: String,
    status: String,
    conclusion: Option<String>,
    title: Option<String>,
    summary: Option<String>,
}

impl GithubRepository<'_> {
    pub(super) async fn read_request(&self, number: Number, details: &Details) -> Result<Option<ChangeRequest>> {
        let mut variables = Variables::default();
        let (value, app) = (variables.bind("Int!", number.0), variables.bind("Int", self.forge.app_id));
        let tip = format!(
            "tip: commits(last: 1) {{ nodes {{ commit {{ oid checkSuites(first: 10, filterBy: {{ appId: {app} }}) {{ {SUITES} }} }} }} }}"
        );
        let (extra, refs) = (details::selection(details), details::refs(number, details, &mut variables));
        let selection = format!("pull: pullRequest(number: {value}) {{ {REQUEST} {tip} {extra} }} {refs}");
        let Some(Read { pull: Some(mut pull), refs }) = absent(self.ask(variables, &selection, "").await)? else { return Ok(None) };
        let extra = std::mem::take(&mut pull.extra);
        let checks = self.remember_said(&mut pull).map_err(unreadable(CALL))?;
        let mut request = pull.request().map_err(unreadable(CALL))?;
        request.details = self.read_details(&request, details, (extra, refs, checks)).await?;
        Ok(Some(request))
    }

    /// Remembers what Slipway has said, as far as the answer has all of it; gives the checks on the head commit that it has.
    pub(super) fn remember_said(&self, pull: &mut Pull) -> Result<Vec<OwnCheck>, InvalidName> {
        self.remember_comments(Number(pull.number), std::mem::take(&mut pull.comments));
        let Some(tip) = std::mem::take(&mut pull.tip).into_iter().next().filter(|tip| tip.commit.oid == pull.head_ref_oid) else {
            return Ok(Vec::new());
        };
        self.remember_suites(&tip.commit.oid, tip.commit.check_suites)
    }

    pub(super) fn remember_comments(&self, number: Number, comments: Nodes<Comment>) {
        if comments.has_more() {
            return;
        }
        let own = comments.into_iter().filter(|comment| comment.viewer_did_author).map(Comment::own);
        if let Some(own) = own.collect::<Option<_>>() {
            self.said.remember_comments(number, own);
        }
    }

    /// Remembers Slipway's own checks on a commit, if these are all.
    pub(super) fn remember_suites(&self, oid: &str, suites: Option<Nodes<Suite>>) -> Result<Vec<OwnCheck>, InvalidName> {
        let lists: Vec<Nodes<Run>> = suites.into_iter().flatten().filter_map(|suite| suite.check_runs).collect();
        let is_whole = lists.iter().all(|list| !list.has_more());
        let runs: Vec<Run> = lists.into_iter().flatten().collect();
        let has_numbers = runs.iter().all(|run| run.database_id.is_some());
        let checks: Vec<OwnCheck> = runs.into_iter().map(Run::check).collect();
        if is_whole && has_numbers {
            self.said.remember_checks(Sha::parse(oid)?, checks.clone());
        }
        Ok(checks)
    }
}

impl Comment {
    /// The number is taken from the address: numbers of comments have outgrown GraphQL's `Int`.
    fn own(self) -> Option<OwnComment> {
        let (_, id) = self.url.rsplit_once("#issuecomment-")?;
        Some(OwnComment { id: id.parse().ok()?, body: self.body })
    }
}

impl Run {
    fn check(self) -> OwnCheck {
        OwnCheck {
            id: self.database_id.unwrap_or_default(),
            name: self.name,
            status: self.status.to_lowercase(),
            conclusion: self.conclusion.map(|conclusion| conclusion.to_lowercase()),
            title: self.title.unwrap_or_default(),
            summary: self.summary.unwrap_or_default(),
        }
    }
}

impl Pull {
    pub fn request(self) -> Result<ChangeRequest, InvalidName> {
        let origin = match (self.head_repository, self.is_cross_repository) {
            (None, _) => Origin::Gone,
            (Some(_), false) => Origin::SameRepository,
            (Some(fork), true) => Origin::Fork(RepoPath::parse(&fork.name_with_owner)?),
        };
        let state = match self.state.as_str() {
            "MERGED" => State::Merged,
            "OPEN" => State::Open,
            _ => State::Closed,
        };
        let author = self.author.map_or_else(|| "ghost".to_owned(), Actor::login);
        Ok(ChangeRequest {
            number: Number(self.number),
            title: self.title,
            body: self.body,
            author: UserName::parse(&author)?,
            state,
            readiness: if self.is_draft { Readiness::Draft } else { Readiness::Ready },
            head: Head { branch: BranchName::parse(&self.head_ref_name)?, sha: Sha::parse(&self.head_ref_oid)?, origin },
            base: BranchName::parse(&self.base_ref_name)?,
            labels: self.labels.into_iter().flatten().map(|label| label.name).collect(),
            landed: self.merge_commit.filter(|_| state == State::Merged).map(|commit| Sha::parse(&commit.oid)).transpose()?,
            created_at: Moment(self.created_at.as_second()),
            updated_at: Moment(self.updated_at.as_second()),
            details: Known::default(),
        })
    }
}
