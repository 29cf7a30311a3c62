//! What is on each page, as data for its template.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    acting::offered,
    address::{of_repository, of_topic},
    markdown::{html, html_with_boxes},
};
use crate::sandbox::{
    deploying::{DeployState, Deployment},
    faults::Call,
    git::Commit,
    milestones::Milestone,
    reviewing::{Review, Verdict},
    topic::{Comment, Reaction, Topic, TopicKey},
    world::{Kind, Release, Repository, World},
};

/// Pages with logs show this many lines.
const MOST_LINES: usize = 200;

const DEVELOPER: &str = "dana";

fn forge(kind: Kind) -> &'static str {
    match kind {
        Kind::GitHub => "GitHub",
        Kind::GitLab => "GitLab",
    }
}

fn short(sha: &str) -> &str {
    sha.get(..8).unwrap_or(sha)
}

fn time(at: Timestamp) -> String {
    at.strftime("%-d %B, %H:%M").to_string()
}

/// "1 release", "2 releases".
fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

pub fn start(world: &World) -> Value {
    let forges = [Kind::GitHub, Kind::GitLab].map(|kind| {
        let repositories: Vec<Value> = world.repositories_of(kind).map(|repository| entry(world, repository)).collect();
        json!({"name": forge(kind), "repositories": repositories})
    });
    json!({"title": "Repositories", "forges": forges})
}

fn entry(world: &World, repository: &Repository) -> Value {
    let parent = repository.parent.and_then(|id| world.repository(id).ok());
    json!({
        "path": repository.path,
        "url": of_repository(repository),
        "parent": parent.map(|parent| &parent.path),
        "requests": repository.requests().count(),
        "open_requests": repository.requests().filter(|(topic, _)| topic.is_open()).count(),
        "releases": count(repository.releases.len(), "release"),
    })
}

pub fn repository(repository: &Repository) -> anyhow::Result<Value> {
    let git = &repository.git;
    let subject = |sha: &str| anyhow::Ok(git.commit(sha)?.subject().to_owned());
    let mut branches = Vec::new();
    for (name, sha) in git.branches()? {
        let is_default = name == repository.default_branch;
        branches.push(json!({"name": name, "sha": short(&sha), "subject": subject(&sha)?, "default": is_default}));
    }
    let mut tags = Vec::new();
    for tag in git.tags()?.iter().rev() {
        tags.push(json!({"name": tag.name, "sha": short(&tag.commit), "subject": subject(&tag.commit)?}));
    }
    let (requests, issues): (Vec<&Topic>, Vec<&Topic>) = repository.topics.iter().rev().partition(|topic| topic.change.is_some());
    let rows = |topics: Vec<&Topic>| topics.into_iter().map(|topic| row(repository, topic)).collect::<Vec<_>>();
    Ok(json!({
        "title": repository.path,
        "forge": forge(repository.kind),
        "path": repository.path,
        "requests": rows(requests),
        "issues": rows(issues),
        "releases": releases(repository),
        "milestones": repository.milestones.iter().rev().map(milestone).collect::<Vec<_>>(),
        "deployments": repository.deployments.iter().rev().take(MOST_LINES).map(deployment).collect::<Vec<_>>(),
        "me": DEVELOPER,
        "checks": checks(repository, None),
        "branches": branches,
        "tags": tags,
    }))
}

fn short_name(repository: &Repository, topic: &Topic) -> String {
    let sign = match (repository.kind, topic.key()) {
        (Kind::GitLab, TopicKey::Request(_)) => '!',
        _ => '#',
    };
    format!("{sign}{}", topic.number)
}

fn row(repository: &Repository, topic: &Topic) -> Value {
    json!({
        "url": of_topic(repository, topic),
        "title": topic.title,
        "short": short_name(repository, topic),
        "state": topic.state(),
        "author": topic.author,
        "head": topic.change.as_ref().map(|change| &change.head),
        "base": topic.change.as_ref().map(|change| &change.base),
        "comments": count(topic.comments.len(), "comment"),
    })
}

fn releases(repository: &Repository) -> Vec<Value> {
    let show = |release: &Release| {
        json!({
            "name": release.name.as_deref().unwrap_or(&release.tag),
            "tag": release.tag,
            "author": release.author,
            "draft": release.draft,
            "prerelease": release.prerelease,
            "notes": html(release.body.as_deref().unwrap_or_default()),
        })
    };
    repository.releases.iter().rev().map(show).collect()
}

fn deployment(deployment: &Deployment) -> Value {
    let state = match deployment.state() {
        DeployState::Running => "pending",
        DeployState::Success => "success",
        DeployState::Failure => "failure",
        DeployState::Canceled | DeployState::Inactive => "neutral",
    };
    json!({"environment": deployment.environment, "sha": short(&deployment.sha), "state": state, "author": deployment.author})
}

fn milestone(milestone: &Milestone) -> Value {
    json!({"title": milestone.title, "state": if milestone.is_open() { "open" } else { "closed" }})
}

/// Checks and commit statuses, newest first and the latest of each name: of one commit, or of all.
fn checks(repository: &Repository, sha: Option<&str>) -> Vec<Value> {
    let runs = repository.checks.iter().map(|check| {
        let state = check.conclusion.as_deref().unwrap_or(&check.status);
        let text = check.summary.as_deref().unwrap_or_default();
        (check.id, &check.sha, &check.name, state, check.title.as_deref(), text)
    });
    let statuses = repository.statuses.iter().map(|status| {
        let description = status.description.as_deref();
        (status.id, &status.sha, &status.name, status.state.as_str(), description, "")
    });
    let mut all: Vec<_> = runs.chain(statuses).filter(|check| sha.is_none_or(|sha| check.1 == sha)).collect();
    all.sort_by_key(|check| std::cmp::Reverse(check.0));
    let mut seen = Vec::new();
    all.retain(|check| {
        let is_latest = !seen.contains(&(check.1, check.2));
        seen.push((check.1, check.2));
        is_latest
    });
    let show = |(_, sha, name, state, title, summary): (u64, &String, &String, &str, Option<&str>, &str)| json!({"sha": short(sha), "name": name, "state": plain_state(state), "title": title, "summary": html(summary)});
    all.into_iter().take(MOST_LINES).map(show).collect()
}

