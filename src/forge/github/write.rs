//! What is done on GitHub: each action reads what is there and writes only the difference, so that it can be applied again.

use serde::{Deserialize, Serialize};

use super::GithubRepository;
use super::client::{Page, encode};
use crate::domain::event::Thread;
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::plan::{Check, CommentKey, Conclusion, Presence, Reaction};
use crate::forge::error::absent;
use crate::forge::texts::{fit, is_marked, mark, same};
use crate::forge::{Applied, ForgeError, Result};

/// GitHub's limits, in characters: of comments and descriptions, and of what a check says.
pub const TEXT: usize = 65_536;
const SUMMARY: usize = 65_535;

#[derive(Deserialize)]
struct CheckRuns {
    check_runs: Vec<CheckRun>,
}

#[derive(Deserialize)]
struct CheckRun {
    id: u64,
    status: String,
    conclusion: Option<String>,
    output: Output,
    app: Option<CheckApp>,
}

#[derive(Deserialize)]
struct CheckApp {
    slug: Option<String>,
}

#[derive(Deserialize)]
struct Output {
    title: Option<String>,
    summary: Option<String>,
}

/// `POST` and `PATCH /repos/{owner}/{repo}/check-runs`
#[derive(Serialize)]
struct CheckRunBody<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_sha: Option<&'a str>,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusion: Option<&'a str>,
    output: OutputBody<'a>,
}

#[derive(Serialize)]
struct OutputBody<'a> {
    title: &'a str,
    summary: &'a str,
}

#[derive(Deserialize)]
struct IssueComment {
    id: u64,
    body: Option<String>,
    user: Option<Author>,
}

#[derive(Deserialize)]
struct Author {
    login: String,
}

#[derive(Serialize)]
pub struct Body<'a> {
    pub body: &'a str,
}

#[derive(Serialize)]
struct Content {
    content: &'static str,
}

#[derive(Deserialize)]
pub struct GitRef {
    pub object: GitObject,
}

#[derive(Deserialize)]
pub struct GitObject {
    pub r#type: String,
    pub sha: String,
}

impl GithubRepository<'_> {
    pub(super) async fn report(&self, check: &Check<String>) -> Result<Applied> {
        let name = check.name.as_str();
        let me = self.my_name().await?;
        let route = format!("/commits/{}/check-runs?check_name={}&filter=latest", check.sha, encode(name));
        let found: CheckRuns = self.get(&route).await?;
        let mine = |run: &CheckRun| {
            let slug = run.app.as_ref().and_then(|app| app.slug.as_deref()).unwrap_or_default();
            me.strip_suffix("[bot]") == Some(slug)
        };
        let existing = found.check_runs.into_iter().find(mine);
        let summary = fit(&check.summary, SUMMARY);
        let (status, conclusion) = match check.conclusion {
            Conclusion::Success => ("completed", Some("success")),
            Conclusion::Failure => ("completed", Some("failure")),
            Conclusion::Pending => ("in_progress", None),
        };
        let output = OutputBody { title: &check.title, summary: &summary };
        let body = CheckRunBody { name, head_sha: None, status, conclusion, output };
        match existing {
            Some(run) if run.says(&body) => Ok(Applied::Unchanged),
            Some(run) => self.patch(&format!("/check-runs/{}", run.id), &body).await.map(|()| Applied::Changed),
            None if check.presence == Presence::OnlyIfPresent => Ok(Applied::Unchanged),
            None => {
                let body = CheckRunBody { head_sha: Some(check.sha.as_str()), ..body };
                self.post("/check-runs", &body).await.map(|()| Applied::Created)
            }
        }
    }

    /// An issue's and a pull request's conversation are the same thing on GitHub.
    pub(super) async fn comment(&self, thread: Thread, key: &CommentKey, presence: Presence, body: &str) -> Result<Applied> {
        let (Thread::ChangeRequest(number) | Thread::Issue(number)) = thread;
        let text = fit(&mark(key, body), TEXT);
        match self.own_comment(number, key).await? {
            Some(comment) if same(comment.body.as_deref().unwrap_or_default(), &text) => Ok(Applied::Unchanged),
            Some(comment) => {
                let body = Body { body: &text };
                self.patch(&format!("/issues/comments/{}", comment.id), &body).await.map(|()| Applied::Changed)
            }
            None if presence == Presence::OnlyIfPresent => Ok(Applied::Unchanged),
            None => {
                let body = Body { body: &text };
                self.post(&format!("/issues/{number}/comments"), &body).await.map(|()| Applied::Created)
            }
        }
    }

    async fn own_comment(&self, number: Number, key: &CommentKey) -> Result<Option<IssueComment>> {
        let me = self.my_name().await?;
        let mut page = Some(Page::First(format!("/issues/{number}/comments?per_page=100")));
        while let Some(at) = page {
            let (comments, next): (Vec<IssueComment>, _) = self.page(at).await?;
            let mine = |comment: &IssueComment| {
                let author = comment.user.as_ref().map(|user| user.login.as_str());
                author == Some(me) && is_marked(key, comment.body.as_deref().unwrap_or_default())
            };
            if let Some(comment) = comments.into_iter().find(mine) {
                return Ok(Some(comment));
            }
            page = next;
        }
        Ok(None)
    }

    /// A reaction that is there already is answered with success and stays one; to a comment that is gone there is none.
    pub(super) async fn react(&self, comment: u64, reaction: Reaction) -> Result<Applied> {
        let content = match reaction {
            Reaction::Eyes => "eyes",
            Reaction::ThumbsUp => "+1",
            Reaction::ThumbsDown => "-1",
        };
        match self.post(&format!("/issues/comments/{comment}/reactions"), &Content { content }).await {
            Err(ForgeError::NotFound { .. }) => Ok(Applied::Unchanged),
            answer => answer.map(|()| Applied::Created),
        }
    }

    pub(super) async fn delete_branch(&self, branch: &BranchName, at: &Sha) -> Result<Applied> {
        let path = encode(branch.as_str());
        let found: Option<GitRef> = absent(self.get(&format!("/git/ref/heads/{path}")).await)?;
        if found.is_none_or(|found| found.object.sha != at.as_str()) {
            return Ok(Applied::Unchanged);
        }
        match self.delete(&format!("/git/refs/heads/{path}")).await {
            Err(error) if error.is_rejection(422, "Reference does not exist") => Ok(Applied::Unchanged),
            answer => answer.map(|()| Applied::Deleted),
        }
    }
}

impl CheckRun {
    fn says(&self, body: &CheckRunBody<'_>) -> bool {
        let output = |text: &Option<String>, wanted: &str| same(text.as_deref().unwrap_or_default(), wanted);
        self.status == body.status
            && self.conclusion.as_deref() == body.conclusion
            && output(&self.output.title, body.output.title)
            && output(&self.output.summary, body.output.summary)
    }
}
