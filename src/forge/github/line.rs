//! A line of development: one query for the newest commits, the tags, the files and the proposals, and further ones for what is
//! further back. `history` knows the commits, `paths` what they touch.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::client::Page;
use super::graphql::{CALL, Nodes, Variables, parse};
use super::history::{self, Actor, COMMIT, Told};
use super::read::unreadable;
use super::standing::Suite;
use super::texts::{BLOB, Blob};
use crate::domain::facts::{Details, Line, Links, Proposal, Ref, Standing, State, TagsWanted, Wanted};
use crate::domain::history::{Tagged, Window};
use crate::domain::names::{BranchName, InvalidName, Moment, Number, Sha, TagName, UserName};
use crate::forge::{Forge as _, Result};

/// The newest tags are read by the hundred; where none of them will do, this many hundreds more.
const MORE_TAGS: usize = 9;

/// A tag may name another tag; one that names three is taken for none.
const TARGET: &str = "
fragment Target on GitObject {
  oid
  ... on Commit { committedDate }
  ... on Tag { target { oid ... on Commit { committedDate } ... on Tag { target { oid ... on Commit { committedDate } } } } }
}";

pub const PROPOSAL: &str = "
fragment Proposed on PullRequest {
  number state title body baseRefName headRefOid isCrossRepository mergeCommit { oid }
  author { __typename login }
  headRef { target { oid ... on Commit { message parents(first: 1) { nodes { oid } } } } }
  commits(last: 1) { nodes { commit { oid message parents(first: 1) { nodes { oid } } } } }
}";

#[derive(Deserialize)]
struct Read {
    id: String,
    url: String,
    at: Option<Reference>,
    /// What generated aliases name: `t0`, `f0`, `p0` and so on.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Reference {
    name: String,
    target: Option<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    oid: String,
    /// Of commits alone.
    committed_date: Option<jiff::Timestamp>,
    history: Option<Nodes<Told>>,
    /// Where it is asked for.
    check_suites: Option<Nodes<Suite>>,
    /// Of tag objects alone.
    #[serde(rename = "target")]
    inner: Option<Box<Self>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposed {
    number: u64,
    state: String,
    title: String,
    body: String,
    base_ref_name: String,
    head_ref_oid: String,
    pub is_cross_repository: bool,
    merge_commit: Option<MergeCommit>,
    author: Option<Actor>,
    head_ref: Option<HeadRef>,
    commits: Nodes<OfRequest>,
}

#[derive(Deserialize)]
struct MergeCommit {
    oid: String,
}

#[derive(Deserialize)]
struct HeadRef {
    target: Option<Tip>,
}

#[derive(Deserialize)]
struct OfRequest {
    commit: Tip,
}

#[derive(Deserialize)]
struct Tip {
    oid: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    parents: Nodes<MergeCommit>,
}

#[derive(Deserialize)]
struct Objects {
    #[serde(flatten)]
    by_alias: BTreeMap<String, Option<Told>>,
}

#[derive(Deserialize)]
struct Compared {
    commits: Vec<ComparedCommit>,
}

#[derive(Deserialize)]
struct ComparedCommit {
    sha: String,
}

impl GithubRepository<'_> {
    pub(super) async fn read_line(&self, wanted: &Wanted) -> Result<Option<Line>> {
        let Some(at) = self.qualified(&wanted.at).await? else { return Ok(None) };
        let prefixes: BTreeSet<_> = wanted.tags.iter().map(|tags| tags.template.prefix.as_str()).collect();
        let mut variables = Variables::default();
        let selection = self.selection(&mut variables, &at, wanted, &prefixes);
        let tags = if prefixes.is_empty() { "" } else { TARGET };
        let proposals = if wanted.branches().is_empty() { "" } else { PROPOSAL };
        let mut read: Read = self.ask(variables, &selection, &format!("{COMMIT}{tags}{proposals}")).await?;
        _ = self.node.set(read.id);
        let Some((name, mut commit)) = read.at.and_then(|at| Some((at.name, at.target?.peel()?))) else { return Ok(None) };
        let mut window = Window {
            head: Sha::parse(&commit.oid).map_err(unreadable(CALL))?,
            commits: Vec::new(),
            whole: false,
            complete_since: Vec::new(),
            tags: Vec::new(),
            elsewhere: Vec::new(),
            requests: Vec::new(),
        };
        let suites = commit.check_suites.take();
        self.add_history(wanted, &mut window, commit.history)?;
        for (at, prefix) in prefixes.into_iter().enumerate() {
            let page = parse(read.rest.remove(&format!("t{at}")).unwrap_or_default())?;
            self.read_tags(&mut window, wanted, prefix, page).await?;
        }
        let standing = match &wanted.standing {
            Some(standing) => self.read_standing(standing, &mut read.rest, suites).await?,
            None => Standing::default(),
        };
        let (files, proposals, newcomers) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut line = Line { name, window, links: links(&read.url), files, proposals, newcomers, standing };
        for (at, path) in wanted.files.iter().enumerate() {
            let blob: Option<Blob> = parse(read.rest.remove(&format!("f{at}")).unwrap_or_default())?;
            line.files.extend(self.text_of(blob, path).await?.map(|text| (path.clone(), text)));
        }
        for (at, branch) in wanted.branches().into_iter().enumerate() {
            let found: Nodes<Proposed> = parse(read.rest.remove(&format!("p{at}")).unwrap_or_default())?;
            let own = found.into_iter().find(|proposed| !proposed.is_cross_repository);
            line.proposals.extend(own.map(Proposed::proposal).transpose().map_err(unreadable(CALL))?.map(|own| (branch, own)));
        }
        self.read_paths(wanted, &mut line.window).await?;
        Ok(Some(line))
    }

