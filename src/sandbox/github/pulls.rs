//! Pull requests.

use serde_json::{Value, json};

use super::{
    apps::target,
    commits::{commit_json, file_json, lines},
    errors::{custom, invalid, not_found},
    issues::labels_json,
    json::{association, html_url, list, node, repository_url, time, time_or_null, urls, user, with},
    milestones::milestone_json,
    repositories::{repository_json, repository_stub},
};
use crate::sandbox::{
    acts::{Edit, Proposal},
    api::{Answer, Call, Handled},
    topic::{Change, Topic, TopicKey},
    world::{Kind, Repository, World},
};

/// The most commits and files that GitHub lists for a pull request.
const COMMITS: usize = 250;
const FILES: usize = 3000;

/// A pull request as lists show it.
pub fn simple_pull_json(world: &World, repository: &Repository, topic: &Topic) -> Value {
    let Some(change) = &topic.change else { return Value::Null };
    let (api, html) = (repository_url(world, repository), html_url(world, repository));
    let (number, head_sha) = (topic.number, &change.head_sha);
    let links = links(&api, number, head_sha);
    let html = format!("{html}/pull/{number}");
    let ends = json!({
        "head": head_json(world, change),
        "base": end_json(world, repository, &change.base, &change.base_sha),
        "_links": linked_json(&links, &html),
    });
    let own = json!({
        "id": topic.id,
        "node_id": node("PR", topic.id),
        "html_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "number": number,
        "state": if topic.is_open() { "open" } else { "closed" },
        "locked": false,
        "active_lock_reason": null,
        "title": topic.title,
        "user": user(world, &topic.author),
        "body": topic.body,
        "labels": labels_json(world, repository, topic),
        "milestone": repository.milestone_of(topic).map(|milestone| milestone_json(world, repository, milestone)),
        "created_at": time(topic.created_at),
        "updated_at": time(topic.updated_at),
        "closed_at": time_or_null(topic.closed_at),
        "merged_at": time_or_null(topic.merged().map(|merged| merged.at)),
        "merge_commit_sha": topic.merged().map(|merged| &merged.sha),
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "author_association": association(repository, &topic.author),
        "auto_merge": null,
        "draft": change.draft,
    });
    with(with(links, ends), own)
}

fn links(api: &str, number: u64, head_sha: &str) -> Value {
    let (pull, issue) = (format!("/pulls/{number}"), format!("/issues/{number}"));
    urls(
        api,
        &[
            ("url", &pull),
            ("issue_url", &issue),
            ("commits_url", &format!("{pull}/commits")),
            ("review_comments_url", &format!("{pull}/comments")),
            ("review_comment_url", "/pulls/comments{/number}"),
            ("comments_url", &format!("{issue}/comments")),
            ("statuses_url", &format!("/statuses/{head_sha}")),
        ],
    )
}

fn linked_json(links: &Value, html: &str) -> Value {
    let link = |name: &str| json!({"href": links.get(name)});
    json!({
        "self": link("url"),
        "html": {"href": html},
        "issue": link("issue_url"),
        "comments": link("comments_url"),
        "review_comments": link("review_comments_url"),
        "review_comment": link("review_comment_url"),
        "commits": link("commits_url"),
        "statuses": link("statuses_url"),
    })
}

fn head_json(world: &World, change: &Change) -> Value {
    let source = world.repository(change.source).ok();
    source.map_or(Value::Null, |source| end_json(world, source, &change.head, &change.head_sha))
}

fn end_json(world: &World, repository: &Repository, branch: &str, sha: &str) -> Value {
    json!({
        "label": format!("{}:{branch}", repository.owner()),
        "ref": branch,
        "sha": sha,
        "user": user(world, repository.owner()),
        "repo": repository_json(world, repository),
    })
}

/// A pull request in full.
pub fn pull_json(world: &World, repository: &Repository, topic: &Topic) -> Value {
    let Some(change) = &topic.change else { return Value::Null };
    let files = repository.files_of(change).unwrap_or_default();
    let (additions, deletions) = lines(&files);
    let clean = merges_cleanly(repository, topic, change);
    let state = match clean {
        Some(true) => "clean",
        Some(false) => "dirty",
        None => "unknown",
    };
    let more = json!({
        "merged": topic.merged().is_some(),
        "mergeable": clean,
        "rebaseable": clean,
        "mergeable_state": state,
        "merged_by": topic.merged().map(|merged| user(world, &merged.by)),
        "comments": topic.comments.len(),
        "review_comments": 0,
        "maintainer_can_modify": change.source != repository.id,
        "commits": repository.commits_of(change).unwrap_or_default().len(),
        "additions": additions,
        "deletions": deletions,
        "changed_files": files.len(),
    });
    with(simple_pull_json(world, repository, topic), more)
}

/// None for a closed request, which GitHub does not test.
pub fn merges_cleanly(repository: &Repository, topic: &Topic, change: &Change) -> Option<bool> {
    let base = topic.is_open().then(|| repository.git.branch(&change.base)).flatten()?;
    repository.git.merges_cleanly(&base, &change.head_sha).ok()
}

/// A pull request as a check run names it, which it does only when the head is in the same repository.
pub fn pull_stub(world: &World, repository: &Repository, topic: &Topic) -> Value {
    let Some(change) = &topic.change else { return Value::Null };
    let end = |branch: &str, sha: &str| json!({"ref": branch, "sha": sha, "repo": repository_stub(world, repository)});
    json!({
        "id": topic.id,
        "number": topic.number,
        "url": format!("{}/pulls/{}", repository_url(world, repository), topic.number),
        "head": end(&change.head, &change.head_sha),
        "base": end(&change.base, &change.base_sha),
    })
}

