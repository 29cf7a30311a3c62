//! What merging a change request would release: the line's outlook with the commits that the merge would leave, against the one without.

use std::collections::BTreeSet;

use crate::domain::changelog::Section;
use crate::domain::config::Config;
use crate::domain::event::Thread;
use crate::domain::facts::{ChangeRequest, Facts, Line, MergeMethod, Merging, Ref, State, Wanted};
use crate::domain::history::{Author, Commit, Graph, MergedRequest, Window};
use crate::domain::names::{BranchName, Moment, Number, Sha};
use crate::domain::plan::{Action, CommentKey, Note, Plan, Presence};

use super::outlook::{Course, Forced, Outlook, outlook};
use super::{Releasing, line};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The method that the repository uses, or prefers; `None`: it allows none.
    pub method: Option<MergeMethod>,
    pub base: BranchName,
    pub components: Vec<Previewed>,
    /// Other methods that are allowed, where they would release something else.
    pub differs: Vec<MergeMethod>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previewed {
    pub component: Option<String>,
    /// The next version without the merge, and with it; `None`: nothing is to be released.
    pub before: Option<String>,
    pub after: Option<String>,
    /// The entries that the notes would gain, and those that they would lose because the merge takes them back.
    pub added: Vec<Section>,
    pub removed: Vec<Section>,
    /// The subjects that would not be told, each with its reason.
    pub ignored: Vec<(String, String)>,
    /// Why there would be no release.
    pub refusal: Option<String>,
}

pub fn wanted(config: &Config, base: &BranchName) -> Wanted {
    Wanted { files: BTreeSet::new(), proposals: BTreeSet::new(), ..line::wanted(config, Ref::Branch(base.clone())) }
}

/// Tells on the change request what merging it would release, as long as it is what the event told of.
pub fn tell(config: &Config, releasing: Releasing, head: &Sha, facts: &Facts) -> Plan {
    let request = facts.change_request.read().as_ref().filter(|request| request.state == State::Open && request.head.sha == *head);
    let line = |request: &ChangeRequest| facts.line(&Ref::Branch(request.base.clone()));
    let (Some(request), Some(merging), Some(line)) = (request, facts.merging.read(), request.and_then(line)) else {
        return Plan::nothing("there is nothing to preview");
    };
    let preview = preview(config, releasing, line, request, merging);
    let thread = Thread::ChangeRequest(request.number);
    let body = Note::Preview(Box::new(preview));
    let comment = Action::Comment { thread, key: CommentKey::Preview, presence: Presence::Create, body };
    Plan::of("what merging would release", vec![comment])
}

/// Once it is merged there is nothing to preview any more. One comment less would leave a gap in the conversation, so it stays.
pub fn settle(number: Number, base: &BranchName) -> Plan {
    let thread = Thread::ChangeRequest(number);
    let body = Note::Landed { base: base.clone() };
    let comment = Action::Comment { thread, key: CommentKey::Preview, presence: Presence::OnlyIfPresent, body };
    Plan::of("what merging would release is settled", vec![comment])
}

fn preview(config: &Config, releasing: Releasing, line: &Line, request: &ChangeRequest, merging: &Merging) -> Preview {
    let base = &request.base;
    let course = Course { config, options: releasing.options(), branch: base.as_str(), forced: &Forced::new() };
    let before = outlook(&course, &Graph::new(&line.window));
    let after = |messages: &[String], method| {
        let merged = merged(line, request, messages, method);
        let outlooks = outlook(&course, &Graph::new(&merged));
        before.iter().zip(&outlooks).map(|(before, after)| compare(before, after)).collect::<Vec<_>>()
    };
    let mut methods = merging.methods.iter().map(|(method, messages)| (*method, after(messages, *method)));
    let first = methods.next();
    let components = first.as_ref().map(|(_, components)| components.clone()).unwrap_or_default();
    let versions = |components: &[Previewed]| components.iter().map(|component| component.after.clone()).collect::<Vec<_>>();
    let differs = methods.filter(|(_, other)| versions(other) != versions(&components)).map(|(method, _)| method).collect();
    Preview { method: first.map(|(method, _)| method), base: base.clone(), components, differs }
}

/// The window as it would be after the merge.
fn merged(line: &Line, request: &ChangeRequest, messages: &[String], method: MergeMethod) -> Window {
    let mut window = line.window.clone();
    let base = window.head.clone();
    let mut commits: Vec<Commit> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let Some(sha) = imagined(at) else { continue };
        let tip = commits.last().map_or(base.clone(), |commit| commit.sha.clone());
        let parents = match method {
            MergeMethod::Merge if at + 1 == messages.len() => vec![base.clone(), tip],
            _ => vec![tip],
        };
        let author = Author { name: String::new(), login: Some(request.author.to_string()) };
        // Later than everything else, so that it is told last.
        let after = i64::try_from(at).unwrap_or_default() + 1;
        let newest = window.commits.iter().map(|commit| commit.at.0).max().unwrap_or_default();
        commits.push(Commit { sha, parents, message: message.clone(), at: Moment(newest + after), author, files: None });
    }
    window.head = commits.last().map_or(base, |commit| commit.sha.clone());
    window.requests.push(MergedRequest {
        number: request.number,
        label: format!("{}{}", line.links.sigil, request.number),
        title: request.title.clone(),
        body: request.body.clone(),
        branch: Some(request.head.branch.clone()),
        author: Some(request.author.to_string()),
        closes: Vec::new(),
        commits: commits.iter().map(|commit| commit.sha.clone()).collect(),
    });
    window.commits.splice(0..0, commits.into_iter().rev());
    window
}

/// A commit that is not there yet has no SHA; these are no commit's.
fn imagined(at: usize) -> Option<Sha> {
    Sha::parse(&format!("{:0>40}", format!("{:x}", at + 1))).ok()
}

fn compare(before: &Outlook, after: &Outlook) -> Previewed {
    let without = |outlook: &Outlook, other: &Outlook| {
        let known =
            |entry: &crate::domain::changelog::Entry| other.notes.entries().any(|other| other.sha == entry.sha && other.text == entry.text);
        let sections = outlook.notes.sections.iter().map(|section| Section {
            title: section.title.clone(),
            entries: section.entries.iter().filter(|entry| !known(entry)).cloned().collect(),
        });
        sections.filter(|section| !section.entries.is_empty()).collect::<Vec<_>>()
    };
    let known = |sha: &Sha| before.notes.ignored.iter().any(|ignored| ignored.sha == *sha);
    let new = after.notes.left_out().filter(|ignored| !known(&ignored.sha));
    Previewed {
        component: after.component.name.clone(),
        before: before.printed(),
        after: after.printed(),
        added: without(after, before),
        removed: without(before, after),
        ignored: new.map(|ignored| (ignored.subject.clone(), ignored.reason.to_string())).collect(),
        refusal: after.refusal().map(ToString::to_string),
    }
}
