//! The objects of the graph and what their fields hold. `history` and `proposals` have those of git and of requests.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    checks, conversations, deployments,
    execution::{Asked, Problem},
    history,
    mutations::Outcome,
    proposals,
};
use crate::sandbox::{
    deploying::Deployment,
    git::{Commit, File, Reference},
    github::{
        apps::covers,
        commits::Comparison,
        json::{html_url, node},
        search,
    },
    reviewing::Review,
    topic::{Topic, TopicKey},
    world::{Check, Kind, Release, Repository, Status, Token, World},
};

/// The requests that brought each commit of a repository.
type Brought<'a> = Rc<HashMap<String, Vec<&'a Topic>>>;

/// What somebody with a token sees.
pub struct Sight<'a> {
    pub world: &'a World,
    pub token: &'a Token,
    brought: RefCell<HashMap<u64, Brought<'a>>>,
}

impl<'a> Sight<'a> {
    pub fn new(world: &'a World, token: &'a Token) -> Self {
        Self { world, token, brought: RefCell::default() }
    }

    pub fn repository(&self, path: &str) -> Result<&'a Repository, Problem> {
        // What is public is shown to any token. The sandbox's repositories are, but only of this one do clients of others read.
        let is_shown = |repository: &&Repository| covers(self.token, repository.id) || repository.name() == ".github";
        let found = self.world.find_repository(Kind::GitHub, path).filter(is_shown);
        found.ok_or_else(|| Problem::new("NOT_FOUND", format!("Could not resolve to a Repository with the name '{path}'.")))
    }

    /// The requests with a commit. All commits of the repository are looked up at once, as queries ask for many.
    pub fn requests_with(&self, repository: &'a Repository, sha: &str) -> Result<Vec<&'a Topic>, Problem> {
        let known = self.brought.borrow().get(&repository.id).cloned();
        let brought = if let Some(brought) = known {
            brought
        } else {
            let brought = Rc::new(repository.requests_by_commit()?);
            self.brought.borrow_mut().insert(repository.id, Rc::clone(&brought));
            brought
        };
        Ok(brought.get(sha).cloned().unwrap_or_default())
    }
}

