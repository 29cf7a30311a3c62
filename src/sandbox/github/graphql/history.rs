//! The part of the graph that is git: references, tags, commits, comparisons and files.

use std::str::FromStr as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    checks,
    execution::{Asked, Problem},
    objects::{Found, Object, Page, Resolved, Sight},
    rules,
};
use crate::sandbox::{
    git::{Commit, File, Person, Reference},
    github::{
        commits::{Comparison, is_signed},
        json::{html_url, node, ref_node},
    },
    world::Repository,
};

/// The most bytes of a file that the graph shows.
const SHOWN: usize = 512_000;

pub fn of_repository<'a>(sight: &Sight<'a>, repository: &'a Repository, asked: &Asked) -> Resolved<'a> {
    let git = &repository.git;
    let named = |name: &str| git.reference(name).map(|reference| Object::Reference(repository, reference));
    match asked.name {
        "defaultBranchRef" => Ok(Found::maybe(named(&format!("refs/heads/{}", repository.default_branch)))),
        "ref" => {
            let name = asked.text("qualifiedName").unwrap_or_default();
            let found = ["", "refs/", "refs/heads/", "refs/tags/"].iter().find_map(|prefix| named(&format!("{prefix}{name}")));
            Ok(Found::maybe(found))
        }
        "refs" => references(sight, repository, asked),
        _ => Ok(Found::maybe(object(repository, asked))),
    }
}

/// `main:path`, a revision, or the id of an object.
fn object<'a>(repository: &'a Repository, asked: &Asked) -> Option<Object<'a>> {
    let git = &repository.git;
    let revision = asked.text("oid").or(asked.text("expression"))?;
    if let Some((revision, path)) = revision.split_once(':') {
        let revision = head_of_request(repository, revision).unwrap_or(revision);
        return git.file(&git.resolve(revision)?, path).map(Object::Blob);
    }
    target(repository, &git.reference(revision).map_or_else(|| revision.to_owned(), |reference| reference.sha))
}

/// The object of an id: a commit, or an annotated tag.
fn target<'a>(repository: &'a Repository, sha: &str) -> Option<Object<'a>> {
    let git = &repository.git;
    if let Some((name, _)) = git.tag_object(sha) {
        return Some(Object::Tag(repository, Reference { name, sha: sha.to_owned(), annotated: true }));
    }
    Some(Object::Commit(repository, Box::new(git.commit(&git.resolve(sha)?).ok()?)))
}

fn references<'a>(sight: &Sight<'a>, repository: &'a Repository, asked: &Asked) -> Resolved<'a> {
    let prefix = asked.text("refPrefix").unwrap_or_default();
    if !prefix.starts_with("refs/") || !prefix.ends_with('/') {
        return Err(Problem::new("UNPROCESSABLE", "refPrefix must start with `refs/` and end with `/`."));
    }
    let mut found = repository.git.references(prefix)?;
    if let Some(query) = asked.text("query") {
        found.retain(|reference| reference.name.trim_start_matches(prefix).contains(query));
    }
    let order = asked.argument("orderBy");
    let is = |name: &str, value: &str| order.and_then(|order| order.get(name)).is_some_and(|given| given == value);
    if is("field", "TAG_COMMIT_DATE") {
        let date = |reference: &Reference| {
            let commit = repository.git.resolve(&reference.name).and_then(|sha| repository.git.commit(&sha).ok());
            commit.map(|commit| commit.committer.at)
        };
        found.sort_by_cached_key(date);
    }
    if is("direction", "DESC") || asked.text("direction") == Some("DESC") {
        found.reverse();
    }
    Page::of(sight, asked, "RefConnection", found, |reference| Object::Reference(repository, reference))
}

pub fn of_reference<'a>(sight: &Sight<'a>, repository: &'a Repository, reference: &Reference, asked: &Asked) -> Resolved<'a> {
    let end = reference.name.match_indices('/').nth(1).map_or(0, |(slash, _)| slash + 1);
    let (prefix, name) = reference.name.split_at(end);
    Ok(match asked.name {
        "id" => Found::Value(ref_node(repository, &reference.name).into()),
        "name" => Found::Value(name.into()),
        "prefix" => Found::Value(prefix.into()),
        "repository" => Found::Object(Object::Repository(repository)),
        "refUpdateRule" => Found::maybe(None),
        "rules" => return rules::of_reference(sight, repository, &reference.name, asked),
        "compare" => {
            let head = asked.text("headRef").unwrap_or_default();
            let comparison = Comparison::of(repository, &reference.name, head_of_request(repository, head).unwrap_or(head))?;
            Found::maybe(comparison.map(|comparison| Object::Comparison(repository, Box::new(comparison))))
        }
        _ => Found::maybe(target(repository, &reference.sha)),
    })
}

/// The head that `refs/pull/1/head` points to, which the sandbox keeps no reference for.
fn head_of_request<'a>(repository: &'a Repository, reference: &str) -> Option<&'a str> {
    let number = reference.strip_prefix("refs/").unwrap_or(reference).strip_prefix("pull/")?.strip_suffix("/head")?;
    repository.request(number.parse().ok()?).map(|(_, change)| change.head_sha.as_str())
}

pub fn of_tag<'a>(sight: &Sight<'a>, repository: &'a Repository, tag: &Reference, asked: &Asked) -> Found<'a> {
    let annotation = || repository.git.tag_object(&tag.sha).map(|(_, annotation)| annotation);
    match asked.name {
        "id" => Found::Value(node("TA", &tag.sha).into()),
        "oid" => Found::Value(tag.sha.as_str().into()),
        "name" => Found::Value(tag.name.as_str().into()),
        "message" => Found::Value(annotation().map(|annotation| annotation.message).into()),
        "tagger" => Found::maybe(annotation().map(|annotation| Object::Plain(actor(sight, &annotation.tagger)))),
        _ => Found::maybe(repository.git.resolve(&tag.sha).and_then(|sha| target(repository, &sha))),
    }
}

