//! The release change request: one commit on a branch of Slipway's own, made and signed by GitHub. The branch is never where its base is
//! while a pull request is open, as GitHub would close that; so a new commit is made on a branch beside it, which then gives its place up.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::GithubRepository;
use super::graphql::{CALL, Nodes, Variables};
use super::line::{PROPOSAL, Proposed};
use super::read::unreadable;
use super::write::TEXT;
use crate::domain::facts::{Proposal, State};
use crate::domain::names::Number;
use crate::domain::plan::Propose;
use crate::forge::error::absent;
use crate::forge::texts::{commit_message, fit, is_made_from, same};
use crate::forge::{Applied, ForgeError, Result};

/// What stands for a ref that does not exist.
pub const NOWHERE: &str = "0000000000000000000000000000000000000000";

/// `PATCH /repos/{owner}/{repo}/pulls/{pull_number}`
#[derive(Serialize, Default)]
struct PullBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

#[derive(Deserialize)]
struct PullText {
    body: Option<String>,
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    id: String,
    r#ref: Option<Place>,
    pull_requests: Nodes<Proposed>,
}

#[derive(Deserialize)]
struct Place {
    target: Option<Object>,
}

#[derive(Deserialize)]
struct Object {
    oid: String,
}

#[derive(Deserialize)]
struct Identity {
    id: String,
}

#[derive(Deserialize)]
struct Made {
    commit: MadeCommit,
}

#[derive(Deserialize)]
struct MadeCommit {
    commit: Object,
    r#ref: MadeRef,
}

#[derive(Deserialize)]
struct MadeRef {
    repository: MadeIn,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MadeIn {
    pull_request: Identity,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    create_pull_request: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    pull_request: Option<Numbered>,
}

#[derive(Deserialize)]
struct Numbered {
    number: u64,
}

impl Opened {
    /// What is asked of a pull request that is opened.
    pub const FIELDS: &str = "pullRequest { number }";

