//! Commits as GraphQL shows them, with the pull requests that brought them, and how they become a window. It does not know what is
//! asked for besides, nor when.

use std::collections::HashSet;

use serde::Deserialize;

use super::graphql::Nodes;
use crate::domain::history::{Author, Commit, MergedRequest, Window};
use crate::domain::names::{BranchName, InvalidName, Moment, Number, Sha};

/// What is asked of each commit. An octopus rarely has more arms; open pull requests are associated too.
pub const COMMIT: &str = "
fragment Told on Commit {
  oid message committedDate
  parents(first: 100) { nodes { oid } }
  author { name email user { login } }
  associatedPullRequests(first: 5) { nodes {
    number title body merged headRefName isCrossRepository
    repository { databaseId }
    author { __typename login }
    mergeCommit { oid }
    closingIssuesReferences(first: 20) { nodes { number repository { databaseId } } }
  } }
}";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    oid: String,
    message: String,
    committed_date: jiff::Timestamp,
    parents: Nodes<Named>,
    author: Option<GitActor>,
    associated_pull_requests: Option<Nodes<Pull>>,
}

#[derive(Deserialize)]
struct Named {
    oid: String,
}

#[derive(Deserialize)]
struct GitActor {
    name: Option<String>,
    email: Option<String>,
    /// Only people are users: a bot's commit has none.
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

/// Somebody who acts on the forge.
#[derive(Deserialize, Clone)]
pub struct Actor {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
}

impl Actor {
    /// The name that REST and webhooks use: GraphQL leaves `[bot]` out.
    pub fn login(self) -> String {
        if self.kind == "Bot" { format!("{}[bot]", self.login) } else { self.login }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    number: u64,
    title: String,
    body: String,
    merged: bool,
    head_ref_name: String,
    is_cross_repository: bool,
    repository: Home,
    author: Option<Actor>,
    merge_commit: Option<Named>,
    closing_issues_references: Option<Nodes<Issue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Home {
    database_id: Option<u64>,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    repository: Home,
}

/// Adds commits that are not there yet, and what is told of the pull requests that were merged into the repository with this id.
pub fn add(window: &mut Window, told: impl IntoIterator<Item = Told>, repository: u64) -> Result<(), InvalidName> {
    let mut known: HashSet<Sha> = window.commits.iter().map(|commit| commit.sha.clone()).collect();
    for Told { oid, message, committed_date, parents, author, associated_pull_requests } in told {
        let sha = Sha::parse(&oid)?;
        if !known.insert(sha.clone()) {
            continue;
        }
        let here = |pull: &Pull| pull.merged && pull.repository.database_id == Some(repository);
        for pull in associated_pull_requests.into_iter().flatten().filter(here) {
            associate(window, pull, &sha, repository)?;
        }
        let parents = parents.into_iter().map(|parent| Sha::parse(&parent.oid)).collect::<Result<_, _>>()?;
        let (at, author) = (Moment(committed_date.as_second()), author.map(GitActor::author).unwrap_or_default());
        window.commits.push(Commit { sha, parents, message, at, author, files: None });
    }
    Ok(())
}

fn associate(window: &mut Window, pull: Pull, sha: &Sha, repository: u64) -> Result<(), InvalidName> {
    let merge = pull.merge_commit.as_ref().map(|commit| Sha::parse(&commit.oid)).transpose()?;
    let request = match window.requests.iter_mut().find(|request| request.number.0 == pull.number) {
        Some(request) => request,
        None => window.requests.push_mut(pull.request(repository)),
    };
    // A merge commit counts even where the forge does not show yet whose it is.
    for sha in merge.into_iter().chain([sha.clone()]) {
        if !request.commits.contains(&sha) {
            request.commits.push(sha);
        }
    }
    Ok(())
}

impl Pull {
    fn request(self, repository: u64) -> MergedRequest {
        let here = |issue: &Issue| issue.repository.database_id == Some(repository);
        let closed = self.closing_issues_references.into_iter().flatten().filter(here);
        MergedRequest {
            number: Number(self.number),
            label: format!("#{}", self.number),
            title: self.title,
            body: self.body,
            // A fork may call its branches whatever it likes.
            branch: BranchName::parse(&self.head_ref_name).ok().filter(|_| !self.is_cross_repository),
            author: self.author.map(Actor::login),
            closes: closed.map(|issue| Number(issue.number)).collect(),
            commits: Vec::new(),
        }
    }
}

impl GitActor {
    fn author(self) -> Author {
        let login = self.user.map(|user| user.login).or_else(|| self.email.as_deref().and_then(noreply));
        Author { name: self.name.unwrap_or_default(), login }
    }
}

/// The login in an address that GitHub gives to those who hide theirs, which bots have too.
fn noreply(email: &str) -> Option<String> {
    let name = email.strip_suffix("@users.noreply.github.com")?;
    Some(name.split_once('+').map_or(name, |(_, login)| login).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn window() -> Window {
        let head = Sha::parse(&"a".repeat(40)).unwrap();
        Window { head, commits: vec![], whole: false, complete_since: vec![], tags: vec![], elsewhere: vec![], requests: vec![] }
    }

    fn told(digit: &str, pulls: &Value) -> Told {
        let author = json!({"name": "Dependabot", "email": "49699333+dependabot[bot]@users.noreply.github.com", "user": null});
        serde_json::from_value(json!({
            "oid": digit.repeat(40), "message": "m", "committedDate": "2026-01-01T00:00:00Z", "parents": {"nodes": []},
            "author": author, "associatedPullRequests": {"nodes": pulls},
        }))
        .unwrap()
    }

    fn pull(number: u64, repository: u64, merged: bool) -> Value {
        json!({
            "number": number, "title": "t", "body": "", "merged": merged, "headRefName": "x", "isCrossRepository": false,
            "repository": {"databaseId": repository}, "author": {"__typename": "Bot", "login": "renovate"},
            "mergeCommit": {"oid": "a".repeat(40)},
            "closingIssuesReferences": {"nodes": [{"number": 5, "repository": {"databaseId": 1}}, {"number": 6, "repository": {"databaseId": 2}}]},
        })
    }

    #[test]
    fn only_merged_requests_of_this_repository_count() {
        let mut window = window();
        add(&mut window, [told("a", &json!([pull(1, 1, true), pull(2, 1, false), pull(3, 9, true), null]))], 1).unwrap();
        let request = &window.requests[0];
        assert_eq!((window.requests.len(), request.label.as_str(), request.closes.as_slice()), (1, "#1", [Number(5)].as_slice()));
        assert_eq!(request.author.as_deref(), Some("renovate[bot]"));
        assert_eq!(window.commits[0].author.login.as_deref(), Some("dependabot[bot]"));
    }

    #[test]
    fn the_commits_of_a_request_are_found_over_several_reads() {
        let mut window = window();
        add(&mut window, [told("b", &json!([pull(1, 1, true)]))], 1).unwrap();
        add(&mut window, [told("b", &json!([])), told("c", &json!([pull(1, 1, true)]))], 1).unwrap();
        let digits: Vec<_> = window.requests[0].commits.iter().map(|sha| &sha.as_str()[..1]).collect();
        assert_eq!((window.commits.len(), digits), (2, vec!["a", "b", "c"]));
    }
}
