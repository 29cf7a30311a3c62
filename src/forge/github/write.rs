//! What is done on GitHub: each action reads what is there and writes only the difference, so that it can be applied again.

use serde::{Deserialize, Serialize};

use super::GithubRepository;
use super::client::{Page, encode};
use super::said::{OwnCheck, OwnComment};
use crate::domain::event::Thread;
use crate::domain::facts::{Asked, Reply};
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::plan::{Annotation, Check, CommentKey, Conclusion, Presence, Reaction};
use crate::forge::error::absent;
use crate::forge::seal::place;
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
    /// Of a new check run only: those of an existing one are added to, never replaced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<AnnotationBody<'a>>,
}

/// Columns are allowed where both lines are the same one.
#[derive(Serialize)]
struct AnnotationBody<'a> {
    path: &'a str,
    start_line: usize,
    end_line: usize,
    start_column: usize,
    end_column: usize,
    annotation_level: &'static str,
    message: &'a str,
}

impl<'a> AnnotationBody<'a> {
    fn of(annotation: &'a Annotation) -> Self {
        let Annotation { path, line, column, message } = annotation;
        let (start_line, end_line, start_column, end_column) = (*line, *line, *column, *column);
        Self { path, start_line, end_line, start_column, end_column, annotation_level: "failure", message }
    }
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
        let name = &check.name.text();
        let existing = match self.said.check(&check.sha, name) {
            Asked::Answered(known) => known,
            Asked::Never => self.own_check(&check.sha, name).await?,
        };
        let summary = fit(&check.summary, SUMMARY);
        let (status, conclusion) = match check.conclusion {
            Conclusion::Success => ("completed", Some("success")),
            Conclusion::Neutral => ("completed", Some("neutral")),
            Conclusion::Failure => ("completed", Some("failure")),
            Conclusion::Pending => ("in_progress", None),
        };
        let output = OutputBody { title: &check.title, summary: &summary, annotations: Vec::new() };
        let body = CheckRunBody { name, head_sha: None, status, conclusion, output };
        if existing.as_ref().map_or(check.presence == Presence::OnlyIfPresent, |run| run.says(&body)) {
            return Ok(Applied::Unchanged);
        }
        self.said.wrote_check(&check.sha, name);
        if let Some(run) = existing {
            return self.patch(&format!("/check-runs/{}", run.id), &body).await.map(|()| Applied::Changed);
        }
        let annotations = check.annotations.iter().map(AnnotationBody::of).collect();
        let output = OutputBody { annotations, ..body.output };
        let body = CheckRunBody { head_sha: Some(check.sha.as_str()), output, ..body };
        self.post("/check-runs", &body).await.map(|()| Applied::Created)
    }

    async fn own_check(&self, sha: &Sha, name: &str) -> Result<Option<OwnCheck>> {
        let me = self.my_name().await?;
        let found: CheckRuns = self.get(&format!("/commits/{sha}/check-runs?check_name={}&filter=latest", encode(name))).await?;
        let mine = |run: &CheckRun| {
            let slug = run.app.as_ref().and_then(|app| app.slug.as_deref()).unwrap_or_default();
            me.strip_suffix("[bot]") == Some(slug)
        };
        Ok(found.check_runs.into_iter().find(mine).map(|run| run.named(name)))
    }

    /// An issue's and a pull request's conversation are the same thing on GitHub.
    pub(super) async fn comment(&self, thread: Thread, key: &CommentKey, presence: Presence, body: &str) -> Result<Applied> {
        let (Thread::ChangeRequest(number) | Thread::Issue(number)) = thread;
        self.say(number, key, (presence, &fit(&mark(key, body), TEXT))).await
    }

    /// The comment as a whole, with its mark.
    pub(super) async fn say(&self, number: Number, key: &CommentKey, (presence, text): (Presence, &str)) -> Result<Applied> {
        let existing = self.own_comment(number, key).await?;
        if existing.as_ref().map_or(presence == Presence::OnlyIfPresent, |comment| same(&comment.body, text)) {
            return Ok(Applied::Unchanged);
        }
        self.said.wrote_comment(number, key);
        let body = Body { body: text };
        match existing {
            Some(comment) => self.patch(&format!("/issues/comments/{}", comment.id), &body).await.map(|()| Applied::Changed),
            None => self.post(&format!("/issues/{number}/comments"), &body).await.map(|()| Applied::Created),
        }
    }

    pub(super) async fn reply(&self, thread: Thread, comment: u64) -> Result<Reply> {
        let (Thread::ChangeRequest(number) | Thread::Issue(number)) = thread;
        let key = CommentKey::Reply(comment);
        Ok(match self.own_comment(number, &key).await? {
            None => Reply::None,
            Some(said) => {
                let noted = self.forge.seal.read_comment(self.id, &place(thread), &key.to_string(), &said.body);
                noted.map_or(Reply::Done, Reply::Begun)
            }
        })
    }

    pub(super) async fn own_comment(&self, number: Number, key: &CommentKey) -> Result<Option<OwnComment>> {
        match self.said.comment(number, key) {
            Asked::Answered(known) => Ok(known),
            Asked::Never => self.find_comment(number, key).await,
        }
    }

    /// Where there is none, all of Slipway's own in the thread have been seen, and are remembered.
    async fn find_comment(&self, number: Number, key: &CommentKey) -> Result<Option<OwnComment>> {
        let me = self.my_name().await?;
        let mut own: Vec<OwnComment> = Vec::new();
        let mut page = Some(Page::First(format!("/issues/{number}/comments?per_page=100")));
        while let Some(at) = page {
            let (comments, next): (Vec<IssueComment>, _) = self.page(at).await?;
            let mine = comments.into_iter().filter(|comment| comment.user.as_ref().is_some_and(|user| user.login == me));
            own.extend(mine.map(|comment| OwnComment { id: comment.id, body: comment.body.unwrap_or_default() }));
            if let Some(found) = own.iter().find(|comment| is_marked(key, &comment.body)) {
                return Ok(Some(found.clone()));
            }
            page = next;
        }
        self.said.remember_comments(number, own);
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
    fn named(self, name: &str) -> OwnCheck {
        let Self { id, status, conclusion, output, .. } = self;
        let (title, summary) = (output.title.unwrap_or_default(), output.summary.unwrap_or_default());
        OwnCheck { id, name: name.to_owned(), status, conclusion, title, summary }
    }
}

impl OwnCheck {
    fn says(&self, body: &CheckRunBody<'_>) -> bool {
        self.status == body.status
            && self.conclusion.as_deref() == body.conclusion
            && same(&self.title, body.output.title)
            && same(&self.summary, body.output.summary)
    }
}