    /// The full name of a ref; empty for the default branch.
    async fn qualified(&self, at: &Ref) -> Result<Option<String>> {
        Ok(Some(match at {
            Ref::Default | Ref::TrackedBy(..) | Ref::Underway => String::new(),
            Ref::Branch(branch) => format!("refs/heads/{branch}"),
            Ref::Tag(tag) => format!("refs/tags/{tag}"),
            Ref::BaseOf(number) => {
                let Some(request) = self.change_request(*number, &Details::new()).await? else { return Ok(None) };
                format!("refs/heads/{}", request.base)
            }
        }))
    }

    fn add_history(&self, wanted: &Wanted, window: &mut Window, history: Option<Nodes<Told>>) -> Result<()> {
        let Some(history) = history else { return Ok(()) };
        let next = history.next();
        window.whole = next.is_none();
        self.remember(&wanted.at, next);
        history::add(window, history, self.id).map_err(unreadable(CALL))
    }

    pub(super) async fn read_older(&self, wanted: &Wanted, line: &mut Line) -> Result<()> {
        let window = &mut line.window;
        let mut variables = Variables::default();
        let oid = variables.bind("GitObjectID!", window.head.as_str());
        let after = variables.bind("String", self.cursor(&wanted.at));
        let selection = format!("object(oid: {oid}) {{ oid ... on Commit {{ {} }} }}", history_after(&after));
        let mut read: BTreeMap<String, Option<Target>> = self.ask(variables, &selection, COMMIT).await?;
        let found = read.remove("object").flatten();
        self.add_history(wanted, window, found.and_then(|commit| commit.history))?;
        self.read_paths(wanted, window).await
    }

    /// `GET /repos/{owner}/{repo}/compare/{basehead}` lists the commits, oldest first; GraphQL says what is new among them.
    pub(super) async fn read_since(&self, wanted: &Wanted, line: &mut Line, tag: &Tagged) -> Result<()> {
        let window = &mut line.window;
        let known: HashSet<&str> = window.commits.iter().map(|commit| commit.sha.as_str()).collect();
        let room = wanted.limit.saturating_sub(known.len());
        let mut missing = Vec::new();
        let mut page = Some(Page::First(format!("/compare/{}...{}?per_page=100", tag.commit, window.head)));
        while let Some(at) = page.take_if(|_| missing.len() < room) {
            let (compared, next): (Compared, _) = self.page(at).await?;
            missing.extend(compared.commits.into_iter().map(|commit| commit.sha).filter(|sha| !known.contains(sha.as_str())));
            page = next;
        }
        missing.reverse();
        for part in missing.chunks(100) {
            let mut variables = Variables::default();
            let mut selection = String::new();
            for (at, sha) in part.iter().enumerate() {
                let oid = variables.bind("GitObjectID!", sha.as_str());
                _ = write!(selection, "c{at:02}: object(oid: {oid}) {{ ... on Commit {{ ...Told }} }} ");
            }
            let read: Objects = self.ask(variables, &selection, COMMIT).await?;
            history::add(window, read.by_alias.into_values().flatten(), self.id).map_err(unreadable(CALL))?;
        }
        if page.is_none() {
            window.complete_since.push(tag.commit.clone());
        }
        self.read_paths(wanted, window).await
    }

    /// Takes a page of tags, and more of them as long as none has a version that could be counted from.
    async fn read_tags(&self, window: &mut Window, wanted: &Wanted, prefix: &str, first: Nodes<Reference>) -> Result<()> {
        let templates: Vec<&TagsWanted> = wanted.tags.iter().filter(|tags| tags.template.prefix == prefix).collect();
        let mut page = first;
        for _ in 0..=MORE_TAGS {
            let next = page.next();
            for tagged in page.into_iter().filter_map(Reference::tagged) {
                let named = templates.iter().any(|tags| tags.template.read(&tagged.tag).is_some());
                if named && !window.tags.contains(&tagged) {
                    window.tags.push(tagged);
                }
            }
            let stable = |tags: &&TagsWanted| window.tags.iter().any(|tagged| tags.read(&tagged.tag).is_some_and(|v| v.pre.is_empty()));
            let Some(next) = next.filter(|_| !templates.iter().all(stable)) else { break };
            let mut variables = Variables::default();
            let selection = format!("t0: {}", tags_after(&mut variables, prefix, Some(next)));
            let mut read: BTreeMap<String, Nodes<Reference>> = self.ask(variables, &selection, TARGET).await?;
            let Some(more) = read.remove("t0") else { break };
            page = more;
        }
        Ok(())
    }