/// What a field holds.
pub enum Found<'a> {
    Nothing,
    Value(Value),
    Object(Object<'a>),
    List(Vec<Object<'a>>),
}

pub type Resolved<'a> = Result<Found<'a>, Problem>;

impl<'a> Found<'a> {
    pub fn maybe(object: Option<Object<'a>>) -> Self {
        object.map_or(Self::Nothing, Self::Object)
    }
}

impl From<Value> for Found<'_> {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

pub enum Object<'a> {
    Query,
    Repository(&'a Repository),
    Reference(&'a Repository, Reference),
    /// The object of an annotated tag, by the reference to it.
    Tag(&'a Repository, Reference),
    Commit(&'a Repository, Box<Commit>),
    Blob(File),
    Comparison(&'a Repository, Box<Comparison>),
    Request(&'a Repository, &'a Topic),
    RequestCommit(&'a Repository, Box<Commit>),
    Issue(&'a Repository, &'a Topic),
    Review(&'a Repository, &'a Topic, &'a Review),
    /// What one App reported of a commit, by its first check.
    Suite(&'a Repository, &'a Check),
    Run(&'a Repository, &'a Check),
    /// The newest checks and statuses of a commit.
    Rollup(&'a Repository, Vec<&'a Check>, Vec<&'a Status>),
    Release(&'a Repository, &'a Release),
    Deployment(&'a Repository, &'a Deployment),
    Page(Page<'a>),
    Outcome(Outcome),
    /// An object that is small enough to be there at once; its `__typename` is among its fields.
    Plain(Value),
}

impl<'a> Object<'a> {
    pub fn kind(&self) -> &str {
        match self {
            Self::Query => "Query",
            Self::Repository(_) => "Repository",
            Self::Reference(..) => "Ref",
            Self::Tag(..) => "Tag",
            Self::Commit(..) => "Commit",
            Self::Blob(_) => "Blob",
            Self::Comparison(..) => "Comparison",
            Self::Request(..) => "PullRequest",
            Self::RequestCommit(..) => "PullRequestCommit",
            Self::Issue(..) => "Issue",
            Self::Review(..) => "PullRequestReview",
            Self::Suite(..) => "CheckSuite",
            Self::Run(..) => "CheckRun",
            Self::Rollup(..) => "StatusCheckRollup",
            Self::Release(..) => "Release",
            Self::Deployment(..) => "Deployment",
            Self::Page(page) => page.kind,
            Self::Outcome(outcome) => outcome.kind,
            Self::Plain(value) => value.get("__typename").and_then(Value::as_str).unwrap_or_default(),
        }
    }

    pub fn resolve(&self, sight: &Sight<'a>, asked: &Asked) -> Resolved<'a> {
        match self {
            Self::Query => query(sight, asked),
            Self::Repository(repository) => of_repository(sight, repository, asked),
            Self::Reference(repository, reference) => history::of_reference(sight, repository, reference, asked),
            Self::Tag(repository, reference) => Ok(history::of_tag(sight, repository, reference, asked)),
            Self::Commit(repository, commit) => history::of_commit(sight, repository, commit, asked),
            Self::Blob(file) => Ok(history::of_blob(file, asked.name).into()),
            Self::Comparison(repository, comparison) => history::of_comparison(sight, repository, comparison, asked),
            Self::Request(repository, topic) => proposals::of_request(sight, repository, topic, asked),
            Self::RequestCommit(repository, commit) => Ok(match asked.name {
                "commit" => Found::Object(Object::Commit(repository, commit.clone())),
                _ => Found::Value(node("PURC", &commit.sha).into()),
            }),
            Self::Issue(repository, topic) => conversations::of_issue(sight, repository, topic, asked),
            Self::Review(repository, topic, review) => Ok(conversations::of_review(sight, (repository, topic), review, asked)),
            Self::Suite(repository, suite) => checks::of_suite(sight, repository, suite, asked),
            Self::Run(repository, check) => Ok(checks::of_run(sight, repository, check, asked)),
            Self::Rollup(repository, checks, statuses) => checks::of_rollup(sight, repository, (checks, statuses), asked),
            Self::Release(repository, release) => Ok(of_release(sight, repository, release, asked)),
            Self::Deployment(repository, deployment) => deployments::of_deployment(sight, repository, deployment, asked),
            Self::Page(page) => Ok(page.field(asked.name)),
            Self::Outcome(outcome) => outcome.field(sight, asked),
            Self::Plain(value) => {
                let value = value.get(asked.name).cloned().unwrap_or_default();
                Ok(match value {
                    Value::Object(_) => Found::Object(Object::Plain(value)),
                    Value::Array(items) => Found::List(items.into_iter().map(Object::Plain).collect()),
                    value => Found::Value(value),
                })
            }
        }
    }
}

fn query<'a>(sight: &Sight<'a>, asked: &Asked) -> Resolved<'a> {
    if asked.name == "rateLimit" {
        let reset = Timestamp::from_second(Timestamp::now().as_second() + 3600).unwrap_or_default().to_string();
        let limit = json!({"__typename": "RateLimit", "cost": 1, "limit": 5000, "remaining": 4999, "used": 1, "resetAt": reset});
        return Ok(Found::Object(Object::Plain(limit)));
    }
    if asked.name == "search" {
        let found = search::matching(sight.world, sight.token, asked.text("query").unwrap_or_default());
        let page = json!({"__typename": "PageInfo", "hasNextPage": false, "hasPreviousPage": false});
        let found = json!({"__typename": "SearchResultItemConnection", "issueCount": found.map_or(0, |(_, topics)| topics.len()), "pageInfo": page});
        return Ok(Found::Object(Object::Plain(found)));
    }
    if asked.name == "viewer" {
        // The one place where the graph shows an App with its `[bot]`.
        let viewer = sight.world.user(Kind::GitHub.bot());
        let url = format!("{}/apps/slipway", sight.world.url);
        let viewer = json!({"__typename": "User", "id": node("BOT", viewer.id), "login": viewer.login, "url": url});
        return Ok(Found::Object(Object::Plain(viewer)));
    }
    let path = format!("{}/{}", asked.text("owner").unwrap_or_default(), asked.text("name").unwrap_or_default());
    sight.repository(&path).map(|repository| Found::Object(Object::Repository(repository)))
}

fn of_repository<'a>(sight: &Sight<'a>, repository: &'a Repository, asked: &Asked) -> Resolved<'a> {
    let merging = &repository.merging;
    let number = || asked.argument("number").and_then(Value::as_u64).unwrap_or_default();
    let missing = |kind: &str| Problem::new("NOT_FOUND", format!("Could not resolve to {kind} with the number of {}.", number()));
    let value: Value = match asked.name {
        "databaseId" => repository.id.into(),
        "id" => node("R", repository.id).into(),
        "isInOrganization" => true.into(),
        "name" => repository.name().into(),
        "nameWithOwner" => repository.path.as_str().into(),
        "url" => html_url(sight.world, repository).into(),
        "mergeCommitAllowed" => merging.merge_commit.into(),
        "squashMergeAllowed" => merging.squash.into(),
        "rebaseMergeAllowed" => merging.rebase.into(),
        "mergeCommitTitle" => merging.merge_title.into(),
        "mergeCommitMessage" => merging.merge_message.into(),
        "squashMergeCommitTitle" => merging.squash_title.into(),
        "squashMergeCommitMessage" => merging.squash_message.into(),
        "viewerDefaultMergeMethod" => match (merging.merge_commit, merging.squash) {
            (true, _) => "MERGE".into(),
            (false, true) => "SQUASH".into(),
            (false, false) => "REBASE".into(),
        },
        "issue" => {
            let issue = repository.topic(TopicKey::Issue(number())).ok_or_else(|| missing("an Issue"))?;
            return Ok(Found::Object(Object::Issue(repository, issue)));
        }
        "pullRequest" => {
            let (topic, _) = repository.request(number()).ok_or_else(|| missing("a PullRequest"))?;
            return Ok(Found::Object(Object::Request(repository, topic)));
        }
        "issues" => return conversations::issues(sight, repository, asked),
        "pullRequests" => return proposals::requests(sight, repository, asked),
        "deployments" => return deployments::deployments(sight, repository, asked),
        "releases" => return deployments::releases(sight, repository, asked),
        "milestones" => return deployments::milestones(sight, repository, asked),
        // Unlike REST, it finds a draft by the tag that it will have.
        "release" => {
            let tag = asked.text("tagName").unwrap_or_default();
            let release = repository.releases.iter().find(|release| release.tag == tag);
            return Ok(Found::maybe(release.map(|release| Object::Release(repository, release))));
        }
        "latestRelease" => return Ok(Found::maybe(repository.latest_release().map(|release| Object::Release(repository, release)))),
        _ => return history::of_repository(sight, repository, asked),
    };
    Ok(value.into())
}

fn of_release<'a>(sight: &Sight<'a>, repository: &'a Repository, release: &Release, asked: &Asked) -> Found<'a> {
    let json = crate::sandbox::github::releases::release_json(sight.world, repository, release);
    let same = |name: &str| json.get(name).cloned().unwrap_or_default();
    let value = match asked.name {
        "id" => same("node_id"),
        "databaseId" => same("id"),
        "description" => same("body"),
        "isDraft" => same("draft"),
        "isPrerelease" => same("prerelease"),
        "isLatest" => repository.latest_release().is_some_and(|latest| latest.id == release.id).into(),
        "createdAt" => same("created_at"),
        "publishedAt" => same("published_at"),
        "updatedAt" => same("updated_at"),
        "tagName" => same("tag_name"),
        "url" => same("html_url"),
        "tagCommit" => {
            let commit = repository.git.resolve(&format!("refs/tags/{}", release.tag)).and_then(|sha| repository.git.commit(&sha).ok());
            return Found::maybe(commit.map(|commit| Object::Commit(repository, Box::new(commit))));
        }
        name => same(name),
    };
    value.into()
}

/// A part of a list, as a connection.
pub struct Page<'a> {
    kind: &'static str,
    nodes: RefCell<Vec<Object<'a>>>,
    start: usize,
    end: usize,
    total: usize,
}

impl<'a> Page<'a> {
    /// The part of a list that `first` and `after`, or `last`, ask for.
    pub fn of<T>(sight: &Sight<'a>, asked: &Asked, kind: &'static str, items: Vec<T>, object: impl Fn(T) -> Object<'a>) -> Resolved<'a> {
        let (name, total) = (asked.name, items.len());
        let size = match asked.number("first").or(asked.number("last")) {
            Some(size) if size > 100 => {
                let message = format!("Requesting {size} records on the `{name}` connection exceeds the `first` limit of 100 records.");
                return Err(Problem::new("EXCESSIVE_PAGINATION", message));
            }
            Some(size) => sight.world.page_size.map_or(size, |limit| size.min(limit)),
            None if asked.counts => 0,
            None => {
                let message = format!("You must provide a `first` or `last` value to properly paginate the `{name}` connection.");
                return Err(Problem::new("MISSING_PAGINATION_BOUNDARIES", message));
            }
        };
        let after = asked.text("after").map(|cursor| {
            let invalid = || Problem::new("INVALID_CURSOR_ARGUMENTS", format!("`{cursor}` does not appear to be a valid cursor."));
            place(cursor).ok_or_else(invalid)
        });
        let start = match after.transpose()? {
            Some(place) => place.min(total),
            None if asked.number("first").is_none() => total.saturating_sub(size),
            None => 0,
        };
        let end = start.saturating_add(size).min(total);
        let nodes = items.into_iter().skip(start).take(end - start).map(object).collect();
        Ok(Found::Object(Object::Page(Self { kind, nodes: RefCell::new(nodes), start, end, total })))
    }

    fn field(&self, name: &str) -> Found<'a> {
        let cursor = |place: usize| (self.end > self.start).then(|| STANDARD.encode(format!("cursor:{place}")));
        match name {
            "nodes" => Found::List(self.nodes.take()),
            "totalCount" => Found::Value(self.total.into()),
            _ => Found::Object(Object::Plain(json!({
                "__typename": "PageInfo",
                "startCursor": cursor(self.start + 1),
                "endCursor": cursor(self.end),
                "hasNextPage": self.end < self.total,
                "hasPreviousPage": self.start > 0,
            }))),
        }
    }
}

/// The place in the list that a cursor stands for, counted from 1.
fn place(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("cursor:")?.parse().ok()
}
