//! Commits: one, lists of them, comparisons, and the commits of the git data API.

use std::str::FromStr as _;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    apps::target,
    errors::{error, not_found},
    json::{encoded, html_url, linked, list, node, repository_url, time, user_or_null, with},
    pulls::simple_pull_json,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::{Annotation, Change, Commit, FileChange, Person},
    pushing::SIGNER,
    signing::{Key, signature},
    world::{Repository, World},
};

/// The most commits that a comparison shows when no page is asked for.
const COMPARED: usize = 250;

fn person_json(person: &Person) -> Value {
    json!({"name": person.name, "email": person.email, "date": time(person.at)})
}

fn unsigned() -> Value {
    json!({"verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null})
}

/// Whether GitHub made and signed a commit.
pub fn is_signed(commit: &Commit) -> bool {
    commit.committer.email == SIGNER
}

fn verification(commit: &Commit) -> Value {
    if !is_signed(commit) {
        return unsigned();
    }
    let signature = "-----BEGIN PGP SIGNATURE-----\n\nsandbox\n-----END PGP SIGNATURE-----\n";
    let payload = format!("tree {}\n\n{}", commit.tree, commit.message);
    json!({"verified": true, "reason": "valid", "signature": signature, "payload": payload, "verified_at": time(commit.committer.at)})
}

pub fn commit_json(world: &World, repository: &Repository, commit: &Commit) -> Value {
    let (api, html) = (repository_url(world, repository), html_url(world, repository));
    let parent = |sha: &String| json!({"sha": sha, "url": format!("{api}/commits/{sha}"), "html_url": format!("{html}/commit/{sha}")});
    json!({
        "url": format!("{api}/commits/{}", commit.sha),
        "sha": commit.sha,
        "node_id": node("C", &commit.sha),
        "html_url": format!("{html}/commit/{}", commit.sha),
        "comments_url": format!("{api}/commits/{}/comments", commit.sha),
        "commit": {
            "url": format!("{api}/git/commits/{}", commit.sha),
            "author": person_json(&commit.author),
            "committer": person_json(&commit.committer),
            "message": commit.message,
            "comment_count": 0,
            "tree": {"sha": commit.tree, "url": format!("{api}/git/trees/{}", commit.tree)},
            "verification": verification(commit),
        },
        "author": user_or_null(world, &commit.author.name),
        "committer": user_or_null(world, &commit.committer.name),
        "parents": commit.parents.iter().map(parent).collect::<Vec<_>>(),
    })
}

pub fn file_json(world: &World, repository: &Repository, revision: &str, file: &FileChange) -> Value {
    let (api, html) = (repository_url(world, repository), html_url(world, repository));
    let path = encoded(&file.path);
    let status = match file.change {
        Change::Added => "added",
        Change::Modified => "modified",
        Change::Removed => "removed",
        Change::Renamed => "renamed",
    };
    let mut object = json!({
        "sha": file.sha,
        "filename": file.path,
        "status": status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": format!("{html}/blob/{revision}/{path}"),
        "raw_url": format!("{html}/raw/{revision}/{path}"),
        "contents_url": format!("{api}/contents/{path}?ref={revision}"),
    });
    if !file.patch.is_empty() {
        object = with(object, json!({"patch": file.patch}));
    }
    if file.change == Change::Renamed {
        object = with(object, json!({"previous_filename": file.old_path}));
    }
    object
}

pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let revision = call.query("sha").unwrap_or(&repository.default_branch);
    let tip = repository.git.resolve(revision).ok_or_else(not_found)?;
    let mut commits = repository.git.log(&tip, None)?;
    let time_of = |name: &str| call.query(name).and_then(|text| Timestamp::from_str(text).ok());
    let (since, until, author) = (time_of("since"), time_of("until"), call.query("author"));
    commits.retain(|commit| {
        since.is_none_or(|since| commit.committer.at >= since)
            && until.is_none_or(|until| commit.committer.at <= until)
            && author.is_none_or(|author| [&commit.author.name, &commit.author.email].iter().any(|is| *is == author))
    });
    if let Some(path) = call.query("path") {
        commits.retain(|commit| repository.git.touches(commit, path).unwrap_or_default());
    }
    Ok(list(world, call, &commits, |commit| commit_json(world, repository, commit)))
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let missing = || super::errors::unprocessable(&format!("No commit found for SHA: {}", call.param("ref")));
    let sha = repository.git.resolve(call.param("ref")).ok_or_else(missing)?;
    let files = repository.git.changes_of(&sha)?;
    let (additions, deletions) = lines(&files);
    let more = json!({
        "stats": {"additions": additions, "deletions": deletions, "total": additions + deletions},
        "files": files.iter().map(|file| file_json(world, repository, &sha, file)).collect::<Vec<_>>(),
    });
    Ok(Answer::ok(with(commit_json(world, repository, &repository.git.commit(&sha)?), more)))
}

/// The lines added and deleted in all files together.
pub fn lines(files: &[FileChange]) -> (usize, usize) {
    (files.iter().map(|file| file.additions).sum(), files.iter().map(|file| file.deletions).sum())
}

pub fn pulls(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let missing = || super::errors::unprocessable(&format!("No commit found for SHA: {}", call.param("ref")));
    let sha = repository.git.resolve(call.param("ref")).ok_or_else(missing)?;
    let requests = repository.requests_with(&sha)?;
    Ok(list(world, call, &requests, |topic| simple_pull_json(world, repository, topic)))
}

/// A commit of the git data API, which knows nothing of users.
pub fn git_commit(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let commit = repository.git.commit(call.param("sha")).map_err(|_| not_found())?;
    Ok(Answer::ok(git_commit_json(world, repository, &commit)))
}

pub fn git_commit_json(world: &World, repository: &Repository, commit: &Commit) -> Value {
    let (api, html) = (repository_url(world, repository), html_url(world, repository));
    let parent = |sha: &String| json!({"sha": sha, "url": format!("{api}/git/commits/{sha}"), "html_url": format!("{html}/commit/{sha}")});
    json!({
        "sha": commit.sha,
        "node_id": node("C", &commit.sha),
        "url": format!("{api}/git/commits/{}", commit.sha),
        "html_url": format!("{html}/commit/{}", commit.sha),
        "author": person_json(&commit.author),
        "committer": person_json(&commit.committer),
        "message": commit.message,
        "tree": {"sha": commit.tree, "url": format!("{api}/git/trees/{}", commit.tree)},
        "parents": commit.parents.iter().map(parent).collect::<Vec<_>>(),
        "verification": verification(commit),
    })
}

pub fn git_tag(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let (name, annotation) = repository.git.tag_object(call.param("sha")).ok_or_else(not_found)?;
    let commit = repository.git.resolve(call.param("sha")).ok_or_else(not_found)?;
    let api = repository_url(world, repository);
    let object = format!("object {commit}\ntype commit\ntag {name}\n");
    Ok(Answer::ok(json!({
        "node_id": node("TA", call.param("sha")),
        "tag": name,
        "sha": call.param("sha"),
        "url": format!("{api}/git/tags/{}", call.param("sha")),
        "message": annotation.message,
        "tagger": person_json(&annotation.tagger),
        "object": {"sha": commit, "type": "commit", "url": format!("{api}/git/commits/{commit}")},
        "verification": tag_verification(&object, &annotation),
    })))
}

/// What GitHub says of the signature of a tag, which stays in the message.
fn tag_verification(object: &str, annotation: &Annotation) -> Value {
    let Some((signature, key)) = signature(&annotation.message) else { return unsigned() };
    let verified = key == Key::Known;
    let payload = format!("{object}\n{}", annotation.message.strip_suffix(signature).unwrap_or_default());
    let verified_at = verified.then(|| time(annotation.tagger.at));
    let reason = if verified { "valid" } else { "unknown_key" };
    json!({"verified": verified, "reason": reason, "signature": signature, "payload": payload, "verified_at": verified_at})
}

/// What lies between two commits.
pub struct Comparison {
    pub base: String,
    pub head: String,
    merge_base: String,
    /// What the head has and the base has not, oldest first.
    pub ahead: Vec<Commit>,
    pub behind: usize,
    files: Vec<FileChange>,
}

impl Comparison {
    pub fn of(repository: &Repository, base: &str, head: &str) -> anyhow::Result<Option<Self>> {
        let git = &repository.git;
        let (Some(base), Some(head)) = (git.resolve(base), git.resolve(head)) else { return Ok(None) };
        let Some(merge_base) = git.merge_base(&base, &head)? else { return Ok(None) };
        let mut ahead = git.log(&head, Some(&base))?;
        ahead.reverse();
        let behind = git.log(&base, Some(&head))?.len();
        let files = git.diff(Some(&merge_base), &head)?;
        Ok(Some(Self { base, head, merge_base, ahead, behind, files }))
    }

    pub fn status(&self) -> &'static str {
        match (self.ahead.len(), self.behind) {
            (0, 0) => "identical",
            (_, 0) => "ahead",
            (0, _) => "behind",
            _ => "diverged",
        }
    }
}

