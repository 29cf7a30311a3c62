//! What Slipway has said on a change request, as the query for that read it: its checks on the head commit, and its comments. It is
//! remembered for the length of one event, so that saying the same again needs no call, and saying something else needs one.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::facts::Asked;
use crate::domain::names::{Number, Sha};
use crate::domain::plan::CommentKey;
use crate::forge::texts::is_marked;

/// A check of Slipway's own, in REST's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCheck {
    pub id: u64,
    pub name: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub title: String,
    pub summary: String,
}

/// A comment of Slipway's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnComment {
    pub id: u64,
    pub body: String,
}

#[derive(Default)]
pub struct Said(Mutex<Known>);

/// What is not in here is not known, rather than not there.
#[derive(Default)]
struct Known {
    checks: HashMap<Sha, Vec<OwnCheck>>,
    comments: HashMap<Number, Vec<OwnComment>>,
    /// What was written since: of that, what was read says nothing any more.
    written: HashSet<String>,
}

impl Said {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All checks of Slipway's own on a commit.
    pub fn remember_checks(&self, on: Sha, checks: Vec<OwnCheck>) {
        self.known().checks.insert(on, checks);
    }

    /// All comments of Slipway's own in a thread.
    pub fn remember_comments(&self, on: Number, comments: Vec<OwnComment>) {
        self.known().comments.insert(on, comments);
    }

    /// The newest check of this name on a commit, if that is known.
    pub fn check(&self, on: &Sha, name: &str) -> Asked<Option<OwnCheck>> {
        let known = self.known();
        match known.checks.get(on) {
            Some(checks) if !known.written.contains(&format!("{on} {name}")) => {
                let of_name = checks.iter().filter(|check| check.name == name);
                Asked::Answered(of_name.max_by_key(|check| check.id).cloned())
            }
            _ => Asked::Never,
        }
    }

    /// The comment about `key` in a thread, if that is known.
    pub fn comment(&self, on: Number, key: &CommentKey) -> Asked<Option<OwnComment>> {
        let known = self.known();
        match known.comments.get(&on) {
            Some(comments) if !known.written.contains(&format!("{on} {key}")) => {
                Asked::Answered(comments.iter().find(|comment| is_marked(key, &comment.body)).cloned())
            }
            _ => Asked::Never,
        }
    }

    pub fn wrote_check(&self, on: &Sha, name: &str) {
        self.known().written.insert(format!("{on} {name}"));
    }

    pub fn wrote_comment(&self, on: Number, key: &CommentKey) {
        self.known().written.insert(format!("{on} {key}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: u64, name: &str) -> OwnCheck {
        OwnCheck { id, name: name.into(), status: "completed".into(), conclusion: None, title: String::new(), summary: String::new() }
    }

    #[test]
    fn what_was_not_read_is_not_known_and_what_was_read_may_be_missing() {
        let (said, sha) = (Said::default(), Sha::from([1; 20]));
        assert_eq!((said.check(&sha, "a"), said.comment(Number(1), &CommentKey::Policy)), (Asked::Never, Asked::Never));
        said.remember_checks(sha.clone(), vec![check(1, "a"), check(3, "a"), check(2, "a")]);
        let comment = OwnComment { id: 7, body: "<!-- slipway:policy -->\ntext".into() };
        said.remember_comments(Number(1), vec![comment.clone()]);
        assert_eq!((said.check(&sha, "a"), said.check(&sha, "b")), (Asked::Answered(Some(check(3, "a"))), Asked::Answered(None)));
        assert_eq!(said.comment(Number(1), &CommentKey::Policy), Asked::Answered(Some(comment)));
        assert_eq!(said.comment(Number(1), &CommentKey::Preview), Asked::Answered(None));
    }

    #[test]
    fn what_was_written_is_not_known_any_more() {
        let (said, sha) = (Said::default(), Sha::from([1; 20]));
        said.remember_checks(sha.clone(), vec![check(1, "a"), check(2, "b")]);
        said.remember_comments(Number(1), Vec::new());
        said.wrote_check(&sha, "a");
        said.wrote_comment(Number(1), &CommentKey::Policy);
        assert_eq!((said.check(&sha, "a"), said.check(&sha, "b")), (Asked::Never, Asked::Answered(Some(check(2, "b")))));
        let comments = [CommentKey::Policy, CommentKey::Held].map(|key| said.comment(Number(1), &key));
        assert_eq!(comments, [Asked::Never, Asked::Answered(None)]);
    }
}
