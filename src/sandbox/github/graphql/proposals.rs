//! The part of the graph that is conversations: pull requests, issues and labels.

use serde_json::{Value, json};

use super::{
    conversations::{self, any_of, ordered},
    execution::Asked,
    objects::{Found, Object, Page, Resolved, Sight},
};
use crate::sandbox::{
    git::{Change as FileChanged, FileChange},
    github::json::{html_url, node},
    topic::{Change, Topic, TopicKey},
    world::Repository,
};

/// The words before `#1` that close an issue when the request is merged.
const CLOSING: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// Those of a repository, oldest first unless `orderBy` says otherwise.
pub fn requests<'a>(sight: &Sight<'a>, repository: &'a Repository, asked: &Asked) -> Resolved<'a> {
    let all_of = |name: &str, holds: &dyn Fn(&str) -> bool| any_of(asked.argument(name), holds);
    let is_wanted = |topic: &Topic, change: &Change| {
        all_of("headRefName", &|name| change.head == name)
            && all_of("baseRefName", &|name| change.base == name)
            && all_of("states", &|state| topic.state().eq_ignore_ascii_case(state))
            && all_of("labels", &|label| topic.labels.iter().any(|other| other == label))
    };
    let found: Vec<&Topic> = repository.requests().filter(|(topic, change)| is_wanted(topic, change)).map(|(topic, _)| topic).collect();
    let found = ordered(found, asked);
    Page::of(sight, asked, "PullRequestConnection", found, |topic| Object::Request(repository, topic))
}

pub fn of_request<'a>(sight: &Sight<'a>, repository: &'a Repository, topic: &'a Topic, asked: &Asked) -> Resolved<'a> {
    let Some(change) = &topic.change else { return Ok(Found::Nothing) };
    let merged = topic.merged();
    let value: Value = match asked.name {
        "id" => node("PR", topic.id).into(),
        "databaseId" => topic.id.into(),
        "number" => topic.number.into(),
        "title" => topic.title.as_str().into(),
        "body" => topic.body.as_deref().unwrap_or_default().into(),
        "state" => topic.state().to_uppercase().into(),
        "merged" => merged.is_some().into(),
        "mergedAt" => merged.map(|merged| merged.at.to_string()).into(),
        "mergedBy" => return Ok(Found::maybe(merged.map(|merged| actor(sight, &merged.by)))),
        "closed" => (!topic.is_open()).into(),
        "closedAt" => topic.closed_at.map(|at| at.to_string()).into(),
        "changedFiles" => repository.files_of(change)?.len().into(),
        "reviewDecision" => conversations::decision(repository, topic).into(),
        "isDraft" => change.draft.into(),
        "isCrossRepository" => (change.source != repository.id).into(),
        "url" => format!("{}/pull/{}", html_url(sight.world, repository), topic.number).into(),
        "baseRefName" => change.base.as_str().into(),
        "baseRefOid" => change.base_sha.as_str().into(),
        "headRefName" => change.head.as_str().into(),
        "headRefOid" => change.head_sha.as_str().into(),
        "createdAt" => topic.created_at.to_string().into(),
        "updatedAt" => topic.updated_at.to_string().into(),
        "author" => return Ok(Found::Object(actor(sight, &topic.author))),
        "headRepository" => return Ok(Found::maybe(sight.world.repository(change.source).ok().map(Object::Repository))),
        "repository" => return Ok(Found::Object(Object::Repository(repository))),
        "baseRef" => {
            let branch = repository.git.reference(&format!("refs/heads/{}", change.base));
            return Ok(Found::maybe(branch.map(|branch| Object::Reference(repository, branch))));
        }
        "headRef" => {
            let source = sight.world.repository(change.source)?;
            let branch = source.git.reference(&format!("refs/heads/{}", change.head));
            return Ok(Found::maybe(branch.map(|branch| Object::Reference(source, branch))));
        }
        "mergeCommit" => {
            let commit = merged.and_then(|merged| repository.git.commit(&merged.sha).ok());
            return Ok(Found::maybe(commit.map(|commit| Object::Commit(repository, Box::new(commit)))));
        }
        _ => return lists_of(sight, repository, topic, asked),
    };
    Ok(value.into())
}

