//! From a delivery's headers and raw bytes to an event: `signature` proves who sent it, `github` and `gitlab` say what it means.
//! Payloads are read in one pass into small structs that skip what no rule asks about, never as a whole JSON value, and a kind or
//! an action that a forge invents tomorrow is ignored with a reason. Nothing in here asks a forge, a clock or the configuration.

pub mod github;
pub mod gitlab;
pub mod signature;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Deref;

use http::HeaderMap;
use serde::Deserialize;

use crate::domain::event::{Delivery, Event, Pushed};
use crate::domain::names::{BranchName, Moment, Sha, TagName};
use crate::domain::plan::CommentKey;

/// What a verified delivery turned out to be. The first two are answered with 2xx, since forges switch off hooks that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    Accepted(Box<Delivery>),
    /// Understood, and of no interest.
    Ignored {
        reason: String,
    },
    /// Not what the forge documents. The problem names the header or field, and the line and column where there is one.
    Malformed {
        problem: String,
    },
}

/// Why a payload is no delivery.
enum Unusable {
    Ignored(String),
    Malformed(String),
}

impl From<Result<Delivery, Unusable>> for Parsed {
    fn from(outcome: Result<Delivery, Unusable>) -> Self {
        match outcome {
            Ok(delivery) => Self::Accepted(Box::new(delivery)),
            Err(Unusable::Ignored(reason)) => Self::Ignored { reason },
            Err(Unusable::Malformed(problem)) => Self::Malformed { problem },
        }
    }
}

fn ignored<T>(reason: impl Into<String>) -> Result<T, Unusable> {
    Err(Unusable::Ignored(reason.into()))
}

fn malformed<T>(problem: impl Into<String>) -> Result<T, Unusable> {
    Err(Unusable::Malformed(problem.into()))
}

/// Text that stays where it is in the body unless it holds escapes. (`Option<Cow<str>>` alone would always copy.)
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// An object of which only the git object it names matters.
#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
}

/// A commit in the list of a push.
#[derive(Deserialize)]
struct PushedCommit<'a> {
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(default)]
    added: Vec<Text<'a>>,
    #[serde(default)]
    modified: Vec<Text<'a>>,
    #[serde(default)]
    removed: Vec<Text<'a>>,
}

/// Longer lists are not kept while a delivery waits; the forge is asked instead.
const MOST_COMMITS: usize = 50;
const MOST_FILES: usize = 200;

impl PushedCommit<'_> {
    fn files(&self) -> impl Iterator<Item = &Text<'_>> {
        self.added.iter().chain(&self.modified).chain(&self.removed)
    }
}

/// A push with what it brought, where the delivery lists all of its `total` commits.
fn with_commits(event: Event, listed: Option<&[PushedCommit]>, total: usize) -> Event {
    let Event::Push { branch, before, after, .. } = event else { return event };
    let whole = listed.filter(|listed| {
        let files: usize = listed.iter().map(|commit| commit.files().count()).sum();
        listed.len() == total && total <= MOST_COMMITS && files <= MOST_FILES
    });
    let pushed = |commit: &PushedCommit| {
        let files = commit.files().map(|file| file.to_string()).collect();
        Pushed { message: commit.message.to_string(), files }
    };
    Event::Push { branch, before, after, commits: whole.map(|listed| listed.iter().map(pushed).collect()) }
}

/// Whether a comment with this text may be Slipway's checklist: whose it is shows when it is read.
fn is_checklist(text: &str) -> bool {
    let mark = text.lines().next().and_then(|line| line.trim().strip_prefix("<!-- slipway:")?.strip_suffix(" -->"));
    mark.is_some_and(|mark| mark == CommentKey::Checklist.to_string())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().filter(|text| !text.is_empty())
}

fn required_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Unusable> {
    header(headers, name).map_or_else(|| required(&format!("header {name}"), None), Ok)
}

fn required<T>(field: &str, value: Option<T>) -> Result<T, Unusable> {
    value.map_or_else(|| malformed(format!("{field} is missing: deliver the request as the forge sends it")), Ok)
}

/// The value of a field that has to be a valid name, or a problem that says which field it was.
fn named<T, E: Display>(field: &str, parsed: Result<T, E>) -> Result<T, Unusable> {
    parsed.or_else(|error| malformed(format!("{field}: {error}")))
}

fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Unusable> {
    serde_json::from_slice(body).or_else(|error| {
        // Only a payload that failed is read a second time, now with the path to the field; keeping track of it costs time.
        let again = serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(body));
        let path = again.err().map(|failed| failed.path().to_string()).filter(|path| path != ".");
        let place = path.map_or_else(|| "body".to_owned(), |path| format!("field {path}"));
        let text = error.to_string();
        let what: String = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).chars().take(200).collect();
        let (line, column) = (error.line(), error.column());
        malformed(format!("{place}, line {line}, column {column}: {what}; deliver the body as the forge sends it"))
    })
}

/// RFC 3339, or GitLab's older `2019-04-03 21:29:41 UTC` and `2019-04-03 21:29:41 +0200`.
fn moment(field: &str, text: &str) -> Result<Moment, Unusable> {
    let text: Cow<str> = match text.rsplit_once(' ') {
        Some((civil, "UTC")) => format!("{civil}Z").into(),
        Some((civil, offset)) => format!("{civil}{offset}").into(),
        None => text.into(),
    };
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Ok(Moment(at.as_second())),
        Err(_) => malformed(format!("{field} is not a time such as 2019-04-03T21:29:41Z")),
    }
}

/// What a push did to a ref, which both forges tell in the same way: forty zeros stand for "not there".
/// `tagged` is the commit behind a tag, where the forge tells it; `after` may be the tag object.
fn ref_event(name: &str, before: &str, after: &str, tagged: Option<Sha>) -> Result<Event, Unusable> {
    let before = named("before", Sha::parse(before))?;
    let after = named("after", Sha::parse(after))?;
    let (created, deleted) = (before.is_zero(), after.is_zero());
    if created && deleted {
        return malformed("before and after are both zero: one of them has to be a commit");
    }
    if let Some(branch) = name.strip_prefix("refs/heads/") {
        let branch = named("ref", BranchName::parse(branch))?;
        Ok(match (created, deleted) {
            (true, _) => Event::BranchCreated { branch, at: after },
            (_, true) => Event::BranchDeleted { branch, was: before },
            _ => Event::Push { branch, before, after, commits: None },
        })
    } else if let Some(tag) = name.strip_prefix("refs/tags/") {
        let tag = named("ref", TagName::parse(tag))?;
        Ok(match (created, deleted) {
            (true, _) => Event::TagCreated { tag, commit: tagged.unwrap_or(after) },
            (_, true) => Event::TagDeleted { tag, was: before },
            _ => Event::TagMoved { tag, before, after: tagged.unwrap_or(after) },
        })
    } else {
        ignored("the ref is neither a branch nor a tag")
    }
}
