//! Reviews of pull requests.

use serde_json::{Value, json};

use super::{
    json::{association, html_url, list, node, repository_url, time, user},
    pulls::found,
};
use crate::sandbox::{
    api::{Call, Handled},
    reviewing::{Review, Verdict},
    topic::Topic,
    world::{Repository, World},
};

/// The verdict in GitHub's words. Webhooks have them in lower case.
pub fn state(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "APPROVED",
        Verdict::ChangesRequested => "CHANGES_REQUESTED",
        Verdict::Commented => "COMMENTED",
        Verdict::Dismissed => "DISMISSED",
    }
}

pub fn review_url(world: &World, repository: &Repository, topic: &Topic, review: &Review) -> String {
    format!("{}/pull/{}#pullrequestreview-{}", html_url(world, repository), topic.number, review.id)
}

pub fn review_json(world: &World, repository: &Repository, topic: &Topic, review: &Review) -> Value {
    let pull = format!("{}/pulls/{}", repository_url(world, repository), topic.number);
    let html = review_url(world, repository, topic, review);
    json!({
        "id": review.id,
        "node_id": node("PRR", review.id),
        "user": user(world, &review.author),
        "body": review.body.as_deref().unwrap_or_default(),
        "state": state(review.verdict),
        "html_url": html,
        "pull_request_url": pull,
        "author_association": association(repository, &review.author),
        "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
        "submitted_at": time(review.submitted_at),
        "commit_id": review.sha,
    })
}

/// Oldest first.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let (repository, topic, change) = found(world, call)?;
    Ok(list(world, call, &change.reviews, |review| review_json(world, repository, topic, review)))
}