fn lists_of<'a>(sight: &Sight<'a>, repository: &'a Repository, topic: &'a Topic, asked: &Asked) -> Resolved<'a> {
    let Some(change) = &topic.change else { return Ok(Found::Nothing) };
    match asked.name {
        "milestone" => Ok(conversations::milestone(repository, topic)),
        "labels" => conversations::labels(sight, repository, topic, asked),
        "comments" => conversations::comments(sight, repository, topic, asked),
        "reviews" | "latestOpinionatedReviews" => conversations::reviews(sight, repository, topic, asked),
        "timelineItems" => conversations::timeline(sight, repository, topic, asked),
        "closingIssuesReferences" => {
            let issues = closed_by(repository, topic, change);
            Page::of(sight, asked, "IssueConnection", issues, |topic| Object::Issue(repository, topic))
        }
        "commits" => {
            let commits = repository.commits_of(change)?;
            Page::of(sight, asked, "PullRequestCommitConnection", commits, |commit| Object::RequestCommit(repository, Box::new(commit)))
        }
        _ => Page::of(sight, asked, "PullRequestChangedFileConnection", repository.files_of(change)?, |file| file_object(&file)),
    }
}

/// Somebody who acts. The graph shows an App without the `[bot]` that its login has elsewhere.
pub fn actor<'a>(sight: &Sight<'a>, login: &str) -> Object<'a> {
    Object::Plain(actor_value(sight, login))
}

pub fn actor_value(sight: &Sight, login: &str) -> Value {
    let user = sight.world.user(login);
    let (kind, prefix) = if user.is_bot() { ("Bot", "BOT") } else { ("User", "U") };
    let login = user.login.trim_end_matches("[bot]");
    json!({"__typename": kind, "id": node(prefix, user.id), "login": login, "url": format!("{}/{login}", sight.world.url)})
}

fn file_object<'a>(file: &FileChange) -> Object<'a> {
    let kind = match file.change {
        FileChanged::Added => "ADDED",
        FileChanged::Modified => "MODIFIED",
        FileChanged::Removed => "DELETED",
        FileChanged::Renamed => "RENAMED",
    };
    let (path, additions, deletions) = (&file.path, file.additions, file.deletions);
    let typename = "PullRequestChangedFile";
    Object::Plain(json!({"__typename": typename, "path": path, "additions": additions, "deletions": deletions, "changeType": kind}))
}

/// The issues that the body says it closes; a request for another branch than the default one closes none.
fn closed_by<'a>(repository: &'a Repository, topic: &Topic, change: &Change) -> Vec<&'a Topic> {
    let words: Vec<&str> = topic.body.as_deref().unwrap_or_default().split_whitespace().collect();
    let mut found: Vec<&Topic> = Vec::new();
    for pair in words.windows(2).filter(|_| change.base == repository.default_branch) {
        let [word, reference] = pair else { continue };
        let is_closing = CLOSING.contains(&word.trim_end_matches(':').to_ascii_lowercase().as_str());
        let issue = is_closing.then(|| number_in(repository, reference)).flatten();
        let issue = issue.and_then(|number| repository.topic(TopicKey::Issue(number)));
        found.extend(issue.filter(|issue| !found.iter().any(|other| other.number == issue.number)));
    }
    found
}

/// The number in `#1`, `owner/name#1` or the address of an issue.
fn number_in(repository: &Repository, reference: &str) -> Option<u64> {
    let reference = reference.trim_end_matches(|end: char| !end.is_ascii_digit());
    let (before, number) = reference.rsplit_once('#').or_else(|| reference.rsplit_once("/issues/"))?;
    let is_here = before.is_empty() || before.ends_with(&repository.path);
    number.parse().ok().filter(|_| is_here)
}
