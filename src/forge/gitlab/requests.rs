//! Merge requests as GitLab lists them: those that commits came through, and those that propose releases.
//! Must not know how commits are read, nor what is made of either.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use gitlab::api::{self, AsyncQuery, Pagination};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::checks::LastPipeline;
use super::client::{Call, encode, explain};
use super::closing::closes;
use super::read::{User, unreadable};
use super::{GitlabProject, together};
use crate::domain::facts::{Proposal, State};
use crate::domain::history::{Commit, MergedRequest};
use crate::domain::names::{BranchName, Moment, Number, Sha, UserName};
use crate::forge::Result;
use crate::forge::error::absent;

/// How many merge requests one list gives, and how often one read asks for more of them.
pub const PAGE: usize = 100;
const PAGES: usize = 3;

#[derive(Deserialize, Clone)]
pub struct MergeRequest {
    pub iid: u64,
    pub title: String,
    pub description: Option<String>,
    pub author: User,
    pub merge_commit_sha: Option<String>,
    pub squash_commit_sha: Option<String>,
    pub state: String,
    /// Null while GitLab has not looked at the branches yet, or when the head branch has no commits.
    pub sha: Option<String>,
    pub source_branch: String,
    pub target_branch: String,
    /// Null when the fork was deleted.
    pub source_project_id: Option<u64>,
    pub target_project_id: u64,
    #[serde(default)]
    pub squash: bool,
    pub draft: Option<bool>,
    /// Why GitLab would not merge it, if it would not.
    pub detailed_merge_status: Option<String>,
    #[serde(default)]
    pub labels: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub merged_at: Option<Timestamp>,
    /// How many comments people have written, and Slipway.
    pub user_notes_count: Option<u64>,
    #[serde(default)]
    pub head_pipeline: HeadPipeline,
    /// Left out of lists.
    pub diff_refs: Option<DiffRefs>,
    /// How many commits its base has that it lacks, if that was asked.
    pub diverged_commits_count: Option<u64>,
}

/// Where the request's own commits begin.
#[derive(Deserialize, Clone)]
pub struct DiffRefs {
    pub base_sha: Option<String>,
}

/// Whether anything has run on the head commit, for which commit statuses count. GitLab leaves it out of lists, and where the token may
/// not see pipelines.
#[derive(Deserialize, Clone, Default, PartialEq, Eq)]
#[serde(from = "Option<LastPipeline>")]
pub enum HeadPipeline {
    #[default]
    Untold,
    None,
    Some(LastPipeline),
}

impl From<Option<LastPipeline>> for HeadPipeline {
    fn from(told: Option<LastPipeline>) -> Self {
        told.map_or(Self::None, Self::Some)
    }
}

/// The merge requests that were listed so far, newest touched first.
#[derive(Default)]
pub struct Listed {
    /// Into this branch; `None`: into any.
    target: Option<BranchName>,
    all: BTreeMap<u64, MergeRequest>,
    /// Whatever was touched later is listed; `None`: everything is.
    since: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Tip {
    id: String,
    message: Option<String>,
    #[serde(default)]
    parent_ids: Vec<String>,
}

impl MergeRequest {
    pub fn state(&self) -> State {
        match self.state.as_str() {
            "opened" | "locked" => State::Open,
            "merged" => State::Merged,
            _ => State::Closed,
        }
    }

    /// The commits that merging made. A fast-forward makes none: there the last commit itself landed.
    pub fn made(&self) -> impl Iterator<Item = &str> {
        self.merge_commit_sha.as_deref().into_iter().chain(self.squash_commit_sha.as_deref())
    }

    /// Where it landed, once it is merged.
    pub fn landed(&self) -> Option<&str> {
        let merged = (self.state() == State::Merged).then_some(self)?;
        merged.made().next().or(merged.sha.as_deref())
    }

    pub fn is_from(&self, branch: &BranchName) -> bool {
        self.source_branch == branch.as_str() && self.source_project_id == Some(self.target_project_id)
    }
}

impl Listed {
    pub fn new(target: Option<BranchName>) -> Self {
        Self { target, ..Self::default() }
    }

    /// Whether somebody's first merge is among these requests; `None`: what is listed does not tell.
    pub fn is_first(&self, author: &str, among: &[Number]) -> Option<bool> {
        let own = self.all.values().filter(|request| request.author.username == author && request.state() == State::Merged);
        let first = own.min_by_key(|request| request.merged_at)?;
        let is_among = among.contains(&Number(first.iid));
        (!is_among || (self.target.is_none() && self.since.is_none())).then_some(is_among)
    }

