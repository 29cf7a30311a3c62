//! The part of the graph that people write around changes: issues, comments, reviews and the events of labels.

use serde_json::{Value, json};

use super::{
    deployments::milestone_value,
    execution::Asked,
    objects::{Found, Object, Page, Resolved, Sight},
    proposals::{actor, actor_value},
};
use crate::sandbox::{
    github::{
        json::{html_url, node},
        reviews,
    },
    reviewing::{LabelKind, Review, Verdict},
    topic::{Comment, Topic},
    world::{Kind, Repository, Role},
};

/// The issues of a repository, oldest first unless `orderBy` says otherwise.
pub fn issues<'a>(sight: &Sight<'a>, repository: &'a Repository, asked: &Asked) -> Resolved<'a> {
    let filter = asked.argument("filterBy").cloned().unwrap_or_default();
    let is_wanted = |topic: &&Topic| {
        let state = topic.state().to_uppercase();
        let has = |label: &str| topic.labels.iter().any(|own| own.eq_ignore_ascii_case(label));
        topic.change.is_none()
            && any_of(asked.argument("states"), |wanted| wanted == state)
            && any_of(filter.get("states"), |wanted| wanted == state)
            && any_of(asked.argument("labels"), has)
            && any_of(filter.get("labels"), has)
            // An App is found by the login that it has in REST, not by the one that the graph shows.
            && any_of(filter.get("createdBy"), |login| topic.author.eq_ignore_ascii_case(login))
    };
    let found = ordered(repository.topics.iter().filter(is_wanted).collect(), asked);
    Page::of(sight, asked, "IssueConnection", found, |topic| Object::Issue(repository, topic))
}

/// True when nothing is asked for, or this holds of one of the texts.
pub fn any_of(wanted: Option<&Value>, holds: impl Fn(&str) -> bool) -> bool {
    wanted.filter(|wanted| !wanted.is_null()).is_none_or(|wanted| match wanted {
        Value::Array(items) => items.iter().filter_map(Value::as_str).any(holds),
        single => single.as_str().is_some_and(holds),
    })
}

/// Topics in the order that an `IssueOrder` says.
pub fn ordered<'a>(mut topics: Vec<&'a Topic>, asked: &Asked) -> Vec<&'a Topic> {
    let order = asked.argument("orderBy");
    let is = |name: &str, value: &str| order.and_then(|order| order.get(name)).is_some_and(|given| given == value);
    match () {
        () if is("field", "UPDATED_AT") => topics.sort_by_key(|topic| topic.updated_at),
        () if is("field", "COMMENTS") => topics.sort_by_key(|topic| topic.comments.len()),
        () => {}
    }
    if is("direction", "DESC") {
        topics.reverse();
    }
    topics
}

pub fn of_issue<'a>(sight: &Sight<'a>, repository: &'a Repository, topic: &'a Topic, asked: &Asked) -> Resolved<'a> {
    let value: Value = match asked.name {
        "id" => node("I", topic.id).into(),
        "databaseId" => topic.id.into(),
        "number" => topic.number.into(),
        "title" => topic.title.as_str().into(),
        "body" => topic.body.as_deref().unwrap_or_default().into(),
        "state" => topic.state().to_uppercase().into(),
        "stateReason" => topic.state_reason.as_ref().map(|reason| reason.to_uppercase()).into(),
        "isPinned" => topic.pinned.into(),
        "createdAt" => topic.created_at.to_string().into(),
        "updatedAt" => topic.updated_at.to_string().into(),
        "closedAt" => topic.closed_at.map(|at| at.to_string()).into(),
        "url" => format!("{}/issues/{}", html_url(sight.world, repository), topic.number).into(),
        "author" => return Ok(Found::Object(actor(sight, &topic.author))),
        "repository" => return Ok(Found::Object(Object::Repository(repository))),
        "milestone" => return Ok(milestone(repository, topic)),
        "comments" => return comments(sight, repository, topic, asked),
        _ => return labels(sight, repository, topic, asked),
    };
    Ok(value.into())
}

/// The milestone that a topic belongs to.
pub fn milestone<'a>(repository: &Repository, topic: &Topic) -> Found<'a> {
    let milestone = topic.milestone.and_then(|number| repository.milestone(number));
    Found::maybe(milestone.map(|milestone| Object::Plain(milestone_value(milestone))))
}

pub fn labels<'a>(sight: &Sight<'a>, repository: &Repository, topic: &Topic, asked: &Asked) -> Resolved<'a> {
    Page::of(sight, asked, "LabelConnection", topic.labels.iter().collect(), |name| Object::Plain(label(repository, name)))
}

fn label(repository: &Repository, name: &str) -> Value {
    let id = node("LA", repository.label(name).map(|(_, label)| label.id).unwrap_or_default());
    json!({"__typename": "Label", "id": id, "name": name})
}

