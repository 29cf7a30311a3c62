//! What running a release asks and does, as far as it is small; and what is remembered of it for the length of one event.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::GithubRepository;
use super::carried::Carried;
use super::ground::Ground;
use super::own_issues::Own;
use super::said::OwnComment;
use super::write::{Body, TEXT};
use crate::domain::event::Thread;
use crate::domain::facts::{Between, IssueKind};
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::plan::{CommentKey, LabelCourse, Outcome, Presence};
use crate::forge::error::absent;
use crate::forge::seal::place;
use crate::forge::texts::{fit, fit_page, mark, same};
use crate::forge::{Applied, ForgeError, Result};

/// GitHub tells of no more files in a comparison.
const FILES: usize = 300;

/// The colour of the labels that Slipway makes.
const COLOUR: &str = "c5def5";
/// In characters.
const ABOUT: usize = 100;

/// What was read or has come about during one event.
#[derive(Default)]
pub struct Ran {
    pub came: Vec<Outcome>,
    /// As they were read; not of a kind of which something was written since.
    pub issues: BTreeMap<IssueKind, Vec<Own>>,
    /// By head branch.
    pub grounds: HashMap<BranchName, Ground>,
    /// By SHA. Commits never change.
    pub carried: HashMap<String, Carried>,
    /// The workflow files that each pull request changes which is to be carried.
    pub workflows: HashMap<Number, BTreeSet<String>>,
    /// Slipway's comments with checklists, as they were read.
    pub checklists: HashMap<Number, OwnComment>,
}

impl Ran {
    pub fn remember(&mut self, commits: impl IntoIterator<Item = Carried>) {
        self.carried.extend(commits.into_iter().map(|commit| (commit.oid.clone(), commit)));
    }
}

/// `GET /repos/{owner}/{repo}/compare/{basehead}`: the files are all on its first page.
#[derive(Deserialize)]
pub struct Compared {
    #[serde(default)]
    pub commits: Vec<ComparedCommit>,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
pub struct ComparedCommit {
    pub commit: Said,
}

#[derive(Deserialize)]
pub struct Said {
    pub message: String,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    previous_filename: Option<String>,
}

impl Compared {
    /// The paths that differ, also those from before a renaming.
    pub fn paths(&self) -> BTreeSet<String> {
        self.files.iter().flat_map(|file| [Some(&file.filename), file.previous_filename.as_ref()]).flatten().cloned().collect()
    }
}

/// `POST /repos/{owner}/{repo}/labels`
#[derive(Serialize)]
struct LabelBody<'a> {
    name: &'a str,
    color: &'a str,
    description: &'a str,
}

/// `POST /repos/{owner}/{repo}/issues/{issue_number}/labels`
#[derive(Serialize)]
struct Labels<'a> {
    labels: Vec<&'a str>,
}

/// `GET /repos/{owner}/{repo}/issues/comments/{comment_id}`
#[derive(Deserialize)]
struct Text {
    body: Option<String>,
}

/// A text with plain line ends: whoever edits on GitHub's pages sends others.
pub fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Somebody was faster; what was decided was decided on another text.
pub fn changed_meanwhile(path: String) -> ForgeError {
    ForgeError::Unavailable { call: path, why: "somebody has changed its text meanwhile".to_owned() }
}

pub fn too_long(number: Number) -> ForgeError {
    ForgeError::Unusable {
        path: format!("#{number}"),
        why: "what people wrote there leaves no room for what belongs there; shorten it".to_owned(),
    }
}

impl GithubRepository<'_> {
    pub(super) async fn read_between(&self, since: &Sha, until: &Sha) -> Result<Between> {
        let compared: Compared = self.get(&format!("/compare/{since}...{until}?per_page=1")).await?;
        Ok(Between { cut: compared.files.len() >= FILES, files: compared.paths() })
    }

    pub(super) fn came(&self) -> Vec<Outcome> {
        self.ran().came.clone()
    }

    /// Remembers which pull request is open from a branch.
    pub(super) fn came_from(&self, branch: &BranchName, number: Option<Number>) {
        let branch = branch.clone();
        self.ran().came.extend(number.map(|number| Outcome::Request { branch, number }));
    }

    pub(super) async fn make_label(&self, name: &str, about: &str) -> Result<Applied> {
        let description: String = about.chars().take(ABOUT).collect();
        match self.post("/labels", &LabelBody { name, color: COLOUR, description: &description }).await {
            Err(error) if error.is_rejection(422, "already_exists") => Ok(Applied::Unchanged),
            answer => answer.map(|()| Applied::Created),
        }
    }

    pub(super) async fn label(&self, number: Number, label: &str, course: LabelCourse) -> Result<Applied> {
        match course {
            LabelCourse::Put => self.put_labels(number, &[label]).await.map(|()| Applied::Changed),
            LabelCourse::TakeOff => {
                // A label is one segment of the path, whatever slashes it has.
                let name = utf8_percent_encode(label, NON_ALPHANUMERIC);
                let gone = absent(self.delete(&format!("/issues/{number}/labels/{name}")).await)?;
                Ok(gone.map_or(Applied::Unchanged, |()| Applied::Changed))
            }
        }
    }

    /// Labels that are there already stay.
    pub(super) async fn put_labels(&self, number: Number, labels: &[&str]) -> Result<()> {
        self.post(&format!("/issues/{number}/labels"), &Labels { labels: labels.to_vec() }).await
    }

    pub(super) async fn remember_in(&self, thread: Thread, key: &CommentKey, (data, body): (&str, &str)) -> Result<Applied> {
        let (Thread::ChangeRequest(number) | Thread::Issue(number)) = thread;
        let noted = self.forge.seal.mark_comment(self.id, &place(thread), &key.to_string(), data);
        let text = mark(key, &format!("{noted}\n{}", body.trim()));
        if *key == CommentKey::Checklist {
            return self.keep_checklist(number, &text).await;
        }
        self.say(number, key, (Presence::Create, &fit(&text, TEXT))).await
    }

    /// People tick items in it, so it is looked at once more before it is written.
    async fn keep_checklist(&self, number: Number, text: &str) -> Result<Applied> {
        let Some(text) = fit_page(text, TEXT) else { return Err(too_long(number)) };
        let known = self.ran().checklists.get(&number).cloned();
        let Some(known) = known else { return self.say(number, &CommentKey::Checklist, (Presence::Create, &text)).await };
        if same(&known.body, &text) {
            return Ok(Applied::Unchanged);
        }
        let path = format!("/issues/comments/{}", known.id);
        let now: Option<Text> = absent(self.get(&path).await)?;
        if now.is_none_or(|now| !same(&now.body.unwrap_or_default(), &known.body)) {
            return Err(changed_meanwhile(path));
        }
        self.said.wrote_comment(number, &CommentKey::Checklist);
        self.ran().checklists.remove(&number);
        self.patch(&path, &Body { body: &text }).await.map(|()| Applied::Changed)
    }
}