    fn selection(&self, variables: &mut Variables, at: &str, wanted: &Wanted, prefixes: &BTreeSet<&str>) -> String {
        let checks = self.checks_selection(variables, wanted);
        let commit = format!("... on Commit {{ committedDate {checks} {} }}", history_after("null"));
        let target = match wanted.at {
            Ref::Tag(_) => format!("oid {commit} ... on Tag {{ target {{ oid {commit} ... on Tag {{ target {{ oid {commit} }} }} }} }}"),
            _ => format!("oid {commit}"),
        };
        let mut selection = match at {
            "" => format!("id url at: defaultBranchRef {{ name target {{ {target} }} }} "),
            at => format!("id url at: ref(qualifiedName: {}) {{ name target {{ {target} }} }} ", variables.bind("String!", at)),
        };
        for (index, prefix) in prefixes.iter().enumerate() {
            _ = write!(selection, "t{index}: {} ", tags_after(variables, prefix, None));
        }
        for (index, path) in wanted.files.iter().enumerate() {
            let revision = if at.is_empty() { "HEAD" } else { at };
            let expression = variables.bind("String!", format!("{revision}:{path}"));
            _ = write!(selection, "f{index}: object(expression: {expression}) {{ {BLOB} }} ");
        }
        for (index, branch) in wanted.branches().iter().enumerate() {
            // Forks may have branches of the same name.
            let order = "orderBy: {field: CREATED_AT, direction: DESC}";
            let head = variables.bind("String!", branch.as_str());
            _ = write!(selection, "p{index}: pullRequests(headRefName: {head}, first: 10, {order}) {{ nodes {{ ...Proposed }} }} ");
        }
        selection + &Self::standing_selection(variables, wanted)
    }
}

fn history_after(after: &str) -> String {
    format!("history(first: 100, after: {after}) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ ...Told }} }}")
}

fn tags_after(variables: &mut Variables, prefix: &str, after: Option<String>) -> String {
    let query = variables.bind("String", Some(prefix).filter(|prefix| !prefix.is_empty()));
    let after = variables.bind("String", after);
    let order = "orderBy: {field: TAG_COMMIT_DATE, direction: DESC}";
    let nodes = "pageInfo { hasNextPage endCursor } nodes { name target { ...Target } }";
    format!("refs(refPrefix: \"refs/tags/\", query: {query}, first: 100, after: {after}, {order}) {{ {nodes} }}")
}

fn links(url: &str) -> Links {
    let to = |part: &str| format!("{url}/{part}/");
    Links { sigil: "#".to_owned(), commit: to("commit"), request: to("pull"), issue: to("issues"), compare: to("compare") }
}

impl Target {
    /// The commit that an object stands for; files and folders can be tagged as well.
    fn peel(self) -> Option<Self> {
        match self.inner {
            Some(inner) => inner.peel(),
            None => Some(self).filter(|target| target.committed_date.is_some()),
        }
    }
}

impl Reference {
    fn tagged(self) -> Option<Tagged> {
        let commit = self.target?.peel()?;
        let at = Moment(commit.committed_date?.as_second());
        Some(Tagged { tag: TagName::parse(&self.name).ok()?, commit: Sha::parse(&commit.oid).ok()?, at })
    }
}

impl Proposed {
    /// The branch itself says what its tip is. Once it is gone, the last commit of the pull request does.
    pub fn proposal(self) -> Result<Proposal, InvalidName> {
        let last = self.commits.into_iter().last().map(|last| last.commit);
        let tip = self.head_ref.and_then(|head| head.target).or(last);
        let Tip { oid, message, parents } =
            tip.unwrap_or(Tip { oid: self.head_ref_oid, message: String::new(), parents: Nodes::default() });
        Ok(Proposal {
            number: Number(self.number),
            state: match self.state.as_str() {
                "OPEN" => State::Open,
                "MERGED" => State::Merged,
                _ => State::Closed,
            },
            author: UserName::parse(&self.author.map_or_else(|| "ghost".to_owned(), Actor::login))?,
            title: self.title,
            body: self.body,
            base: BranchName::parse(&self.base_ref_name)?,
            tip: Sha::parse(&oid)?,
            onto: parents.into_iter().next().map(|parent| Sha::parse(&parent.oid)).transpose()?,
            landed: self.merge_commit.map(|commit| Sha::parse(&commit.oid)).transpose()?,
            message,
        })
    }
}
