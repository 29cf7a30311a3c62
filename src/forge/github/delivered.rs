//! What was delivered from a GitHub repository, and when: deployments, releases and merged pull requests, in one query as long as one page
//! of each will do, and a comparison for what each deployment brought. Must not know what is measured by them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::client::Page;
use super::graphql::{CALL, Nodes, Variables};
use super::read::unreadable;
use crate::domain::facts::{Delivered, DeliveredWanted, DeployResult, Deployment, Landing, Released};
use crate::domain::names::{BranchName, InvalidName, Moment, Number, Sha, TagName};
use crate::forge::Result;
use crate::forge::error::absent;

/// So many hundreds are read of each kind.
const PAGES: usize = 5;
/// Commits of one deployment.
const BROUGHT: usize = 500;
/// What lies between two commits never changes, so it is asked for once; beyond this many pairs it is asked for again.
const PAIRS_KNOWN: usize = 1000;
/// How many comparisons run at a time.
const ABREAST: usize = 4;

/// An older deployment becomes inactive, so what became of it is told by its statuses alone.
const DEPLOYMENT: &str = "commitOid environment createdAt state statuses(first: 30) { nodes { state createdAt } }";
const RELEASE: &str = "tagName isDraft publishedAt createdAt tagCommit { oid }";
const MERGED: &str = "number mergedAt updatedAt baseRefName headRefName mergeCommit { oid }";

/// What the second of two commits has and the first has not, by repository; and whether it lacks something that the first has.
pub type RangesKnown = HashMap<(u64, Sha, Sha), Range>;

#[derive(Clone)]
pub struct Range {
    brought: Vec<Sha>,
    went_back: bool,
}

/// Lists of which there is no more to be read are not asked for again.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Read {
    deployments: Option<Nodes<Deployed>>,
    releases: Option<Nodes<Release>>,
    merged: Option<Nodes<Pull>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployed {
    commit_oid: String,
    environment: Option<String>,
    created_at: Timestamp,
    state: Option<String>,
    statuses: Option<Nodes<Status>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: String,
    created_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    tag_name: String,
    is_draft: bool,
    published_at: Option<Timestamp>,
    created_at: Timestamp,
    tag_commit: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    oid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    number: u64,
    merged_at: Option<Timestamp>,
    updated_at: Timestamp,
    base_ref_name: String,
    head_ref_name: String,
    merge_commit: Option<Named>,
}

/// `GET /repos/{owner}/{repo}/compare/{basehead}`
#[derive(Deserialize)]
struct Compared {
    ahead_by: u64,
    behind_by: u64,
    commits: Vec<ComparedCommit>,
}

#[derive(Deserialize)]
struct ComparedCommit {
    sha: String,
}

/// What was read so far, the newest first, and where each list goes on.
#[derive(Default)]
struct Lists {
    deployments: Listed<Deployed>,
    releases: Listed<Release>,
    merged: Listed<Pull>,
}

struct Listed<T> {
    found: Vec<T>,
    next: Next,
}

/// Where a list goes on.
enum Next {
    Start,
    After(String),
    /// All that is wanted was read.
    Done,
}

impl Next {
    /// The cursor to go on from, if it goes on.
    fn cursor(&self) -> Option<Value> {
        match self {
            Self::Start => Some(Value::Null),
            Self::After(cursor) => Some(cursor.as_str().into()),
            Self::Done => None,
        }
    }
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { found: Vec::new(), next: Next::Start }
    }
}

impl<T> Listed<T> {
    fn none() -> Self {
        Self { found: Vec::new(), next: Next::Done }
    }

    /// Takes a page, and more pages are wanted as long as this is `wanted` of its last item.
    fn take(&mut self, page: Option<Nodes<T>>, wanted: impl Fn(&T) -> bool) {
        // Of what Slipway may not see nothing is told, and what was not asked for is told already.
        let page = page.unwrap_or_default();
        let next = page.next();
        self.found.extend(page);
        self.next = next.filter(|_| self.found.last().is_none_or(wanted)).map_or(Next::Done, Next::After);
    }
}

