//! Why there is no release yet: the anchor, what waits, what is not told and why, and what would be next.

use crate::domain::changelog::Section;
use crate::domain::config::From;
use crate::domain::facts::State;
use crate::domain::readiness::Page;

use super::branch;
use super::line::{Decided, Situation};
use super::outlook::{Next, Outlook};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub branch: String,
    pub from: From,
    pub parts: Vec<StatusPart>,
    /// Why the release change request cannot be brought up to date.
    pub problem: Option<String>,
    /// The release that is on its way, where an issue tracks one.
    pub page: Option<Box<Underway>>,
}

/// A release that is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Underway {
    /// As people say it.
    pub name: String,
    /// Why nothing is merged into its branch, and until when.
    pub freeze: Option<(String, Option<String>)>,
    pub page: Page,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusPart {
    pub component: Option<String>,
    /// The tag that it counts from, and the newest pre-release since.
    pub previous: Option<String>,
    pub candidate: Option<String>,
    pub next: Option<String>,
    pub tag: Option<String>,
    pub refusal: Option<String>,
    /// A version that somebody asked for.
    pub forced: Option<String>,
    pub waiting: Vec<Section>,
    /// Subject, short SHA and reason of each commit that is not told.
    pub ignored: Vec<(String, String, String)>,
    /// The tag that a merged release change request announced and that is not there yet.
    pub due: Option<String>,
    /// As people write it, such as `#12`.
    pub proposal: Option<(String, State)>,
}

pub fn status(situation: &Situation) -> Status {
    let Decided { line, due, outlooks, forced } = situation.decide();
    let part = |outlook: &Outlook| {
        let name = outlook.component.name.as_deref();
        let heads = [None, name].map(|component| branch(situation.branch, component));
        let proposal = heads.iter().flatten().find_map(|head| line.proposals.get(head)).filter(|proposal| proposal.author == *situation.me);
        let ignored = outlook.notes.left_out();
        StatusPart {
            component: outlook.component.name.clone(),
            previous: outlook.previous.as_ref().map(|(tagged, _)| tagged.tag.to_string()),
            candidate: outlook.candidate.as_ref().map(|(tagged, _)| tagged.tag.to_string()),
            next: outlook.printed(),
            tag: outlook.version().and_then(|version| outlook.component.template.write(version).ok()).map(|tag| tag.to_string()),
            refusal: match &outlook.next {
                Next::Refused(refusal) => Some(refusal.to_string()),
                Next::Release { .. } | Next::Nothing => None,
            },
            forced: forced.get(name.unwrap_or_default()).cloned(),
            waiting: outlook.notes.sections.clone(),
            ignored: ignored.map(|one| (one.subject.clone(), one.sha.short().to_owned(), one.reason.to_string())).collect(),
            due: due.iter().find(|tagged| outlook.component.template.read(&tagged.tag).is_some()).map(|tagged| tagged.tag.to_string()),
            proposal: proposal
                .filter(|proposal| proposal.state != State::Merged)
                .map(|proposal| (format!("{}{}", line.links.sigil, proposal.number), proposal.state)),
        }
    };
    let parts = outlooks.iter().map(part).collect();
    Status { branch: situation.branch.to_string(), from: situation.config.release.from, parts, problem: situation.problem(), page: None }
}