pub fn comments<'a>(sight: &Sight<'a>, repository: &Repository, topic: &Topic, asked: &Asked) -> Resolved<'a> {
    let page = if topic.change.is_some() { "pull" } else { "issues" };
    let place = format!("{}/{page}/{}", html_url(sight.world, repository), topic.number);
    Page::of(sight, asked, "IssueCommentConnection", topic.comments.iter().collect(), |comment| {
        Object::Plain(written(sight, &place, comment))
    })
}

fn written(sight: &Sight, place: &str, comment: &Comment) -> Value {
    let edited = comment.editor.as_ref().map(|_| comment.updated_at.to_string());
    json!({
        "__typename": "IssueComment",
        "id": node("IC", comment.id),
        "databaseId": comment.id,
        "author": actor_value(sight, &comment.author),
        "body": comment.body,
        "createdAt": comment.created_at.to_string(),
        "updatedAt": comment.updated_at.to_string(),
        "lastEditedAt": edited,
        "editor": comment.editor.as_ref().map(|login| actor_value(sight, login)),
        "viewerDidAuthor": comment.author == Kind::GitHub.bot(),
        "url": format!("{place}#issuecomment-{}", comment.id),
    })
}

/// All reviews, or (as `latestOpinionatedReviews`) the last opinion of each person.
pub fn reviews<'a>(sight: &Sight<'a>, repository: &'a Repository, topic: &'a Topic, asked: &Asked) -> Resolved<'a> {
    let all = topic.change.as_ref().map_or(&[][..], |change| &change.reviews);
    let mut found: Vec<&Review> = if asked.name == "reviews" { all.iter().collect() } else { topic.opinions() };
    let writers_alone = asked.argument("writersOnly") == Some(&Value::Bool(true));
    found.retain(|review| {
        any_of(asked.argument("states"), |state| state == reviews::state(review.verdict))
            && any_of(asked.argument("author"), |login| review.author.eq_ignore_ascii_case(login))
            && (!writers_alone || repository.role(&review.author) >= Role::Write)
    });
    Page::of(sight, asked, "PullRequestReviewConnection", found, |review| Object::Review(repository, topic, review))
}

pub fn of_review<'a>(sight: &Sight<'a>, (repository, topic): (&'a Repository, &Topic), review: &Review, asked: &Asked) -> Found<'a> {
    let value: Value = match asked.name {
        "id" => node("PRR", review.id).into(),
        "databaseId" => review.id.into(),
        "state" => reviews::state(review.verdict).into(),
        "body" => review.body.as_deref().unwrap_or_default().into(),
        "submittedAt" => review.submitted_at.to_string().into(),
        "url" => reviews::review_url(sight.world, repository, topic, review).into(),
        "author" => return Found::Object(actor(sight, &review.author)),
        _ => {
            let commit = repository.git.commit(&review.sha).ok();
            return Found::maybe(commit.map(|commit| Object::Commit(repository, Box::new(commit))));
        }
    };
    value.into()
}

/// What the reviews come to; nothing where the repository asks for none.
pub fn decision(repository: &Repository, topic: &Topic) -> Option<&'static str> {
    let rejects = |review: &&Review| review.verdict == Verdict::ChangesRequested && repository.role(&review.author) >= Role::Write;
    let approves = |review: &&Review| review.verdict == Verdict::Approved && repository.role(&review.author) >= Role::Write;
    let opinions = topic.opinions();
    match repository.approvals_required {
        0 => None,
        _ if opinions.iter().any(rejects) => Some("CHANGES_REQUESTED"),
        required if opinions.iter().filter(|review| approves(review)).count() >= required => Some("APPROVED"),
        _ => Some("REVIEW_REQUIRED"),
    }
}

/// What happened to a request, as far as the sandbox remembers it: who set and took off which label.
pub fn timeline<'a>(sight: &Sight<'a>, repository: &Repository, topic: &Topic, asked: &Asked) -> Resolved<'a> {
    let kind = |kind: LabelKind| match kind {
        LabelKind::Added => ("LABELED_EVENT", "LabeledEvent", "LE"),
        LabelKind::Removed => ("UNLABELED_EVENT", "UnlabeledEvent", "UNLE"),
    };
    let events = topic.label_events.iter().filter(|event| any_of(asked.argument("itemTypes"), |wanted| wanted == kind(event.kind).0));
    Page::of(sight, asked, "PullRequestTimelineItemsConnection", events.collect(), |event| {
        let (_, typename, prefix) = kind(event.kind);
        Object::Plain(json!({
            "__typename": typename,
            "id": node(prefix, event.id),
            "actor": actor_value(sight, &event.user),
            "createdAt": event.at.to_string(),
            "label": label(repository, &event.label),
        }))
    })
}
