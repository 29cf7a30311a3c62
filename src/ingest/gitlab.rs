//! What GitLab's deliveries mean: <https://docs.gitlab.com/user/project/integrations/webhook_events/>, and the push, tag and merge
//! request events of <https://docs.gitlab.com/administration/system_hooks/>. Must not know who sent them: whoever calls `parse` has
//! verified token or signature.

mod running;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use http::HeaderMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use super::{
    Commit, Parsed, PushedCommit, Text, Unusable, header, ignored, is_checklist, json, moment, named, ref_event, required, required_header,
    with_commits,
};
use crate::domain::event::{Actor, Change, Delivery, Edit, Event, ForgeKind, IssueChange, Nature, Repository, Thread};
use crate::domain::facts::IssueKind;
use crate::domain::names::{BranchName, Number, RepoPath, Sha, UserName};

/// Reads one delivery. A hook or action that nothing asks about is ignored before its fields are looked at.
pub fn parse(headers: &HeaderMap, body: &[u8]) -> Parsed {
    understand(headers, body).into()
}

fn understand(headers: &HeaderMap, body: &[u8]) -> Result<Delivery, Unusable> {
    let event = match required_header(headers, "X-Gitlab-Event")? {
        "Merge Request Hook" => merge_request,
        "Note Hook" => note,
        "Issue Hook" => issue,
        "Pipeline Hook" => running::pipeline,
        "Deployment Hook" => running::deployment,
        "Milestone Hook" => milestone,
        "Push Hook" | "Tag Push Hook" => push,
        "System Hook" => match json::<Kind>(body)?.name() {
            "merge_request" => merge_request,
            "push" | "tag_push" => push,
            "repository_update" => return ignored("push says the same"),
            other => return ignored(format!("nothing asks about the system event {other:?}")),
        },
        other => return ignored(uninteresting(other)),
    };
    let payload: Payload = json(body)?;
    let event = event(&payload)?;
    let actor = match event {
        // The delivery names the author, whoever has edited it.
        Event::CommentEdited { .. } => Actor { name: UserName::nobody(), nature: Nature::Person },
        _ => payload.actor()?,
    };
    Ok(Delivery { id: id(headers, body), repository: payload.repository()?, actor, event })
}

/// The name that stays the same when a delivery is sent again. `Idempotency-Key` (17.4) and `webhook-id` are just that. Before,
/// `X-Gitlab-Event-UUID` is shared by all hooks that one request caused, so the body has to tell them apart, and
/// `X-Gitlab-Webhook-UUID` is drawn anew each time, so it is of no use.
fn id(headers: &HeaderMap, body: &[u8]) -> String {
    if let Some(key) = header(headers, "Idempotency-Key").or_else(|| header(headers, "webhook-id")) {
        return key.to_owned();
    }
    let digits = Sha256::digest(body).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digest: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    header(headers, "X-Gitlab-Event-UUID").map_or_else(|| digest.clone(), |cause| format!("{cause}-{digest}"))
}

/// What a system hook tells; the other hooks have a header of their own. Project and group events have `event_name` only.
#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    object_kind: Option<Text<'a>>,
    event_name: Option<Text<'a>>,
}

impl Kind<'_> {
    fn name(&self) -> &str {
        self.object_kind.as_deref().or(self.event_name.as_deref()).unwrap_or_default()
    }
}

/// Every field that some event needs, each optional: which ones must be there depends on the event and its action.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    action: Option<Text<'a>>,
    user: Option<User<'a>>,
    user_username: Option<Text<'a>>,
    project_id: Option<u64>,
    project: Option<Project<'a>>,
    object_attributes: Option<Attributes<'a>>,
    changes: Option<Changes<'a>>,
    labels: Option<Vec<Label<'a>>>,
    merge_request: Option<Numbered>,
    issue: Option<Numbered>,
    source_pipeline: Option<running::Cause>,
    status: Option<Text<'a>>,
    environment: Option<Text<'a>>,
    commit_url: Option<Text<'a>>,
    #[serde(rename = "ref")]
    name: Option<Text<'a>>,
    before: Option<Text<'a>>,
    after: Option<Text<'a>>,
    checkout_sha: Option<Text<'a>>,
    commits: Option<Vec<PushedCommit<'a>>>,
    total_commits_count: Option<usize>,
}

#[derive(Deserialize)]
struct User<'a> {
    #[serde(borrow)]
    username: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Project<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    path_with_namespace: Option<Text<'a>>,
    default_branch: Option<Text<'a>>,
}

/// The merge request or the note, whichever the event is about.
#[derive(Deserialize)]
struct Attributes<'a> {
    id: Option<u64>,
    iid: Option<u64>,
    target_project_id: Option<u64>,
    #[serde(borrow)]
    action: Option<Text<'a>>,
    oldrev: Option<IgnoredAny>,
    last_commit: Option<Commit<'a>>,
    state: Option<Text<'a>>,
    source_branch: Option<Text<'a>>,
    target_branch: Option<Text<'a>>,
    created_at: Option<Text<'a>>,
    updated_at: Option<Text<'a>>,
    description: Option<Text<'a>>,
    note: Option<Text<'a>>,
    noteable_type: Option<Text<'a>>,
    system: Option<bool>,
    author_id: Option<u64>,
    updated_by_id: Option<u64>,
    sha: Option<Text<'a>>,
    status: Option<Text<'a>>,
    title: Option<Text<'a>>,
    #[serde(rename = "ref")]
    name: Option<Text<'a>>,
    tag: Option<bool>,
}

