//! What GitHub's deliveries mean: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.
//! Must not know who sent them: whoever calls `parse` has verified the signature over the same bytes.

mod running;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use http::HeaderMap;
use serde::Deserialize;
use serde::de::IgnoredAny;

use self::running::{Branch, Deployment, DeploymentStatus, Suite, check_suite, deployment_status, status};
use super::{
    Commit, Parsed, PushedCommit, Text, Unusable, header, ignored, is_checklist, json, malformed, moment, named, ref_event, required,
    required_header, with_commits,
};
use crate::domain::event::{Actor, Change, Delivery, Edit, Event, ForgeKind, IssueChange, Nature, Repository, Thread};
use crate::domain::facts::IssueKind;
use crate::domain::names::{BranchName, Number, RepoPath, Sha, UserName};

/// Reads one delivery. A kind or action that nothing asks about is ignored before its fields are looked at.
pub fn parse(headers: &HeaderMap, body: &[u8]) -> Parsed {
    understand(headers, body).into()
}

fn understand(headers: &HeaderMap, body: &[u8]) -> Result<Delivery, Unusable> {
    let kind = required_header(headers, "X-GitHub-Event")?;
    let id = required_header(headers, "X-GitHub-Delivery")?.to_owned();
    let event = match kind {
        "pull_request" => pull_request,
        "pull_request_review" => review,
        "push" => push,
        "issue_comment" => comment,
        "issues" => issue,
        "merge_group" => merge_group,
        "repository_ruleset" => ruleset,
        "milestone" => milestone,
        "check_suite" => check_suite,
        "status" => status,
        "deployment_status" => deployment_status,
        other => return ignored(uninteresting(other)),
    };
    if header(headers, "Content-Type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return malformed("header Content-Type: the body is a form; set the webhook's content type to application/json");
    }
    let mut payload: Payload = json(body)?;
    // The App that the hook is of. (<https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers>)
    let is_of_app = header(headers, "X-GitHub-Hook-Installation-Target-Type") == Some("integration");
    payload.app = header(headers, "X-GitHub-Hook-Installation-Target-ID").filter(|_| is_of_app).and_then(|id| id.parse().ok());
    let event = event(&payload)?;
    Ok(Delivery { id, repository: payload.repository()?, actor: payload.actor()?, event })
}

/// Every field that some event needs, each optional: which ones must be there depends on the event and its action.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    action: Option<Text<'a>>,
    repository: Option<WireRepository<'a>>,
    sender: Option<Sender<'a>>,
    installation: Option<Installation>,
    pull_request: Option<PullRequest<'a>>,
    changes: Option<Changes<'a>>,
    issue: Option<Issue<'a>>,
    comment: Option<Comment<'a>>,
    label: Option<Label<'a>>,
    merge_group: Option<MergeGroup<'a>>,
    milestone: Option<Milestone<'a>>,
    #[serde(rename = "ref")]
    name: Option<Text<'a>>,
    before: Option<Text<'a>>,
    after: Option<Text<'a>>,
    head_commit: Option<Commit<'a>>,
    commits: Option<Vec<PushedCommit<'a>>>,
    forced: Option<bool>,
    check_suite: Option<Suite<'a>>,
    deployment: Option<Deployment<'a>>,
    deployment_status: Option<DeploymentStatus<'a>>,
    /// Of a commit status, which stands in the payload itself.
    sha: Option<Text<'a>>,
    context: Option<Text<'a>>,
    state: Option<Text<'a>>,
    branches: Option<Vec<Branch<'a>>>,
    /// Whom it was delivered to, by the headers.
    #[serde(skip)]
    app: Option<u64>,
}

#[derive(Deserialize)]
struct WireRepository<'a> {
    id: u64,
    #[serde(borrow)]
    full_name: Text<'a>,
    default_branch: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Sender<'a> {
    #[serde(borrow)]
    login: Text<'a>,
    #[serde(rename = "type")]
    kind: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
}

#[derive(Deserialize)]
struct PullRequest<'a> {
    number: u64,
    #[serde(borrow)]
    head: Side<'a>,
    base: Option<Side<'a>>,
    updated_at: Text<'a>,
    merged: Option<bool>,
    #[serde(borrow)]
    labels: Option<Vec<Label<'a>>>,
}

#[derive(Deserialize)]
struct Side<'a> {
    #[serde(borrow, rename = "ref")]
    name: Option<Text<'a>>,
    sha: Text<'a>,
}

impl Side<'_> {
    fn branch(&self) -> Option<BranchName> {
        BranchName::parse(self.name.as_deref()?).ok()
    }
}

#[derive(Deserialize)]
struct Changes<'a> {
    base: Option<IgnoredAny>,
    #[serde(borrow)]
    body: Option<Before<'a>>,
}