    /// Whether a request that landed at this moment would have been listed: merging touches it.
    fn reaches(&self, at: Moment) -> bool {
        self.since.is_none_or(|since| since.as_second() <= at.0)
    }

    /// The requests that these commits came through. Where the last commit of one is what merging made of another, it came
    /// through the other.
    pub fn through(&self, commits: &[Commit], project: &GitlabProject) -> Vec<MergedRequest> {
        self.bringing(commits).into_iter().map(|(request, commits)| project.merged(request, commits)).collect()
    }

    /// The merged requests, each with those of the commits that merging it made, or with its last one.
    pub fn bringing(&self, commits: &[Commit]) -> Vec<(&MergeRequest, Vec<Sha>)> {
        let known: HashSet<&str> = commits.iter().map(|commit| commit.sha.as_str()).collect();
        let merged = || self.all.values().filter(|request| request.state() == State::Merged);
        let made: HashSet<&str> = merged().flat_map(MergeRequest::made).collect();
        let landed = |request: &MergeRequest| {
            let last = request.sha.as_deref().filter(|sha| request.made().next().is_none() && !made.contains(sha));
            let commits: BTreeSet<_> = request.made().chain(last).filter(|sha| known.contains(sha)).collect();
            commits.into_iter().filter_map(|sha| Sha::parse(sha).ok()).collect::<Vec<_>>()
        };
        merged().map(|request| (request, landed(request))).filter(|(_, commits)| !commits.is_empty()).collect()
    }
}

impl GitlabProject<'_> {
    fn merged(&self, request: &MergeRequest, commits: Vec<Sha>) -> MergedRequest {
        let body = request.description.clone().unwrap_or_default();
        MergedRequest {
            number: Number(request.iid),
            label: format!("!{}", request.iid),
            title: request.title.clone(),
            closes: closes(&body, self.repository.path.as_str(), &self.page()),
            body,
            branch: BranchName::parse(&request.source_branch).ok(),
            author: Some(request.author.username.clone()),
            commits,
        }
    }

    /// `GET /projects/:id/merge_requests`, of every author
    pub(super) fn requests(&self) -> Call {
        Call::get(self.at("/merge_requests")).with("scope", "all")
    }

    /// Lists what was touched before what is listed, once.
    pub(super) async fn list_more(&self, listed: &mut Listed) -> Result<()> {
        let mut call = self.requests().with("state", "all").with("order_by", "updated_at").with("sort", "desc");
        if let Some(target) = &listed.target {
            call = call.with("target_branch", target.as_str());
        }
        if let Some(before) = listed.since {
            // GitLab tells times in milliseconds and compares them in microseconds.
            call = call.with("updated_before", (before + SignedDuration::from_millis(1)).to_string());
        }
        let page: Vec<MergeRequest> = self.ask_some(call, PAGE).await?;
        let last = page.last().map(|request| request.updated_at).filter(|last| page.len() == PAGE && listed.since != Some(*last));
        listed.since = last;
        listed.all.extend(page.into_iter().map(|request| (request.iid, request)));
        Ok(())
    }

    /// Lists whatever these commits may have come through: by when they were made, and by what their messages say.
    pub(super) async fn list_for(&self, listed: &mut Listed, commits: &[&Commit]) -> Result<()> {
        let Some(oldest) = commits.iter().map(|commit| commit.at).min() else { return Ok(()) };
        for _ in 0..PAGES {
            if listed.reaches(oldest) {
                break;
            }
            self.list_more(listed).await?;
        }
        let told = commits.iter().filter_map(|commit| number_told(&commit.message, self.repository.path.as_str()));
        let missing: BTreeSet<u64> = told.filter(|number| !listed.all.contains_key(number)).take(PAGE).collect();
        if !missing.is_empty() {
            let call = missing.iter().fold(self.requests(), |call, number| call.with("iids[]", number.to_string()));
            let found: Vec<MergeRequest> = self.ask_some(call, PAGE).await?;
            listed.all.extend(found.into_iter().map(|request| (request.iid, request)));
        }
        Ok(())
    }