pub fn of_blob(file: &File, field: &str) -> Value {
    let shown = file.content.get(..SHOWN).unwrap_or(&file.content);
    let is_binary = shown.contains(&0);
    match field {
        "id" => node("B", &file.sha).into(),
        "oid" => file.sha.as_str().into(),
        "byteSize" => file.content.len().into(),
        "isBinary" => is_binary.into(),
        "isTruncated" => (file.content.len() > SHOWN).into(),
        _ if is_binary => Value::Null,
        _ => String::from_utf8_lossy(shown).into(),
    }
}

pub fn of_commit<'a>(sight: &Sight<'a>, repository: &'a Repository, commit: &Commit, asked: &Asked) -> Resolved<'a> {
    let committed = |commit: Commit| Object::Commit(repository, Box::new(commit));
    let body = || commit.message.split_once('\n').map_or("", |(_, body)| body.trim());
    let value: Value = match asked.name {
        "id" => node("C", &commit.sha).into(),
        "oid" => commit.sha.as_str().into(),
        "message" => commit.message.as_str().into(),
        "messageHeadline" => commit.subject().into(),
        "messageBody" => body().into(),
        "authoredDate" => commit.author.at.to_string().into(),
        "committedDate" => commit.committer.at.to_string().into(),
        "url" => format!("{}/commit/{}", html_url(sight.world, repository), commit.sha).into(),
        "author" => return Ok(Found::Object(Object::Plain(actor(sight, &commit.author)))),
        "committer" => return Ok(Found::Object(Object::Plain(actor(sight, &commit.committer)))),
        "signature" => {
            let signature = || Object::Plain(json!({"__typename": "GpgSignature", "isValid": true, "wasSignedByGitHub": true}));
            return Ok(Found::maybe(is_signed(commit).then(signature)));
        }
        "authors" => return Page::of(sight, asked, "GitActorConnection", authors(commit), |author| Object::Plain(actor(sight, &author))),
        "parents" => {
            let parents = commit.parents.iter().map(|sha| repository.git.commit(sha)).collect::<anyhow::Result<Vec<_>>>()?;
            return Page::of(sight, asked, "CommitConnection", parents, committed);
        }
        "checkSuites" => return checks::suites(sight, repository, &commit.sha, asked),
        "statusCheckRollup" => return Ok(checks::rollup(repository, &commit.sha)),
        "tree" => {
            let tree = json!({"__typename": "Tree", "id": node("T", &commit.tree), "oid": commit.tree});
            return Ok(Found::Object(Object::Plain(tree)));
        }
        "associatedPullRequests" => {
            let requests = sight.requests_with(repository, &commit.sha)?;
            return Page::of(sight, asked, "PullRequestConnection", requests, |topic| Object::Request(repository, topic));
        }
        _ => return Page::of(sight, asked, "CommitHistoryConnection", log(repository, commit, asked)?, committed),
    };
    Ok(value.into())
}

/// The history of a commit, newest first.
fn log(repository: &Repository, commit: &Commit, asked: &Asked) -> anyhow::Result<Vec<Commit>> {
    let time = |name: &str| asked.text(name).and_then(|text| Timestamp::from_str(text).ok());
    let (since, until) = (time("since"), time("until"));
    let mut commits = repository.git.log(&commit.sha, None)?;
    commits.retain(|commit| {
        let at = commit.committer.at;
        since.is_none_or(|since| at >= since) && until.is_none_or(|until| at <= until)
    });
    if let Some(path) = asked.text("path") {
        commits.retain(|commit| repository.git.touches(commit, path).unwrap_or_default());
    }
    Ok(commits)
}

/// The author, and those whom trailers of the message name.
fn authors(commit: &Commit) -> Vec<Person> {
    let trailers = commit.message.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        let (name, email) = value.trim().strip_suffix('>')?.split_once(" <")?;
        let person = || Person { name: name.to_owned(), email: email.to_owned(), at: commit.author.at };
        key.eq_ignore_ascii_case("co-authored-by").then(person)
    });
    std::iter::once(commit.author.clone()).chain(trailers).collect()
}

fn actor(sight: &Sight, person: &Person) -> Value {
    let user = sight.world.find_user(&person.name).map(|user| {
        let url = format!("{}/{}", sight.world.url, user.login);
        json!({"__typename": "User", "id": node("U", user.id), "login": user.login, "url": url})
    });
    json!({"__typename": "GitActor", "name": person.name, "email": person.email, "date": person.at.to_string(), "user": user})
}

pub fn of_comparison<'a>(sight: &Sight<'a>, repository: &'a Repository, comparison: &Comparison, asked: &Asked) -> Resolved<'a> {
    let Comparison { base, head, ahead, behind, .. } = comparison;
    Ok(match asked.name {
        "id" => Found::Value(STANDARD.encode(format!("{base}...{head}")).into()),
        "status" => Found::Value(comparison.status().to_uppercase().into()),
        "aheadBy" => Found::Value(ahead.len().into()),
        "behindBy" => Found::Value((*behind).into()),
        "baseTarget" => Found::maybe(target(repository, base)),
        "headTarget" => Found::maybe(target(repository, head)),
        _ => {
            return Page::of(sight, asked, "ComparisonCommitConnection", ahead.clone(), |commit| {
                Object::Commit(repository, Box::new(commit))
            });
        }
    })
}