#[derive(Deserialize)]
struct Before<'a> {
    #[serde(borrow)]
    from: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Issue<'a> {
    number: u64,
    pull_request: Option<IgnoredAny>,
    #[serde(borrow)]
    labels: Option<Vec<Label<'a>>>,
    body: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Label<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct Milestone<'a> {
    #[serde(borrow)]
    title: Text<'a>,
}

#[derive(Deserialize)]
struct MergeGroup<'a> {
    #[serde(borrow)]
    head_sha: Text<'a>,
    head_ref: Text<'a>,
}

#[derive(Deserialize)]
struct Comment<'a> {
    id: u64,
    #[serde(borrow)]
    body: Option<Text<'a>>,
    user: Option<Writer<'a>>,
}

/// Of whom only the kind matters.
#[derive(Deserialize)]
struct Writer<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
}

impl Payload<'_> {
    fn action(&self) -> Result<&str, Unusable> {
        required("action", self.action.as_deref())
    }

    fn repository(&self) -> Result<Repository, Unusable> {
        let repository = required("repository", self.repository.as_ref())?;
        Ok(Repository {
            forge: ForgeKind::GitHub,
            id: repository.id,
            path: named("repository.full_name", RepoPath::parse(&repository.full_name))?,
            default_branch: repository.default_branch.as_deref().and_then(|name| BranchName::parse(name).ok()),
            tenant: self.installation.as_ref().map(|installation| installation.id),
        })
    }

    fn actor(&self) -> Result<Actor, Unusable> {
        let sender = required("sender", self.sender.as_ref())?;
        let nature = if sender.kind.as_deref() == Some("Bot") { Nature::Bot } else { Nature::Person };
        Ok(Actor { name: named("sender.login", UserName::parse(&sender.login))?, nature })
    }

    /// What the text was before it became this, where that is what happened.
    fn edit(&self, after: &str) -> Option<Edit> {
        let before = self.changes.as_ref()?.body.as_ref()?.from.as_deref().unwrap_or_default().to_owned();
        Some(Edit { before, after: after.to_owned() })
    }

    /// The label that was just taken off counts too.
    fn with_that_label(&self, labels: Option<&[Label]>) -> BTreeSet<String> {
        labels.unwrap_or_default().iter().chain(&self.label).map(|label| label.name.to_string()).collect()
    }

    fn change_request(&self, change: Change) -> Result<Event, Unusable> {
        let request = required("pull_request", self.pull_request.as_ref())?;
        Ok(Event::ChangeRequest {
            number: Number(request.number),
            change,
            head: named("pull_request.head.sha", Sha::parse(&request.head.sha))?,
            branch: request.head.branch(),
            base: request.base.as_ref().and_then(Side::branch),
            labels: self.with_that_label(request.labels.as_deref()),
            at: moment("pull_request.updated_at", &request.updated_at)?,
        })
    }
}

fn pull_request(payload: &Payload) -> Result<Event, Unusable> {
    let retargeted = payload.changes.as_ref().is_some_and(|changes| changes.base.is_some());
    let merged = payload.pull_request.as_ref().is_some_and(|request| request.merged == Some(true));
    payload.change_request(match payload.action()? {
        "opened" => Change::Opened,
        "reopened" => Change::Reopened,
        "synchronize" => Change::Updated,
        "edited" if merged => Change::Amended,
        "edited" if retargeted => Change::Retargeted,
        "edited" => Change::Edited,
        "labeled" | "unlabeled" if merged => Change::Relabelled,
        "labeled" | "unlabeled" | "ready_for_review" | "converted_to_draft" | "milestoned" | "demilestoned" => Change::Labelled,
        "closed" if merged => Change::Merged,
        "closed" => Change::Closed,
        other => return ignored(format!("no rule asks about pull_request {other:?}")),
    })
}

/// A review counts as a label does: it may be what a rule waits for.
fn review(payload: &Payload) -> Result<Event, Unusable> {
    match payload.action()? {
        "submitted" | "dismissed" => payload.change_request(Change::Labelled),
        other => ignored(format!("no rule asks about pull_request_review {other:?}")),
    }
}

