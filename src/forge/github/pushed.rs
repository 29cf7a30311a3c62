//! What a push changed on GitHub, what a tag is, and how a branch comes back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::client::Page;
use super::graphql::{CALL, Nodes, Variables, parse};
use super::publish::NewRef;
use super::read::unreadable;
use super::upstream::{Place, Question};
use crate::domain::config::Pattern;
use crate::domain::facts::{Course, LandedCommit, Pushed, TagFacts, TagForm};
use crate::domain::names::{BranchName, InvalidName, Number, Sha, TagName, UserName};
use crate::forge::error::absent;
use crate::forge::{Applied, ForgeError, Result};

/// How many commits of a push are looked at, and how many hundreds are read to find them.
const LANDED: usize = 100;
const PAGES: usize = 10;

const COMMIT: &str = "... on Commit {
  oid messageHeadline
  author { user { login } }
  associatedPullRequests(first: 5) { nodes { number merged baseRefName repository { databaseId } } }
}";

/// `GET /repos/{owner}/{repo}/compare/{basehead}`
#[derive(Deserialize)]
struct Compared {
    status: String,
    behind_by: u64,
    /// Oldest first.
    commits: Vec<ComparedCommit>,
}

#[derive(Deserialize)]
struct ComparedCommit {
    sha: String,
    parents: Vec<ComparedParent>,
}

#[derive(Deserialize)]
struct ComparedParent {
    sha: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    oid: String,
    message_headline: String,
    author: Option<GitActor>,
    associated_pull_requests: Option<Nodes<Pull>>,
}

#[derive(Deserialize)]
struct GitActor {
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    number: u64,
    merged: bool,
    base_ref_name: String,
    repository: Home,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Home {
    database_id: Option<u64>,
}

#[derive(Deserialize)]
struct Tagged {
    at: Option<TagRef>,
}

#[derive(Deserialize)]
struct TagRef {
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    #[serde(rename = "__typename")]
    kind: String,
    oid: String,
    #[serde(rename = "target")]
    inner: Option<Box<Self>>,
}

#[derive(Deserialize)]
struct TagObject {
    verification: Option<Verification>,
}

#[derive(Deserialize)]
struct Verification {
    verified: bool,
}

#[derive(Deserialize)]
struct Heads {
    heads: Option<Nodes<Named>>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Branch {
    compare: Option<Place>,
}

impl GithubRepository<'_> {
    /// `branch` itself may have moved on since, so it is not asked.
    pub(super) async fn read_pushed(&self, _branch: &BranchName, before: &Sha, after: &Sha) -> Result<Pushed> {
        let (course, parents) = self.compared(before, after).await?;
        let mut line = Vec::new();
        let mut at = Some(after.as_str().to_owned());
        while let Some(sha) = at.filter(|sha| line.len() < LANDED && (line.is_empty() || parents.contains_key(sha))) {
            at = parents.get(&sha).cloned().flatten();
            line.push(sha);
        }
        // What was only taken back has landed nothing; of a push that is too long to be read, the tip is told.
        let is_long = course == Course::Forward && !parents.is_empty();
        line.retain(|sha| is_long || parents.contains_key(sha));
        Ok(Pushed { course, landed: self.landed(&line).await? })
    }

    /// How the branch went on, and the first parents of the commits that it has and had not before.
    async fn compared(&self, before: &Sha, after: &Sha) -> Result<(Course, HashMap<String, Option<String>>)> {
        let mut page = Some(Page::First(format!("/compare/{before}...{after}?per_page=100")));
        let (mut course, mut parents) = (Course::Forward, HashMap::new());
        for _ in 0..PAGES {
            let Some(at) = page.take() else { break };
            // A commit that no ref leads to may be forgotten, so it is not on the branch any more.
            let Some((compared, next)) = absent(self.page::<Compared>(at).await)? else {
                return Ok((Course::Rewritten { lost: None }, parents));
            };
            if matches!(compared.status.as_str(), "diverged" | "behind") {
                course = Course::Rewritten { lost: Some(compared.behind_by) };
            }
            let read = compared.commits.into_iter().map(|commit| (commit.sha, commit.parents.into_iter().next().map(|first| first.sha)));
            parents.extend(read);
            page = next;
        }
        Ok((course, parents))
    }

    /// Commits in this order, with the pull requests that brought them.
    async fn landed(&self, line: &[String]) -> Result<Vec<LandedCommit>> {
        if line.is_empty() {
            return Ok(Vec::new());
        }
        let (mut variables, mut selection) = (Variables::default(), String::new());
        for (at, sha) in line.iter().enumerate() {
            let oid = variables.bind("GitObjectID!", sha.as_str());
            _ = write!(selection, "o{at}: object(oid: {oid}) {{ {COMMIT} }} ");
        }
        let mut read: BTreeMap<String, Option<Told>> = self.ask(variables, &selection, "").await?;
        let told = (0..line.len()).filter_map(|at| read.remove(&format!("o{at}")).flatten());
        told.map(|told| told.landed(self.id)).collect::<Result<_, _>>().map_err(unreadable(CALL))
    }

