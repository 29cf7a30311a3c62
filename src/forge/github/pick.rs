//! A commit's change, put on another commit by the API alone. The merges endpoint merges in three ways; a commit beside the picked one,
//! with the tree of where it is to go and the parent of the picked one, makes that parent the merge base.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::GithubRepository;
use super::client::{encode, read};
use super::publish::NewRef;
use crate::forge::error::absent;
use crate::forge::{ForgeError, Result};

/// Nobody's CI is to run for what is only tried out.
const TRIED: &str = "slipway: try out what is carried\n\n[skip ci]\nskip-checks: true";

/// `POST /repos/{owner}/{repo}/git/commits`. The committer is the author, as GitHub has it.
#[derive(Serialize)]
struct CommitBody<'a> {
    message: &'a str,
    tree: &'a str,
    parents: Vec<&'a str>,
    /// Left out, the commit is the App's, and GitHub signs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<AuthorBody<'a>>,
}

#[derive(Serialize)]
struct AuthorBody<'a> {
    name: &'a str,
    email: &'a str,
    date: &'a str,
}

#[derive(Deserialize)]
struct Made {
    sha: String,
}

/// `PATCH /repos/{owner}/{repo}/git/refs/{ref}`
#[derive(Serialize)]
struct Moved<'a> {
    sha: &'a str,
    force: bool,
}

/// `POST /repos/{owner}/{repo}/merges`
#[derive(Serialize)]
struct Merge<'a> {
    base: &'a str,
    head: &'a str,
    commit_message: &'a str,
}

#[derive(Deserialize)]
struct Merged {
    commit: MergedCommit,
    parents: Vec<Named>,
}

#[derive(Deserialize)]
struct MergedCommit {
    tree: Named,
}

#[derive(Deserialize)]
struct Named {
    sha: String,
}

/// `GET /repos/{owner}/{repo}/git/ref/{ref}`
#[derive(Deserialize)]
struct Ref {
    object: Named,
}

/// A commit to make.
pub struct Making<'a> {
    pub message: &'a str,
    pub tree: &'a str,
    pub parents: &'a [&'a str],
    /// Name, address and date.
    pub author: Option<(&'a str, &'a str, &'a str)>,
}

/// What is put where: the change that `head` makes to `parent`, onto a commit with this tree.
pub struct Change<'a> {
    pub parent: Option<&'a str>,
    pub head: &'a str,
    pub onto: &'a str,
}

/// A branch on which merges are tried out.
pub struct Workplace {
    pub name: String,
    pub is_there: bool,
}

impl GithubRepository<'_> {
    pub(super) async fn make_commit(&self, making: &Making<'_>) -> Result<String> {
        let Making { message, tree, parents, author } = *making;
        let author = author.map(|(name, email, date)| AuthorBody { name, email, date });
        let route = self.route("/git/commits");
        let body = CommitBody { message, tree, parents: parents.to_vec(), author };
        let made: Made = read(&route, &self.call(Method::POST, &route, Some(&body)).await?)?;
        Ok(made.sha)
    }

    /// The tree that comes of a change; `None`: it conflicts.
    pub(super) async fn put_on(&self, workplace: &mut Workplace, change: &Change<'_>) -> Result<Option<String>> {
        let parents: Vec<&str> = change.parent.into_iter().collect();
        let sibling = self.make_commit(&Making { message: TRIED, tree: change.onto, parents: &parents, author: None }).await?;
        self.set_up(workplace, &sibling).await?;
        let route = self.route("/merges");
        let body = Merge { base: &workplace.name, head: change.head, commit_message: TRIED };
        let merged = match self.call(Method::POST, &route, Some(&body)).await {
            // A conflict with another commit than the sibling says nothing about this change.
            Err(error) if error.is_rejection(409, "Merge conflict") => {
                return if self.is_at(workplace, &sibling).await? { Ok(None) } else { Err(moved(workplace, &route)) };
            }
            answer => answer?,
        };
        // The sibling never has the head behind it, so nothing to merge means that an earlier merge has come late.
        if merged.status() == StatusCode::NO_CONTENT {
            return Err(moved(workplace, &route));
        }
        let Merged { commit, parents } = read(&route, &merged)?;
        let is_ours = parents.first().is_some_and(|parent| parent.sha == sibling);
        if is_ours { Ok(Some(commit.tree.sha)) } else { Err(moved(workplace, &route)) }
    }

    async fn is_at(&self, workplace: &Workplace, at: &str) -> Result<bool> {
        let found: Option<Ref> = absent(self.get(&format!("/git/ref/heads/{}", encode(&workplace.name))).await)?;
        Ok(found.is_some_and(|found| found.object.sha == at))
    }

    /// Puts the workplace at a commit, wherever an attempt that was cut off has left it.
    async fn set_up(&self, workplace: &mut Workplace, at: &str) -> Result<()> {
        if !workplace.is_there {
            let made = self.post("/git/refs", &NewRef { r#ref: format!("refs/heads/{}", workplace.name), sha: at }).await;
            workplace.is_there = true;
            match made {
                Err(error) if error.is_rejection(422, "Reference already exists") => {}
                answer => return answer,
            }
        }
        self.patch(&format!("/git/refs/heads/{}", encode(&workplace.name)), &Moved { sha: at, force: true }).await
    }

    pub(super) async fn clear(&self, workplace: &Workplace) -> Result<()> {
        if !workplace.is_there {
            return Ok(());
        }
        match self.delete(&format!("/git/refs/heads/{}", encode(&workplace.name))).await {
            Err(error) if error.is_rejection(422, "Reference does not exist") => Ok(()),
            Err(ForgeError::NotFound { .. }) => Ok(()),
            answer => answer,
        }
    }
}

/// Trying again puts the branch where it belongs.
fn moved(workplace: &Workplace, route: &str) -> ForgeError {
    ForgeError::Unavailable { call: format!("POST {route}"), why: format!("the branch {} moved meanwhile", workplace.name) }
}
