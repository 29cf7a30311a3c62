//! Repositories: the object itself, files, collaborators, branches and tags.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    apps::target,
    collaborators::permissions_json,
    commits::commit_json,
    errors::{error, not_found},
    json::{encoded, html_url, list, node, ref_node, repository_url, time, urls, user, with},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::File,
    protection::rulesets::in_force,
    world::{Kind, Repository, World},
};

const URLS: &[(&str, &str)] = &[
    ("url", ""),
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// A repository as it is shown in other objects and in webhooks.
pub fn repository_json(world: &World, repository: &Repository) -> Value {
    let html = html_url(world, repository);
    let open_issues = repository.topics.iter().filter(|topic| topic.is_open()).count();
    let forks = world.repositories.iter().filter(|other| other.parent == Some(repository.id)).count();
    let flags = json!({
        "private": false, "archived": false, "disabled": false, "is_template": false, "fork": repository.parent.is_some(),
        "has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false, "has_downloads": true,
        "has_discussions": false, "allow_forking": true, "web_commit_signoff_required": false, "visibility": "public",
        "description": null, "homepage": null, "language": null, "license": null, "mirror_url": null, "topics": [],
        "stargazers_count": 0, "watchers_count": 0, "watchers": 0, "size": 1,
    });
    let own = json!({
        "id": repository.id,
        "node_id": node("R", repository.id),
        "name": repository.name(),
        "full_name": repository.path,
        "owner": user(world, repository.owner()),
        "html_url": html,
        "git_url": format!("{}.git", html.replacen("http", "git", 1)),
        "ssh_url": format!("git@localhost:{}.git", repository.path),
        "clone_url": format!("{html}.git"),
        "svn_url": html,
        "default_branch": repository.default_branch,
        "forks_count": forks,
        "forks": forks,
        "open_issues_count": open_issues,
        "open_issues": open_issues,
        "created_at": time(repository.created_at),
        "pushed_at": time(repository.pushed_at),
        "updated_at": time(repository.pushed_at),
    });
    with(with(urls(&repository_url(world, repository), URLS), flags), own)
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let merging = &repository.merging;
    let more = json!({
        "subscribers_count": 0,
        "network_count": 0,
        "permissions": permissions_json(repository.role(Kind::GitHub.bot())),
        "allow_merge_commit": merging.merge_commit,
        "allow_squash_merge": merging.squash,
        "allow_rebase_merge": merging.rebase,
        "squash_merge_commit_title": merging.squash_title,
        "squash_merge_commit_message": merging.squash_message,
        "merge_commit_title": merging.merge_title,
        "merge_commit_message": merging.merge_message,
    });
    Ok(Answer::ok(with(repository_json(world, repository), more)))
}

pub fn contents(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let revision = call.query("ref").unwrap_or(&repository.default_branch);
    let missing = || error(StatusCode::NOT_FOUND, &format!("No commit found for the ref {revision}"));
    let commit = repository.git.resolve(revision).ok_or_else(missing)?;
    let file = repository.git.file(&commit, call.param("path")).ok_or_else(not_found)?;
    if call.header("accept").is_some_and(|accept| accept.contains(".raw")) {
        return Ok(Answer::raw(file.content));
    }
    Ok(Answer::ok(file_json(world, repository, revision, &file)))
}

fn file_json(world: &World, repository: &Repository, revision: &str, file: &File) -> Value {
    let (path, revision) = (encoded(&file.path), encoded(revision));
    let url = format!("{}/contents/{path}?ref={revision}", repository_url(world, repository));
    let git = format!("{}/git/blobs/{}", repository_url(world, repository), file.sha);
    let html = format!("{}/blob/{revision}/{path}", html_url(world, repository));
    json!({
        "type": "file",
        "encoding": "base64",
        "size": file.content.len(),
        "name": file.path.rsplit('/').next(),
        "path": file.path,
        "content": lines_of_base64(&file.content),
        "sha": file.sha,
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": format!("{}/raw/{revision}/{path}", html_url(world, repository)),
        "_links": {"self": url, "git": git, "html": html},
    })
}

/// Base64 in lines of 60 characters, each with its newline, as GitHub sends it.
fn lines_of_base64(content: &[u8]) -> String {
    content.chunks(45).map(|line| STANDARD.encode(line) + "\n").collect()
}

pub fn branches(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let branches = repository.git.branches()?;
    Ok(list(world, call, &branches, |(name, sha)| {
        let url = format!("{}/commits/{sha}", repository_url(world, repository));
        json!({"name": name, "commit": {"sha": sha, "url": url}, "protected": is_protected(repository, name)})
    }))
}

fn is_protected(repository: &Repository, branch: &str) -> bool {
    in_force(repository, &format!("refs/heads/{branch}")).next().is_some()
}

pub fn branch(world: &mut World, call: &Call) -> Handled {
    let (repository, name) = (target(world, call)?, call.param("branch"));
    let missing = || error(StatusCode::NOT_FOUND, "Branch not found");
    let tip = repository.git.branch(name).ok_or_else(missing)?;
    let url = format!("{}/branches/{}", repository_url(world, repository), encoded(name));
    Ok(Answer::ok(json!({
        "name": name,
        "commit": commit_json(world, repository, &repository.git.commit(&tip)?),
        "_links": {"self": url, "html": format!("{}/tree/{}", html_url(world, repository), encoded(name))},
        "protected": is_protected(repository, name),
        "protection": {"enabled": false},
        "protection_url": format!("{url}/protection"),
    })))
}

/// Tags, in GitHub's order: by name, the highest first.
pub fn tags(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let mut tags = repository.git.tags()?;
    tags.reverse();
    Ok(list(world, call, &tags, |tag| {
        let url = repository_url(world, repository);
        let archive = |format: &str| format!("{url}/{format}/refs/tags/{}", encoded(&tag.name));
        json!({
            "name": tag.name,
            "commit": {"sha": tag.commit, "url": format!("{url}/commits/{}", tag.commit)},
            "zipball_url": archive("zipball"),
            "tarball_url": archive("tarball"),
            "node_id": ref_node(repository, &format!("refs/tags/{}", tag.name)),
        })
    }))
}

/// A repository as the pull requests of a check run name it.
pub fn repository_stub(world: &World, repository: &Repository) -> Value {
    json!({
        "id": repository.id,
        "url": repository_url(world, repository),
        "name": repository.name(),
    })
}