pub fn compare(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let (base, head) = call.param("basehead").split_once("...").ok_or_else(not_found)?;
    let own = |side: &str| side.strip_prefix(&format!("{}:", repository.owner())).unwrap_or(side).to_owned();
    let missing = || error(StatusCode::NOT_FOUND, "Not Found");
    let comparison = Comparison::of(repository, &own(base), &own(head))?.ok_or_else(missing)?;
    let page = call.page(COMPARED, world.page_size);
    let commit = |commit: &Commit| commit_json(world, repository, commit);
    let tip = comparison.ahead.last().map_or(comparison.merge_base.as_str(), |commit| &commit.sha);
    let files = if page.number == 1 { comparison.files.as_slice() } else { &[] };
    let (api, html, range) = (repository_url(world, repository), html_url(world, repository), encoded(call.param("basehead")));
    let body = json!({
        "url": format!("{api}/compare/{range}"),
        "html_url": format!("{html}/compare/{range}"),
        "permalink_url": format!("{html}/compare/{}...{tip}", comparison.base),
        "diff_url": format!("{html}/compare/{range}.diff"),
        "patch_url": format!("{html}/compare/{range}.patch"),
        "base_commit": commit(&repository.git.commit(&comparison.base)?),
        "merge_base_commit": commit(&repository.git.commit(&comparison.merge_base)?),
        "status": comparison.status(),
        "ahead_by": comparison.ahead.len(),
        "behind_by": comparison.behind,
        "total_commits": comparison.ahead.len(),
        "commits": page.of(&comparison.ahead).iter().map(commit).collect::<Vec<_>>(),
        "files": files.iter().take(300).map(|file| file_json(world, repository, tip, file)).collect::<Vec<_>>(),
    });
    Ok(linked(world, call, Answer::ok(body), page, comparison.ahead.len()))
}