    /// The newest request from each of these branches, an open one first.
    pub(super) async fn proposals(
        &self,
        listed: &Listed,
        branches: Vec<BranchName>,
        commits: &[Commit],
    ) -> Result<BTreeMap<BranchName, Proposal>> {
        let found = together(branches.iter().map(|branch| self.proposal(listed, branch, commits))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn proposal(&self, listed: &Listed, branch: &BranchName, commits: &[Commit]) -> Result<Option<(BranchName, Proposal)>> {
        let newest = |requests: Vec<MergeRequest>| {
            let own = requests.into_iter().filter(|request| request.is_from(branch));
            own.max_by_key(|request| (request.state() == State::Open, request.iid))
        };
        let found = match newest(listed.all.values().cloned().collect()) {
            None if listed.since.is_some() => newest(self.requests_from(branch).await?),
            found => found,
        };
        match found {
            Some(request) => Ok(self.read_proposal(request, branch, commits).await?.map(|proposal| (branch.clone(), proposal))),
            None => Ok(None),
        }
    }

    /// The newest requests from a branch of this name, also those of forks.
    pub(super) async fn requests_from(&self, branch: &BranchName) -> Result<Vec<MergeRequest>> {
        self.ask_some(self.requests().with("state", "all").with("source_branch", branch.as_str()), PAGE).await
    }

    pub(super) async fn read_merged(&self, branch: &BranchName, at: &Sha) -> Result<bool> {
        let merged = |request: &MergeRequest| request.state() == State::Merged && request.is_from(branch);
        Ok(self.requests_from(branch).await?.iter().any(|request| merged(request) && request.sha.as_deref() == Some(at.as_str())))
    }

    /// While the request is open, the branch itself says where it is: the request follows a push with some delay.
    async fn read_proposal(&self, request: MergeRequest, branch: &BranchName, commits: &[Commit]) -> Result<Option<Proposal>> {
        let Some(sha) = request.sha.clone() else { return Ok(None) };
        let state = request.state();
        let known = commits.iter().find(|commit| state != State::Open && commit.sha.as_str() == sha);
        let (tip, message, onto) = if let Some(commit) = known {
            (sha, commit.message.clone(), commit.parents.first().cloned())
        } else {
            let revision = if state == State::Open { encode(branch.as_str()) } else { sha.clone() };
            let tip: Option<Tip> = absent(self.ask(Call::get(self.at(&format!("/repository/commits/{revision}")))).await)?;
            let onto = tip.as_ref().and_then(|tip| Sha::parse(tip.parent_ids.first()?).ok());
            let (tip, message) = tip.map_or((sha, String::new()), |tip| (tip.id, tip.message.unwrap_or_default()));
            (tip, message, onto)
        };
        let invalid = unreadable("merge request");
        let landed = request.landed().map(Sha::parse).transpose().map_err(&invalid)?;
        Ok(Some(Proposal {
            number: Number(request.iid),
            state,
            author: UserName::parse(&request.author.username).map_err(&invalid)?,
            title: request.title,
            body: request.description.unwrap_or_default(),
            base: BranchName::parse(&request.target_branch).map_err(&invalid)?,
            tip: Sha::parse(&tip).map_err(&invalid)?,
            onto,
            landed,
            message,
        }))
    }

    /// At most this many of a list, however many its pages hold.
    pub(super) async fn ask_some<T>(&self, call: Call, limit: usize) -> Result<Vec<T>>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        let answer = api::paged(&call, Pagination::Limit(limit)).query_async(&self.forge.client).await;
        answer.map_err(|error| explain(error, "list"))
    }
}

/// The merge request of this project that a merge commit names: `See merge request grp/app!12`.
fn number_told(message: &str, project: &str) -> Option<u64> {
    let told = message.lines().rev().find_map(|line| line.trim().strip_prefix("See merge request "))?;
    let (path, number) = told.rsplit_once('!')?;
    (path.is_empty() || path.eq_ignore_ascii_case(project)).then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_commit_names_its_request_in_its_last_lines() {
        let named = |message| number_told(message, "grp/app");
        assert_eq!(named("Merge branch 'x' into 'main'\n\nfeat: x\n\nSee merge request grp/app!12"), Some(12));
        assert_eq!(named("Merge\r\n\r\nSee merge request Grp/App!7\r\n"), Some(7));
        assert_eq!(named("Merge\n\nSee merge request grp/other!12"), None);
        assert_eq!(named("feat: x\n\nsee merge request !12 for more"), None);
    }
}
