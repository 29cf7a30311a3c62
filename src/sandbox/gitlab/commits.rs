//! Commits, what holds them, what they came with, and comparisons.

use serde_json::json;

use super::{
    answers::{allowed, asked, asked_time, bad_request, list, not_found},
    json::diff,
    json_topics::{merge_commits, state},
    projects::{commit_at, project},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::Commit,
    topic::{Change, Topic},
    world::{Repository, World},
};

pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let named = call.query("ref_name").unwrap_or(&show.project.default_branch);
    let (hidden, from) = named.split_once("..").map_or((None, named), |(hidden, from)| (Some(hidden), from));
    let hidden = hidden.map(|revision| commit_at(show.project, revision)).transpose()?;
    let mut commits = show.project.git.log(&commit_at(show.project, from)?, hidden.as_deref())?;
    if call.query("first_parent") == Some("true") {
        let mut next = commits.first().map(|commit| commit.sha.clone());
        commits.retain(|commit| {
            let is_next = next.as_ref() == Some(&commit.sha);
            if is_next {
                next = commit.parents.first().cloned();
            }
            is_next
        });
    }
    let (since, until) = (asked_time(call, "since")?, asked_time(call, "until")?);
    allowed(call, "order", &["default", "topo"])?;
    commits.retain(|commit| {
        let at = commit.committer.at;
        since.is_none_or(|since| at >= since)
            && until.is_none_or(|until| at <= until)
            && call.query("author").is_none_or(|author| format!("{} <{}>", commit.author.name, commit.author.email).contains(author))
            && call.query("path").is_none_or(|path| touches(show.project, commit, path))
    });
    let with_trailers = call.query("trailers") == Some("true");
    list(world, call, &commits, |commit| if with_trailers { show.commit_with_trailers(commit) } else { Ok(show.commit(commit)) })
}

/// What a commit changes against its first parent.
pub fn diffs(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let sha = commit_at(show.project, call.param("sha"))?;
    list(world, call, &show.project.git.changes_of(&sha)?, |change| Ok(diff(change)))
}

fn touches(project: &Repository, commit: &Commit, path: &str) -> bool {
    let changes = project.git.changes_of(&commit.sha).unwrap_or_default();
    changes.iter().any(|change| change.path == path || change.path.starts_with(&format!("{path}/")))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let sha = commit_at(show.project, call.param("sha"))?;
    Ok(Answer::ok(show.commit_detail(&show.project.git.commit(&sha)?)?))
}

/// The branches and tags that hold a commit.
pub fn refs(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let git = &show.project.git;
    let sha = commit_at(show.project, call.param("sha"))?;
    let wanted = call.query("type").unwrap_or("all");
    let mut holding = Vec::new();
    if wanted != "tag" {
        holding.extend(git.branches_with(&sha)?.into_iter().map(|name| ("branch", name)));
    }
    if wanted != "branch" {
        for tag in git.tags()? {
            if git.is_ancestor(&sha, &tag.commit)? {
                holding.push(("tag", tag.name));
            }
        }
    }
    list(world, call, &holding, |(kind, name)| Ok(json!({"type": kind, "name": name})))
}

/// The merge requests that a commit came with: as one of theirs, or as what merging made of them.
pub fn requests(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let sha = commit_at(show.project, call.param("sha"))?;
    let wanted = call.query("state").filter(|state| *state != "all");
    let requests: Vec<_> = show
        .project
        .requests()
        .filter(|(topic, change)| wanted.is_none_or(|wanted| wanted == state(topic)) && came_with(show.project, (topic, change), &sha))
        .collect();
    list(world, call, &requests, |(topic, change)| Ok(show.request(topic, change)))
}

fn came_with(project: &Repository, (topic, change): (&Topic, &Change), sha: &str) -> bool {
    let (merge, squash) = merge_commits(change);
    let is_own = || project.commits_of(change).is_ok_and(|commits| commits.iter().any(|commit| commit.sha == sha));
    let is_result = merge == Some(sha) || squash == Some(sha);
    is_own() || (is_result && !project.association.is_too_early(topic.number))
}

pub fn compare(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let git = &show.project.git;
    let (from, to) = (asked(call, "from")?, asked(call, "to")?);
    let find = |revision: &str| git.resolve(revision).ok_or_else(|| not_found("Ref"));
    let (old, new) = (find(from)?, find(to)?);
    let mut commits = git.log(&new, Some(&old))?;
    commits.reverse();
    let straight = call.query("straight") == Some("true");
    let fork_point = if straight { Some(old) } else { git.merge_base(&old, &new)? };
    let diffs = git.diff(fork_point.as_deref(), &new)?;
    let dots = if straight { ".." } else { "..." };
    Ok(Answer::ok(json!({
        "commit": commits.last().map(|commit| show.commit(commit)),
        "commits": commits.iter().map(|commit| show.commit(commit)).collect::<Vec<_>>(),
        "diffs": diffs.iter().map(diff).collect::<Vec<_>>(),
        "compare_timeout": false,
        "compare_same_ref": from == to,
        "web_url": show.web_url(&format!("compare/{from}{dots}{to}")),
    })))
}

pub fn merge_base(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let git = &show.project.git;
    let names: Vec<&str> = call.query.iter().filter(|(name, _)| name.starts_with("refs[")).map(|(_, value)| value.as_str()).collect();
    if names.len() < 2 {
        return Err(bad_request("Provide at least 2 refs"));
    }
    let unknown: Vec<&str> = names.iter().copied().filter(|name| git.resolve(name).is_none()).collect();
    if !unknown.is_empty() {
        let noun = if unknown.len() == 1 { "ref" } else { "refs" };
        return Err(bad_request(format!("Could not find {noun}: {}", unknown.join(", "))));
    }
    let mut base: Option<String> = None;
    for commit in names.iter().filter_map(|name| git.resolve(name)) {
        base = match base {
            None => Some(commit),
            Some(base) => Some(git.merge_base(&base, &commit)?.ok_or_else(|| not_found("Merge Base"))?),
        };
    }
    let base = base.ok_or_else(|| not_found("Merge Base"))?;
    Ok(Answer::ok(show.commit_of(&base)?))
}