impl GithubRepository<'_> {
    pub(super) async fn read_delivered(&self, wanted: &DeliveredWanted) -> Result<Delivered> {
        let lists = self.lists(wanted).await?;
        let further = lists.deployments.found.get(wanted.most).is_some_and(|further| further.created_at.as_second() >= wanted.since.0);
        let Lists { deployments, releases, merged } = &lists;
        let cut = further || [&deployments.next, &releases.next, &merged.next].into_iter().any(|next| next.cursor().is_some());
        let found = lists.deployments.found.into_iter().take(wanted.most + 1).collect();
        let told = told(found, wanted.since).map_err(unreadable(CALL))?;
        let skipped = told.len().saturating_sub(wanted.most);
        let deployments = self.with_ranges(told.into_iter().skip(skipped).collect()).await?;
        let merged = landings(lists.merged.found, wanted.since).map_err(unreadable(CALL))?;
        Ok(Delivered { deployments, merged, releases: released(lists.releases.found, wanted.since), cut })
    }

    async fn lists(&self, wanted: &DeliveredWanted) -> Result<Lists> {
        let since = wanted.since.0;
        let mut lists = Lists::default();
        if wanted.environments.is_empty() || wanted.most == 0 {
            // No environments would mean all.
            lists.deployments = Listed::none();
        }
        for _ in 0..PAGES {
            let (variables, selection) = lists.selection(wanted);
            if selection.is_empty() {
                break;
            }
            // The permission for deployments is needed by those alone who measure them.
            let read: Read = self.ask_but(variables, &selection, |alias| alias == "deployments").await?;
            // One more than is told, so that the oldest has one before it.
            let is_last = lists.deployments.found.len() + 100 > wanted.most;
            lists.deployments.take(read.deployments, |oldest| !is_last && oldest.created_at.as_second() >= since);
            // What is published long after it was made lies further back than can be looked.
            lists.releases.take(read.releases, |oldest| oldest.created_at.as_second() >= since);
            // Merging touches a request.
            lists.merged.take(read.merged, |oldest| oldest.updated_at.as_second() >= since);
        }
        Ok(lists)
    }

    async fn with_ranges(&self, deployments: Vec<(Option<Sha>, Deployment)>) -> Result<Vec<Deployment>> {
        let told = deployments.into_iter().map(|(before, mut deployment)| async move {
            let Some(before) = before.filter(|before| *before != deployment.sha) else { return Ok(deployment) };
            if let Some(range) = self.range(&before, &deployment.sha).await? {
                (deployment.brought, deployment.went_back) = (range.brought, range.went_back);
            }
            Ok(deployment)
        });
        stream::iter(told.collect::<Vec<_>>()).buffered(ABREAST).try_collect().await
    }

    /// `None` where one of the commits is gone.
    async fn range(&self, from: &Sha, to: &Sha) -> Result<Option<Range>> {
        let key = (self.id, from.clone(), to.clone());
        if let Some(known) = self.forge.ranges().get(&key) {
            return Ok(Some(known.clone()));
        }
        let mut range = Range { brought: Vec::new(), went_back: false };
        let mut page = Some(Page::First(format!("/compare/{from}...{to}?per_page=100")));
        while let Some(at) = page.take_if(|_| range.brought.len() < BROUGHT) {
            let Some((compared, next)) = absent(self.page::<Compared>(at).await)? else { return Ok(None) };
            range.went_back = compared.behind_by > 0 && compared.ahead_by == 0;
            for commit in compared.commits {
                range.brought.push(Sha::parse(&commit.sha).map_err(unreadable("GET /compare"))?);
            }
            page = next;
        }
        let mut known = self.forge.ranges();
        if known.len() >= PAIRS_KNOWN {
            known.clear();
        }
        known.insert(key, range.clone());
        Ok(Some(range))
    }
}

impl Lists {
    fn selection(&self, wanted: &DeliveredWanted) -> (Variables, String) {
        const PAGE: &str = "pageInfo { hasNextPage endCursor }";
        let (mut variables, mut selection) = (Variables::default(), String::new());
        if let Some(after) = self.deployments.next.cursor() {
            let (after, environments) = (
                variables.bind("String", after),
                variables.bind("[String!]", wanted.environments.iter().map(String::as_str).collect::<Vec<_>>()),
            );
            let first = (wanted.most + 1).min(100);
            let order = "orderBy: { field: CREATED_AT, direction: DESC }";
            _ = write!(
                selection,
                "deployments(environments: {environments}, first: {first}, after: {after}, {order}) {{ {PAGE} nodes {{ {DEPLOYMENT} }} }} "
            );
        }
        if let Some(after) = self.releases.next.cursor() {
            let (after, order) = (variables.bind("String", after), "orderBy: { field: CREATED_AT, direction: DESC }");
            _ = write!(selection, "releases(first: 100, after: {after}, {order}) {{ {PAGE} nodes {{ {RELEASE} }} }} ");
        }
        if let Some(after) = self.merged.next.cursor() {
            let (after, order) = (variables.bind("String", after), "orderBy: { field: UPDATED_AT, direction: DESC }");
            _ = write!(
                selection,
                "merged: pullRequests(states: MERGED, first: 100, after: {after}, {order}) {{ {PAGE} nodes {{ {MERGED} }} }} "
            );
        }
        (variables, selection)
    }
}

impl Deployed {
    /// What became of it, and when; `None`: nobody knows, as where it was given up before it began.
    fn outcome(&self) -> Option<(DeployResult, Timestamp)> {
        let result = |status: &Status| match status.state.as_str() {
            "SUCCESS" => Some(DeployResult::Succeeded),
            "FAILURE" | "ERROR" => Some(DeployResult::Failed),
            _ => None,
        };
        let ended = self.statuses.iter().flat_map(Nodes::iter).filter_map(|status| Some((result(status)?, status.created_at)));
        let running = matches!(self.state.as_deref(), Some("IN_PROGRESS" | "PENDING" | "QUEUED" | "WAITING"));
        ended.max_by_key(|(_, at)| *at).or_else(|| running.then_some((DeployResult::Running, self.created_at)))
    }
}