    pub fn number(self) -> Option<Number> {
        self.create_pull_request.pull_request.map(|opened| Number(opened.number))
    }
}

impl GithubRepository<'_> {
    pub(super) async fn propose(&self, propose: &Propose<String>) -> Result<Applied> {
        if let Some(seen) = &propose.seen {
            return self.renew(propose, seen).await;
        }
        // What was not seen may be there by now: this may have been applied before, and its answer lost.
        let standing = self.standing(propose).await?;
        let open = standing.pull_requests.into_iter().filter(|found| !found.is_cross_repository).map(Proposed::proposal);
        let open: Vec<Proposal> = open.collect::<Result<_, _>>().map_err(unreadable(CALL))?;
        match open.iter().find(|found| found.state == State::Open) {
            Some(found) => self.renew(propose, found).await,
            None => self.open(propose, &standing.id, standing.r#ref.and_then(|place| place.target)).await,
        }
    }

    async fn standing(&self, propose: &Propose<String>) -> Result<Standing> {
        let mut variables = Variables::default();
        let head = variables.bind("String!", propose.branch.as_str());
        let name = variables.bind("String!", format!("refs/heads/{}", propose.branch));
        let requests = format!("pullRequests(headRefName: {head}, states: OPEN, first: 10) {{ nodes {{ ...Proposed }} }}");
        self.ask(variables, &format!("id ref(qualifiedName: {name}) {{ target {{ oid }} }} {requests}"), PROPOSAL).await
    }

    /// One request: the branch is put on its base, gets its commit, and is proposed. Whatever was on it belongs to nobody any more.
    async fn open(&self, propose: &Propose<String>, repository: &str, place: Option<Object>) -> Result<Applied> {
        let before = place.map_or_else(|| NOWHERE.to_owned(), |place| place.oid);
        let mut variables = Variables::default();
        let place = moved(propose.branch.as_str(), &before, propose.onto.as_str());
        let places = variables.bind("UpdateRefsInput!", json!({"repositoryId": repository, "refUpdates": [place]}));
        let commit = variables.bind("CreateCommitOnBranchInput!", self.commit(propose, propose.branch.as_str()));
        let body = fit(&propose.body, TEXT);
        let (base, head) = (propose.base.as_str(), propose.branch.as_str());
        let pull = json!({"repositoryId": repository, "baseRefName": base, "headRefName": head, "title": propose.title, "body": body});
        let pull = variables.bind("CreatePullRequestInput!", pull);
        let refs =
            format!("updateRefs(input: {places}) {{ clientMutationId }} createCommitOnBranch(input: {commit}) {{ clientMutationId }}");
        let selection = format!("{refs} createPullRequest(input: {pull}) {{ {} }}", Opened::FIELDS);
        let opened: Opened = self.mutate(&variables, &selection).await?;
        self.came_from(&propose.branch, opened.number());
        Ok(Applied::Created)
    }

    async fn renew(&self, propose: &Propose<String>, seen: &Proposal) -> Result<Applied> {
        let applied = self.refresh(propose, seen).await?;
        self.came_from(&propose.branch, Some(seen.number));
        Ok(applied)
    }

    async fn refresh(&self, propose: &Propose<String>, seen: &Proposal) -> Result<Applied> {
        let body = fit(&propose.body, TEXT);
        if !is_made_from(propose, &seen.message) {
            return self.push(propose, seen, &body).await;
        }
        if seen.title == propose.title && same(&seen.body, &body) && seen.base == propose.base {
            return Ok(Applied::Unchanged);
        }
        let body = PullBody { title: Some(&propose.title), body: &body, base: Some(propose.base.as_str()), state: None };
        self.patch(&format!("/pulls/{}", seen.number), &body).await.map(|()| Applied::Changed)
    }

    /// Two requests: a commit beside the branch; then the branch is moved to it, if it still is where it was seen.
    async fn push(&self, propose: &Propose<String>, seen: &Proposal, body: &str) -> Result<Applied> {
        let repository = self.node().await?;
        let beside = format!("slipway/release-next/{}", propose.branch.as_str().replace('/', "-"));
        let mut variables = Variables::default();
        let place = json!({"name": format!("refs/heads/{beside}"), "afterOid": propose.onto.as_str(), "force": true});
        let places = variables.bind("UpdateRefsInput!", json!({"repositoryId": repository, "refUpdates": [place]}));
        let commit = variables.bind("CreateCommitOnBranchInput!", self.commit(propose, &beside));
        let number = variables.bind("Int!", seen.number.0);
        let told = format!("commit {{ oid }} ref {{ repository {{ pullRequest(number: {number}) {{ id }} }} }}");
        let refs = format!("updateRefs(input: {places}) {{ clientMutationId }} commit: createCommitOnBranch(input: {commit}) {{ {told} }}");
        let Made { commit } = self.mutate(&variables, &refs).await?;
        let (made, pull) = (commit.commit.oid, commit.r#ref.repository.pull_request.id);

        let mut variables = Variables::default();
        let places = [moved(propose.branch.as_str(), seen.tip.as_str(), &made), moved(&beside, &made, NOWHERE)];
        let places = variables.bind("UpdateRefsInput!", json!({"repositoryId": repository, "refUpdates": places}));
        let pull = json!({"pullRequestId": pull, "title": propose.title, "body": body, "baseRefName": propose.base.as_str()});
        let pull = variables.bind("UpdatePullRequestInput!", pull);
        let refs = format!("updateRefs(input: {places}) {{ clientMutationId }}");
        let selection = format!("{refs} updatePullRequest(input: {pull}) {{ clientMutationId }}");
        self.mutate::<Value>(&variables, &selection).await.map(|_| Applied::Changed)
    }

    fn commit(&self, propose: &Propose<String>, branch: &str) -> Value {
        let additions: Vec<_> = propose.files.iter().map(|(path, text)| json!({"path": path, "contents": STANDARD.encode(text)})).collect();
        let message = commit_message(propose);
        let (headline, body) = message.split_once("\n\n").unwrap_or((&message, ""));
        json!({
            "branch": {"repositoryNameWithOwner": self.path.as_str(), "branchName": branch},
            "expectedHeadOid": propose.onto.as_str(),
            "message": {"headline": headline, "body": body},
            "fileChanges": {"additions": additions},
        })
    }

    /// What GraphQL calls this repository.
    pub(super) async fn node(&self) -> Result<&str> {
        let ask = || async { Ok::<_, ForgeError>(self.ask::<Identity>(Variables::default(), "id", "").await?.id) };
        self.node.get_or_try_init(ask).await.map(String::as_str)
    }

    /// One that was merged meanwhile is not touched, and one that is gone cannot be.
    pub(super) async fn withdraw(&self, number: Number, body: &str) -> Result<Applied> {
        let text = fit(body, TEXT);
        let found = absent(self.get::<PullText>(&format!("/pulls/{number}")).await)?;
        if found.is_none_or(|found| found.state != "open") {
            return Ok(Applied::Unchanged);
        }
        let body = PullBody { body: &text, state: Some("closed"), ..PullBody::default() };
        self.patch(&format!("/pulls/{number}"), &body).await.map(|()| Applied::Changed)
    }

    pub(super) async fn describe(&self, number: Number, body: &str) -> Result<Applied> {
        let text = fit(body, TEXT);
        match absent(self.get::<PullText>(&format!("/pulls/{number}")).await)? {
            Some(found) if !same(found.body.as_deref().unwrap_or_default(), &text) => {
                let body = PullBody { body: &text, ..PullBody::default() };
                self.patch(&format!("/pulls/{number}"), &body).await.map(|()| Applied::Changed)
            }
            _ => Ok(Applied::Unchanged),
        }
    }
}

fn moved(branch: &str, before: &str, after: &str) -> Value {
    json!({"name": format!("refs/heads/{branch}"), "beforeOid": before, "afterOid": after, "force": true})
}