#[derive(Deserialize)]
struct Label<'a> {
    #[serde(borrow)]
    title: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Changes<'a> {
    #[serde(borrow)]
    labels: Option<ChangedLabels<'a>>,
    target_branch: Option<IgnoredAny>,
    title: Option<IgnoredAny>,
    #[serde(borrow)]
    description: Option<ChangedText<'a>>,
}

/// Null stands for nothing.
#[derive(Deserialize)]
struct ChangedText<'a> {
    #[serde(borrow)]
    previous: Option<Text<'a>>,
    current: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ChangedLabels<'a> {
    #[serde(borrow)]
    previous: Option<Vec<Label<'a>>>,
}

#[derive(Deserialize)]
struct Numbered {
    iid: Option<u64>,
    source_project_id: Option<u64>,
    target_project_id: Option<u64>,
}

impl Payload<'_> {
    fn attributes(&self) -> Result<&Attributes<'_>, Unusable> {
        required("object_attributes", self.object_attributes.as_ref())
    }

    fn repository(&self) -> Result<Repository, Unusable> {
        let project = required("project", self.project.as_ref())?;
        let target = self.object_attributes.as_ref().and_then(|attributes| attributes.target_project_id);
        let path = required("project.path_with_namespace", project.path_with_namespace.as_deref())?;
        Ok(Repository {
            forge: ForgeKind::GitLab,
            id: told("project.id", self.project_id.or(project.id).or(target))?,
            path: named("project.path_with_namespace", RepoPath::parse(path))?,
            default_branch: project.default_branch.as_deref().and_then(|name| BranchName::parse(name).ok()),
            tenant: None,
        })
    }

    /// The labels that were just taken away count too.
    fn labels_and_those_before(&self) -> BTreeSet<String> {
        let before = self.changes.iter().filter_map(|changes| changes.labels.as_ref()).flat_map(|labels| &labels.previous).flatten();
        let labels = self.labels.iter().flatten().chain(before).filter_map(|label| label.title.as_deref());
        labels.map(str::to_owned).collect()
    }

    fn actor(&self) -> Result<Actor, Unusable> {
        let name = match self.user.as_ref().and_then(|user| user.username.as_deref()) {
            Some(name) => named("user.username", UserName::parse(name))?,
            // A milestone's delivery does not say who closed it.
            None if self.action.is_some() => UserName::nobody(),
            None => named("user_username", UserName::parse(told("user_username", self.user_username.as_deref())?))?,
        };
        Ok(Actor { name, nature: Nature::Person })
    }
}

/// A field that older releases and GitLab's own examples leave out. Such a delivery is of no use, but a 4xx answer for what its
/// sender cannot change would get the hook switched off.
fn told<T>(field: &str, value: Option<T>) -> Result<T, Unusable> {
    value.map_or_else(|| ignored(format!("the payload leaves out {field}")), Ok)
}

fn merge_request(payload: &Payload) -> Result<Event, Unusable> {
    let attributes = payload.attributes()?;
    let change = match told("object_attributes.action", attributes.action.as_deref())? {
        "open" => Change::Opened,
        "reopen" => Change::Reopened,
        // `oldrev` is there only when commits were pushed.
        "update" if attributes.oldrev.is_some() => Change::Updated,
        "update" if attributes.state.as_deref() == Some("merged") => {
            match payload.changes.as_ref().and_then(|changes| changes.labels.as_ref()) {
                Some(_) => Change::Relabelled,
                None => Change::Amended,
            }
        }
        "update" => payload.changes.as_ref().map_or(Change::Labelled, Changes::kind),
        "approved" | "approval" | "unapproved" | "unapproval" => Change::Labelled,
        "close" => Change::Closed,
        "merge" => Change::Merged,
        other => return ignored(format!("no rule asks about merge_request {other:?}")),
    };
    let Some(head) = attributes.last_commit.as_ref().and_then(|commit| commit.id.as_deref()) else {
        return ignored("the merge request has no commits");
    };
    let number = Number(told("object_attributes.iid", attributes.iid)?);
    let head = named("object_attributes.last_commit.id", Sha::parse(head))?;
    // One that was never touched may come without `updated_at`.
    let at = attributes.updated_at.as_deref().or(attributes.created_at.as_deref());
    let at = moment("object_attributes.updated_at", required("object_attributes.updated_at", at)?)?;
    let branch = |name: &Option<Text>| BranchName::parse(name.as_deref()?).ok();
    let (branch, base) = (branch(&attributes.source_branch), branch(&attributes.target_branch));
    let labels = payload.labels_and_those_before();
    Ok(Event::ChangeRequest { number, change, head, branch, base, labels, at })
}

