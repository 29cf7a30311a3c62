//! Blobs, trees and commits made by the git data API.

use std::str::FromStr as _;

use anyhow::Context as _;
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    apps::target,
    commits::git_commit_json,
    errors::{error, unprocessable},
    json::{encoded, node, repository_url},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::{Blob, Entry, Person, Placed, Saying},
    world::{Repository, World},
};

pub fn create_blob(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let text = call.text("content").unwrap_or_default();
    let content = match call.text("encoding") {
        Some("base64") => STANDARD.decode(text.replace('\n', "")).map_err(|_| unprocessable("content is not valid Base64"))?,
        _ => text.as_bytes().to_vec(),
    };
    let sha = repository.git.write_blob(&content)?;
    let url = format!("{}/git/blobs/{sha}", repository_url(world, repository));
    Ok(Answer::created(json!({"sha": sha, "url": url})))
}

pub fn blob(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let sha = call.param("sha");
    let content = repository.git.blob(sha).ok_or_else(|| error(StatusCode::NOT_FOUND, "Not Found"))?;
    Ok(Answer::ok(json!({
        "sha": sha,
        "node_id": node("B", sha),
        "size": content.len(),
        "url": format!("{}/git/blobs/{sha}", repository_url(world, repository)),
        "content": STANDARD.encode(&content),
        "encoding": "base64",
    })))
}

pub fn create_tree(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let wanted = call.body.get("tree").and_then(Value::as_array).filter(|entries| !entries.is_empty());
    let wanted = wanted.ok_or_else(|| unprocessable("Invalid tree info"))?;
    let files = wanted.iter().map(|entry| placed(repository, entry)).collect::<anyhow::Result<Vec<_>>>();
    let files = files.map_err(|problem| unprocessable(&format!("{problem:#}")))?;
    let sha = repository.git.write_tree(call.text("base_tree"), &files);
    let sha = sha.map_err(|_| unprocessable("GitRPC::BadObjectState"))?;
    let api = repository_url(world, repository);
    let entries: Vec<Value> = repository.git.entries(&sha)?.iter().map(|entry| entry_json(&api, entry)).collect();
    Ok(Answer::created(json!({"sha": sha, "url": format!("{api}/git/trees/{sha}"), "tree": entries, "truncated": false})))
}

/// A file that the call puts into a tree: by its content, by the id of a blob, or (with null) taken out.
fn placed(repository: &Repository, entry: &Value) -> anyhow::Result<Placed> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let path = text("path").context("tree.path is missing")?.to_owned();
    let executable = text("mode") == Some("100755");
    let sha = match (text("content"), entry.get("sha")) {
        (Some(content), _) => Some(repository.git.write_blob(content.as_bytes())?),
        (None, Some(Value::Null)) => None,
        (None, _) => Some(text("sha").context("tree.sha or tree.content is missing")?.to_owned()),
    };
    Ok(Placed { path, what: sha.map(|sha| Blob { sha, executable }) })
}

fn entry_json(api: &str, entry: &Entry) -> Value {
    let (path, kind, sha) = (&entry.path, entry.kind, &entry.sha);
    let mut object =
        json!({"path": path, "mode": entry.mode, "type": kind, "sha": sha, "url": format!("{api}/git/{kind}s/{}", encoded(sha))});
    if let (Some(size), Some(fields)) = (entry.size, object.as_object_mut()) {
        fields.insert("size".to_owned(), size.into());
    }
    object
}

/// A commit in whose name the call says nothing is the App's, and GitHub signs it.
pub fn create_commit(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let (message, tree) = (call.text("message").unwrap_or_default(), call.text("tree").unwrap_or_default());
    let parents = call.texts("parents").unwrap_or_default();
    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
    let missing = || error(StatusCode::UNPROCESSABLE_ENTITY, "Tree SHA does not exist");
    repository.git.entries(tree).map_err(|_| missing())?;
    if parents.iter().any(|parent| repository.git.commit(parent).is_err()) {
        return Err(unprocessable("Parent SHA does not exist or is not a commit object"));
    }
    let sha = match named(world, call, "author") {
        Some(author) => {
            let committer = named(world, call, "committer").unwrap_or_else(|| author.clone());
            repository.git.commit_tree(&parents, tree, &Saying { message, author: &author, committer: &committer })?
        }
        None => world.write_signed(repository.id, &parents, tree, message)?,
    };
    Ok(Answer::created(git_commit_json(world, repository, &repository.git.commit(&sha)?)))
}

fn named(world: &World, call: &Call, role: &str) -> Option<Person> {
    let person = call.body.get(role)?;
    let text = |name: &str| person.get(name).and_then(Value::as_str);
    let at = text("date").and_then(|date| Timestamp::from_str(date).ok()).unwrap_or_else(|| world.now());
    Some(Person { name: text("name")?.to_owned(), email: text("email")?.to_owned(), at })
}