fn comment(payload: &Payload) -> Result<Event, Unusable> {
    let is_edit = match payload.action()? {
        "created" => false,
        "edited" => true,
        "deleted" => return ignored("only new comments command"),
        other => return ignored(format!("nothing asks about issue_comment {other:?}")),
    };
    let issue = required("issue", payload.issue.as_ref())?;
    let comment = required("comment", payload.comment.as_ref())?;
    let number = Number(issue.number);
    let thread = if issue.pull_request.is_some() { Thread::ChangeRequest(number) } else { Thread::Issue(number) };
    let (id, body) = (comment.id, comment.body.as_deref().unwrap_or_default().to_owned());
    if !is_edit {
        return Ok(Event::Comment { thread, id, body });
    }
    let by_bot = comment.user.as_ref().is_some_and(|user| user.kind.as_deref() == Some("Bot"));
    // Who edits may have taken the mark away.
    match payload.edit(&body) {
        Some(text) if by_bot && [&text.before, &text.after].into_iter().any(|text| is_checklist(text)) => match payload.actor()?.nature {
            Nature::Person => Ok(Event::CommentEdited { thread, id, text }),
            _ => ignored("a bot edits its own checklist"),
        },
        _ => ignored("only new comments command"),
    }
}

fn issue(payload: &Payload) -> Result<Event, Unusable> {
    let change = match payload.action()? {
        "closed" | "deleted" => IssueChange::Closed,
        "reopened" => IssueChange::Reopened,
        "edited" | "labeled" | "unlabeled" | "milestoned" | "demilestoned" => IssueChange::Edited,
        other => return ignored(format!("nothing asks about issues {other:?}")),
    };
    let issue = required("issue", payload.issue.as_ref())?;
    let body = issue.body.as_deref().unwrap_or_default();
    // The label that was just taken away counts too.
    let labels = payload.with_that_label(issue.labels.as_deref());
    let kinds = IssueKind::named(labels.iter().map(String::as_str), body);
    Ok(Event::Issue { number: Number(issue.number), change, kinds, labels, text: payload.edit(body) })
}

fn ruleset(payload: &Payload) -> Result<Event, Unusable> {
    if payload.repository.is_none() {
        return ignored("an organisation's rulesets are none of a repository's");
    }
    match payload.action()? {
        "created" | "edited" | "deleted" => Ok(Event::ProtectionChanged),
        other => ignored(format!("nothing asks about repository_ruleset {other:?}")),
    }
}

fn milestone(payload: &Payload) -> Result<Event, Unusable> {
    match payload.action()? {
        "closed" => Ok(Event::MilestoneClosed { title: required("milestone", payload.milestone.as_ref())?.title.to_string() }),
        other => ignored(format!("nothing asks about milestone {other:?}")),
    }
}

/// The queue's branch is called `gh-readonly-queue/<base>/pr-<number>-<sha of the base>`.
/// (<https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>)
fn merge_group(payload: &Payload) -> Result<Event, Unusable> {
    match payload.action()? {
        "checks_requested" => {}
        other => return ignored(format!("nothing asks about merge_group {other:?}")),
    }
    let group = required("merge_group", payload.merge_group.as_ref())?;
    let name = group.head_ref.strip_prefix("refs/heads/").unwrap_or(&group.head_ref);
    let last = name.rsplit('/').next().and_then(|last| last.strip_prefix("pr-")?.split('-').next()?.parse().ok());
    let Some(number) = last else { return ignored("the queue's branch names no pull request") };
    let head = named("merge_group.head_sha", Sha::parse(&group.head_sha))?;
    Ok(Event::Queued { number: Number(number), head, name: name.to_owned() })
}

fn push(payload: &Payload) -> Result<Event, Unusable> {
    let commit = payload.head_commit.as_ref().and_then(|commit| commit.id.as_deref());
    let commit = commit.map(|id| named("head_commit.id", Sha::parse(id))).transpose()?;
    let name = required("ref", payload.name.as_deref())?;
    let event = ref_event(name, required("before", payload.before.as_deref())?, required("after", payload.after.as_deref())?, commit)?;
    // A forced push lists what is new and not what is gone, and the list is cut at 2048 commits without a word.
    let listed = payload.commits.as_deref().filter(|_| payload.forced != Some(true));
    Ok(with_commits(event, listed, listed.map_or(0, <[_]>::len)))
}

fn uninteresting(kind: &str) -> String {
    let reason = match kind {
        "ping" => "a ping only shows that the webhook arrives",
        "create" | "delete" => "push says the same",
        "installation" | "installation_repositories" | "installation_target" | "github_app_authorization" | "meta" => {
            "nothing is kept about where the App is installed"
        }
        "pull_request_review_comment" | "pull_request_review_thread" | "commit_comment" => "only the conversation's comments are read",
        "check_run" | "workflow_run" | "workflow_job" => "the suite that it is part of says when it ends",
        "branch_protection_configuration" | "branch_protection_rule" => "no rule asks about branch protection",
        "deployment" | "deployment_protection_rule" => "a deployment's status says what became of it",
        "release" => "releases follow from tags",
        "label" | "member" | "repository" => "what is needed of it is read from the forge when it is needed",
        "repository_dispatch" | "workflow_dispatch" => "meant for workflows",
        _ => return format!("unknown event {kind:?}"),
    };
    reason.to_owned()
}