pub fn found<'a>(world: &'a World, call: &Call) -> Result<(&'a Repository, &'a Topic, &'a Change), Answer> {
    let repository = target(world, call)?;
    let (topic, change) = repository.request(call.number("number")).ok_or_else(not_found)?;
    Ok((repository, topic, change))
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let (repository, topic, _) = found(world, call)?;
    Ok(Answer::ok(pull_json(world, repository, topic)))
}

pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let state = call.query("state").unwrap_or("open");
    let label = |change: &Change| {
        let owner = world.repository(change.source).map(Repository::owner).unwrap_or_default();
        format!("{owner}:{}", change.head)
    };
    // GitHub takes no notice of a head that names no owner.
    let head = call.query("head").filter(|head| head.contains(':'));
    let wanted = |(topic, change): &(&Topic, &Change)| {
        (state == "all" || (state == "open") == topic.is_open())
            && head.is_none_or(|head| label(change) == head)
            && call.query("base").is_none_or(|base| change.base == base)
    };
    let mut topics: Vec<&Topic> = repository.requests().filter(wanted).map(|(topic, _)| topic).collect();
    let by_update = call.query("sort") == Some("updated");
    topics.sort_by_key(|topic| if by_update { topic.updated_at } else { topic.created_at });
    if call.query("direction") != Some("asc") {
        topics.reverse();
    }
    Ok(list(world, call, &topics, |topic| simple_pull_json(world, repository, topic)))
}

pub fn commits(world: &mut World, call: &Call) -> Handled {
    let (repository, _, change) = found(world, call)?;
    let mut commits = repository.commits_of(change)?;
    commits.truncate(COMMITS);
    Ok(list(world, call, &commits, |commit| commit_json(world, repository, commit)))
}

pub fn files(world: &mut World, call: &Call) -> Handled {
    let (repository, _, change) = found(world, call)?;
    let mut files = repository.files_of(change)?;
    files.truncate(FILES);
    Ok(list(world, call, &files, |file| file_json(world, repository, &change.head_sha, file)))
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let text = |field: &str| call.text(field).unwrap_or_default();
    let (title, head, base) = (text("title"), text("head"), text("base"));
    let wanted = Wanted { title, body: call.text("body"), head, base, draft: call.flag("draft") == Some(true) };
    let proposal = proposal(world, repository, &wanted)?;
    let id = repository.id;
    let number = world.open_request(id, Kind::GitHub.bot(), proposal)?;
    answer(world, id, number).map(Answer::created)
}

/// What somebody wants to open a pull request with.
pub struct Wanted<'a> {
    pub title: &'a str,
    pub body: Option<&'a str>,
    /// A branch, or `owner:branch`.
    pub head: &'a str,
    pub base: &'a str,
    pub draft: bool,
}

/// The pull request as it can be opened, or why it cannot.
pub fn proposal(world: &World, repository: &Repository, wanted: &Wanted) -> Result<Proposal, Answer> {
    let Wanted { title, body, head, base, draft } = *wanted;
    let (owner, head) = head.split_once(':').unwrap_or((repository.owner(), head));
    let source = world
        .repositories_of(Kind::GitHub)
        .find(|other| other.owner() == owner && (other.id == repository.id || other.parent == Some(repository.id)));
    let source = source.ok_or_else(|| invalid("PullRequest", "head", "invalid"))?;
    let tip = source.git.branch(head).ok_or_else(|| invalid("PullRequest", "head", "invalid"))?;
    let base_tip = repository.git.branch(base).ok_or_else(|| invalid("PullRequest", "base", "invalid"))?;
    if title.is_empty() {
        return Err(invalid("PullRequest", "title", "missing_field"));
    }
    if repository.git.is_ancestor(&tip, &base_tip)? {
        return Err(custom("PullRequest", &format!("No commits between {base} and {head}")));
    }
    let is_same = |change: &Change| change.source == source.id && change.head == head && change.base == base;
    if repository.requests().any(|(topic, change)| topic.is_open() && is_same(change)) {
        return Err(custom("PullRequest", &format!("A pull request already exists for {owner}:{head}.")));
    }
    Ok(Proposal {
        title: title.to_owned(),
        body: body.map(str::to_owned),
        source: source.id,
        head: head.to_owned(),
        base: base.to_owned(),
        draft,
        ..Proposal::default()
    })
}

fn answer(world: &World, repository: u64, number: u64) -> Result<Value, Answer> {
    let repository = world.repository(repository)?;
    let (topic, _) = repository.request(number).ok_or_else(not_found)?;
    Ok(pull_json(world, repository, topic))
}

pub fn update(world: &mut World, call: &Call) -> Handled {
    let (repository, topic, _) = found(world, call)?;
    let (id, key, number, bot) = (repository.id, TopicKey::Request(topic.number), topic.number, Kind::GitHub.bot());
    if call.text("base").is_some_and(|base| repository.git.branch(base).is_none()) {
        return Err(invalid("PullRequest", "base", "invalid"));
    }
    if call.text("state") == Some("open") && topic.merged().is_some() {
        return Err(custom("PullRequest", "state cannot be changed. The pull request is already merged."));
    }
    let text = |field: &str| call.text(field).map(str::to_owned);
    world.edit(id, key, bot, Edit { title: text("title"), body: text("body"), base: text("base") })?;
    match call.text("state") {
        Some("closed") => world.close(id, key, bot)?,
        Some("open") => world.reopen(id, key, bot)?,
        _ => {}
    }
    answer(world, id, number).map(Answer::ok)
}