impl Changes<'_> {
    fn kind(&self) -> Change {
        if self.target_branch.is_some() {
            Change::Retargeted
        } else if self.title.is_some() || self.description.is_some() {
            Change::Edited
        } else {
            Change::Labelled
        }
    }
}

/// <https://docs.gitlab.com/user/project/integrations/webhook_events/#milestone-events>
fn milestone(payload: &Payload) -> Result<Event, Unusable> {
    if payload.project.is_none() {
        return ignored("a group's milestone is about no one project");
    }
    match told("action", payload.action.as_deref())? {
        "close" => {
            Ok(Event::MilestoneClosed { title: told("object_attributes.title", payload.attributes()?.title.as_deref())?.to_owned() })
        }
        other => ignored(format!("nothing asks about milestone {other:?}")),
    }
}

fn note(payload: &Payload) -> Result<Event, Unusable> {
    let note = payload.attributes()?;
    if note.system == Some(true) {
        return ignored("a system note is not written by a person");
    }
    let thread = match required("object_attributes.noteable_type", note.noteable_type.as_deref())? {
        "MergeRequest" => Thread::ChangeRequest(thread_number("merge_request.iid", payload.merge_request.as_ref())?),
        "Issue" => Thread::Issue(thread_number("issue.iid", payload.issue.as_ref())?),
        other => return ignored(format!("notes on a {other:?} are not read")),
    };
    let id = required("object_attributes.id", note.id)?;
    let body = note.note.as_deref().unwrap_or_default().to_owned();
    match note.action.as_deref() {
        // Releases before 16.11 leave the action out and send new notes only.
        None | Some("create") => Ok(Event::Comment { thread, id, body }),
        Some("update") if note.updated_by_id.is_some() && note.updated_by_id == note.author_id => {
            ignored("its author has edited the comment")
        }
        // What it said before GitLab does not tell, nor the name of whoever has edited it.
        Some("update") if is_checklist(&body) => Ok(Event::CommentEdited { thread, id, text: Edit { before: body.clone(), after: body } }),
        Some("update") => ignored("only new comments command, and this one is no checklist"),
        Some(other) => ignored(format!("nothing asks about note {other:?}")),
    }
}

fn issue(payload: &Payload) -> Result<Event, Unusable> {
    let attributes = payload.attributes()?;
    let labels = payload.labels_and_those_before();
    let kinds = IssueKind::named(labels.iter().map(String::as_str), attributes.description.as_deref().unwrap_or_default());
    let change = match told("object_attributes.action", attributes.action.as_deref())? {
        "close" => IssueChange::Closed,
        "reopen" => IssueChange::Reopened,
        "update" => IssueChange::Edited,
        // GitLab sends no delivery of its own about the labels that an issue is opened with.
        "open" if kinds.is_empty() && !labels.is_empty() => IssueChange::Edited,
        other => return ignored(format!("nothing asks about issue {other:?}")),
    };
    let number = Number(told("object_attributes.iid", attributes.iid)?);
    let edit = |changed: &ChangedText| {
        let text = |text: &Option<Text>| text.as_deref().unwrap_or_default().to_owned();
        Edit { before: text(&changed.previous), after: text(&changed.current) }
    };
    let text = payload.changes.as_ref().and_then(|changes| changes.description.as_ref()).map(edit);
    Ok(Event::Issue { number, change, kinds, labels, text })
}

fn thread_number(field: &str, noteable: Option<&Numbered>) -> Result<Number, Unusable> {
    required(field, noteable.and_then(|noteable| noteable.iid)).map(Number)
}

fn push(payload: &Payload) -> Result<Event, Unusable> {
    let commit = payload.checkout_sha.as_deref();
    let commit = commit.map(|id| named("checkout_sha", Sha::parse(id))).transpose()?;
    let name = required("ref", payload.name.as_deref())?;
    let event = ref_event(name, required("before", payload.before.as_deref())?, required("after", payload.after.as_deref())?, commit)?;
    // A push that only takes commits away lists none; nothing tells a forced push that also adds some, so what is gone shows later.
    let total = payload.total_commits_count.filter(|total| *total > 0);
    Ok(with_commits(event, payload.commits.as_deref().filter(|_| total.is_some()), total.unwrap_or_default()))
}

fn uninteresting(hook: &str) -> String {
    let reason = match hook {
        "Confidential Note Hook" => "a confidential note must not be answered where everybody can read it",
        "Job Hook" => "no rule asks about jobs",
        "Release Hook" => "releases follow from tags",
        "Confidential Issue Hook" | "Member Hook" | "Subgroup Hook" | "Project Hook" => {
            "what is needed of it is read from the forge when it is needed"
        }
        "Wiki Page Hook" | "Feature Flag Hook" | "Emoji Hook" | "Vulnerability Hook" | "Resource Access Token Hook" => {
            "it says nothing about branches or releases"
        }
        _ => return format!("unknown event {hook:?}"),
    };
    reason.to_owned()
}