/// The forges' words for the state of a check in four.
fn plain_state(state: &str) -> &str {
    match state {
        "success" => "success",
        "failure" | "failed" | "error" | "timed_out" | "action_required" => "failure",
        "pending" | "running" | "queued" | "in_progress" => "pending",
        _ => "neutral",
    }
}

pub fn topic(world: &World, repository: &Repository, key: TopicKey) -> Option<anyhow::Result<Value>> {
    Some(topic_page(world, repository, repository.topic(key)?))
}

fn topic_page(world: &World, repository: &Repository, topic: &Topic) -> anyhow::Result<Value> {
    let mut page = json!({
        "title": topic.title,
        "forge": forge(repository.kind),
        "repository": repository.path,
        "repository_url": of_repository(repository),
        "short": short_name(repository, topic),
        "state": topic.state(),
        "author": topic.author,
        "labels": topic.labels,
        "body": html_with_boxes(topic.body.as_deref().unwrap_or_default(), "topic"),
        "milestone": repository.milestone_of(topic).map(|milestone| &milestone.title),
        "comments": topic.comments.iter().map(|comment| comment_of(repository, comment)).collect::<Vec<_>>(),
        "me": DEVELOPER,
        "pinned": topic.pinned,
        "draft": topic.change.as_ref().is_some_and(|change| change.draft),
        "opinions": topic.opinions().into_iter().map(opinion).collect::<Vec<_>>(),
        "acts": offered(repository.kind, topic.key()).iter().map(|(name, text)| json!({"name": name, "text": text})).collect::<Vec<_>>(),
        "base": null,
    });
    if let (Some(change), Some(page)) = (&topic.change, page.as_object_mut()) {
        let source = world.repository(change.source)?;
        let head = if source.id == repository.id { change.head.clone() } else { format!("{}:{}", source.owner(), change.head) };
        let commits = repository.git.log(&change.head_sha, Some(&change.base_sha))?;
        let show = |commit: &Commit| json!({"sha": short(&commit.sha), "subject": commit.subject(), "author": commit.author.name});
        page.insert("head".to_owned(), head.into());
        page.insert("base".to_owned(), change.base.as_str().into());
        page.insert("commits".to_owned(), commits.iter().rev().map(show).collect());
        page.insert("checks".to_owned(), checks(repository, Some(&change.head_sha)).into());
    }
    Ok(page)
}

/// "approved by bob at 0123abcd"
fn opinion(review: &Review) -> Value {
    let (verdict, state) = match review.verdict {
        Verdict::Approved => ("approved", "success"),
        Verdict::ChangesRequested => ("requests changes", "failure"),
        Verdict::Commented => ("commented", "pending"),
        Verdict::Dismissed => ("dismissed", "pending"),
    };
    json!({"verdict": verdict, "state": state, "author": review.author, "sha": short(&review.sha)})
}

fn comment_of(repository: &Repository, comment: &Comment) -> Value {
    let anchor = match repository.kind {
        Kind::GitHub => format!("issuecomment-{}", comment.id),
        Kind::GitLab => format!("note_{}", comment.id),
    };
    json!({
        "anchor": anchor,
        "author": comment.author,
        "at": time(comment.created_at),
        "edited": comment.updated_at != comment.created_at,
        "body": html_with_boxes(&comment.body, &comment.id.to_string()),
        "reactions": comment.reactions.iter().map(reaction).collect::<Vec<_>>(),
    })
}

fn reaction(reaction: &Reaction) -> Value {
    let emoji = match reaction.name.as_str() {
        "+1" | "thumbsup" => "👍",
        "-1" | "thumbsdown" => "👎",
        "eyes" => "👀",
        "rocket" => "🚀",
        "heart" => "❤️",
        "hooray" | "tada" => "🎉",
        "laugh" | "laughing" | "smile" => "😄",
        "confused" => "😕",
        other => other,
    };
    json!({"name": reaction.name, "emoji": emoji, "users": reaction.user})
}

pub fn deliveries(world: &World) -> Value {
    let lines = world.outbox.entries().iter().rev().take(MOST_LINES).map(|(record, _)| {
        let (state, answer) = match record.status {
            None => ("pending", "waits".to_owned()),
            Some(0) => ("failure", "no answer".to_owned()),
            Some(status) => (state_of(status), status.to_string()),
        };
        json!({
            "forge": forge(record.kind),
            "state": state,
            "answer": answer,
            "summary": record.summary,
            "redelivery": record.redelivery,
            "id": short(&record.id),
        })
    });
    json!({"title": "Webhooks", "deliveries": lines.collect::<Vec<_>>()})
}

fn state_of(status: u16) -> &'static str {
    if status < 400 { "success" } else { "failure" }
}

pub fn calls(received: &[Call]) -> Value {
    let lines = received.iter().rev().take(MOST_LINES).map(|call| {
        let status = if call.status == 0 { "no answer".to_owned() } else { call.status.to_string() };
        json!({
            "forge": forge(call.kind),
            "state": if call.status == 0 { "failure" } else { state_of(call.status) },
            "status": status,
            "method": call.method,
            "path": call.path,
        })
    });
    json!({"title": "API calls", "calls": lines.collect::<Vec<_>>()})
}