    pub(super) async fn read_tag(&self, tag: &TagName, branches: &BTreeSet<String>) -> Result<Option<TagFacts>> {
        let mut variables = Variables::default();
        let name = variables.bind("String!", format!("refs/tags/{tag}"));
        // A tag may name another tag; one that names three is taken for none.
        let inner = "target { __typename oid ... on Tag { target { __typename oid ... on Tag { target { __typename oid } } } } }";
        let selection = format!("at: ref(qualifiedName: {name}) {{ {inner} }}");
        let Tagged { at } = self.ask(variables, &selection, "").await?;
        let Some(target) = at.and_then(|at| at.target) else { return Ok(None) };
        let object = (target.kind == "Tag").then(|| target.oid.clone());
        let Some(commit) = target.commit() else { return Ok(None) };
        let commit = Sha::parse(&commit).map_err(unreadable(CALL))?;
        let form = match object {
            None => TagForm::Lightweight,
            Some(object) if self.is_signed(&object).await? => TagForm::Signed,
            Some(_) => TagForm::Annotated,
        };
        let branches = self.branches_with(&commit, branches).await?;
        Ok(Some(TagFacts { commit, form, branches }))
    }

    /// `GET /repos/{owner}/{repo}/git/tags/{tag_sha}`: GraphQL does not tell of a tag's signature.
    async fn is_signed(&self, object: &str) -> Result<bool> {
        let tag: TagObject = self.get(&format!("/git/tags/{object}")).await?;
        Ok(tag.verification.is_some_and(|verification| verification.verified))
    }

    /// The branches of these names that have the commit.
    async fn branches_with(&self, commit: &Sha, names: &BTreeSet<String>) -> Result<Vec<BranchName>> {
        let (patterns, plain): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| name.contains(['*', '?', '[', '{', '\\']));
        let mut candidates: BTreeSet<BranchName> = plain.into_iter().filter_map(|name| BranchName::parse(name).ok()).collect();
        if !patterns.is_empty() {
            let patterns: Vec<Pattern> = patterns.into_iter().filter_map(|pattern| Pattern::try_from(pattern.clone()).ok()).collect();
            let heads = self.heads().await?;
            candidates.extend(heads.into_iter().filter(|head| patterns.iter().any(|pattern| pattern.matches(head.as_str()))));
        }
        let candidates: Vec<BranchName> = candidates.into_iter().collect();
        let mut has = Vec::new();
        for part in candidates.chunks(100) {
            let mut question = Question::default();
            for (at, branch) in part.iter().enumerate() {
                let compare = question.compare("compare", commit, "status");
                question.branch(&format!("b{at}"), branch, &compare);
            }
            let mut read: BTreeMap<String, Value> = self.ask_of_branches(question).await?;
            for (at, branch) in part.iter().enumerate() {
                let found: Option<Branch> = parse(read.remove(&format!("b{at}")).unwrap_or_default())?;
                has.extend(found.and_then(|branch| branch.compare).filter(Place::is_within).map(|_| branch.clone()));
            }
        }
        Ok(has)
    }

    async fn heads(&self) -> Result<Vec<BranchName>> {
        let (mut all, mut after) = (Vec::new(), None);
        for _ in 0..PAGES {
            let mut variables = Variables::default();
            let from = variables.bind("String", after);
            let fields = "pageInfo { hasNextPage endCursor } nodes { name }";
            let selection = format!("heads: refs(refPrefix: \"refs/heads/\", first: 100, after: {from}) {{ {fields} }}");
            let Heads { heads } = self.ask(variables, &selection, "").await?;
            let heads = heads.unwrap_or_default();
            after = heads.next();
            all.extend(heads.into_iter().filter_map(|head| BranchName::parse(&head.name).ok()));
            if after.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// `POST /repos/{owner}/{repo}/git/refs` makes a ref and never moves one.
    pub(super) async fn make_branch(&self, branch: &BranchName, at: &Sha) -> Result<Applied> {
        match self.post("/git/refs", &NewRef { r#ref: format!("refs/heads/{branch}"), sha: at.as_str() }).await {
            Err(error) if error.is_rejection(422, "Reference already exists") => Ok(Applied::Unchanged),
            Err(error) if error.is_rejection(422, "Object does not exist") => Err(ForgeError::Rejected {
                call: format!("POST /git/refs for {branch}"),
                status: 422,
                message: format!("the commit {} is gone; push it again from a clone that has it", at.short()),
            }),
            answer => answer.map(|()| Applied::Created),
        }
    }
}

impl Told {
    fn landed(self, repository: u64) -> Result<LandedCommit, InvalidName> {
        let author = self.author.and_then(|author| author.user).map(|user| UserName::parse(&user.login)).transpose()?;
        let pulls = self.associated_pull_requests.into_iter().flatten();
        let merged = pulls.filter(|pull| pull.merged && pull.repository.database_id == Some(repository));
        let requests = merged.map(|pull| Ok((Number(pull.number), BranchName::parse(&pull.base_ref_name)?)));
        Ok(LandedCommit {
            sha: Sha::parse(&self.oid)?,
            subject: self.message_headline,
            author,
            requests: requests.collect::<Result<_, _>>()?,
        })
    }
}

impl Target {
    /// The commit that is meant in the end.
    fn commit(self) -> Option<String> {
        match self.kind.as_str() {
            "Commit" => Some(self.oid),
            _ => self.inner?.commit(),
        }
    }
}