/// The deployments since, the oldest first, each that succeeded with the commit of the one before it on its environment that did.
fn told(mut found: Vec<Deployed>, since: Moment) -> Result<Vec<(Option<Sha>, Deployment)>, InvalidName> {
    found.reverse();
    let mut before: BTreeMap<String, Sha> = BTreeMap::new();
    let mut told = Vec::new();
    for deployed in found {
        let (Some((result, at)), Some(environment)) = (deployed.outcome(), deployed.environment) else { continue };
        let (sha, at) = (Sha::parse(&deployed.commit_oid)?, Moment(at.as_second()));
        let earlier = match result {
            DeployResult::Succeeded => before.insert(environment.clone(), sha.clone()),
            _ => None,
        };
        told.push((earlier, Deployment { environment, sha, result, at, brought: Vec::new(), went_back: false }));
    }
    told.retain(|(_, deployment)| deployment.at >= since);
    told.sort_by_key(|(_, deployment)| deployment.at);
    Ok(told)
}

fn landings(found: Vec<Pull>, since: Moment) -> Result<Vec<Landing>, InvalidName> {
    let mut landings = Vec::new();
    for merged in found {
        let (Some(at), Some(commit)) = (merged.merged_at, merged.merge_commit) else { continue };
        let (number, merged_at, commit) = (Number(merged.number), Moment(at.as_second()), Sha::parse(&commit.oid)?);
        let (base, head) = (BranchName::parse(&merged.base_ref_name)?, BranchName::parse(&merged.head_ref_name).ok());
        landings.push(Landing { number, merged_at, commit, base, head });
    }
    landings.retain(|landing| landing.merged_at >= since);
    landings.sort_by_key(|landing| (landing.merged_at, landing.number));
    Ok(landings)
}

/// One whose tag is gone is left out.
fn released(found: Vec<Release>, since: Moment) -> Vec<Released> {
    let told = |release: Release| {
        let at = Moment(release.published_at?.as_second());
        let (tag, commit) = (TagName::parse(&release.tag_name).ok()?, Sha::parse(&release.tag_commit?.oid).ok()?);
        (!release.is_draft && at >= since).then_some(Released { tag, commit, at })
    };
    let mut releases: Vec<Released> = found.into_iter().filter_map(told).collect();
    releases.sort_by_key(|release| release.at);
    releases
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployed(minute: u32, sha: char, state: &str, statuses: &[&str]) -> Deployed {
        let at = |second: usize| format!("2026-01-01T00:{minute:02}:{second:02}Z");
        let statuses = statuses.iter().enumerate().map(|(n, state)| json!({"state": state, "createdAt": at(n + 1)}));
        let nodes: Vec<Value> = statuses.rev().collect();
        let oid = sha.to_string().repeat(40);
        let deployed = json!({"commitOid": oid, "environment": "live", "createdAt": at(0), "state": state, "statuses": {"nodes": nodes}});
        serde_json::from_value(deployed).unwrap()
    }

    #[test]
    fn a_deployment_that_is_followed_by_another_still_succeeded() {
        let outcome =
            |state, statuses: &[&str]| deployed(0, 'a', state, statuses).outcome().map(|(result, at)| (result, at.as_second() % 60));
        assert_eq!(outcome("INACTIVE", &["IN_PROGRESS", "SUCCESS", "INACTIVE"]), Some((DeployResult::Succeeded, 2)));
        assert_eq!(outcome("FAILURE", &["SUCCESS", "FAILURE"]), Some((DeployResult::Failed, 2)));
        assert_eq!(outcome("IN_PROGRESS", &["QUEUED", "IN_PROGRESS"]), Some((DeployResult::Running, 0)));
        assert_eq!((outcome("ABANDONED", &[]), outcome("ERROR", &["ERROR"])), (None, Some((DeployResult::Failed, 1))));
    }

    #[test]
    fn what_a_deployment_brought_counts_from_the_one_before_it_that_succeeded() {
        let found = vec![
            deployed(4, 'd', "ACTIVE", &["SUCCESS"]),
            deployed(3, 'c', "FAILURE", &["FAILURE"]),
            deployed(2, 'b', "INACTIVE", &["SUCCESS", "INACTIVE"]),
            deployed(1, 'a', "INACTIVE", &["SUCCESS", "INACTIVE"]),
        ];
        let told = told(found, Moment(Timestamp::from_second(1_767_225_720).unwrap().as_second())).unwrap();
        let told: Vec<_> = told.iter().map(|(before, to)| (before.as_ref().map(|sha| &sha.as_str()[..1]), &to.sha.as_str()[..1])).collect();
        assert_eq!(told, [(Some("a"), "b"), (None, "c"), (Some("b"), "d")]);
    }
}
