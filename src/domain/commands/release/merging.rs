//! A release change request that is merged by command: only where it is Slipway's own, and exactly what would be released.

use std::collections::BTreeMap;

use super::{Course, Tagging, Way};
use crate::domain::config::{Config, Requests};
use crate::domain::event::Repository;
use crate::domain::facts::{Facts, IssueKind, Line, Need, Proposal, State};
use crate::domain::freezing::Freezing;
use crate::domain::names::Number;
use crate::domain::release::line::Decided;
use crate::domain::release::outlook::Outlook;
use crate::domain::release::{self, announced, claims};
use crate::domain::tracking::Refusal;

/// The freezes, where they hold release change requests too.
pub fn needs(config: &Config, repository: &Repository) -> Option<Need> {
    holding(config, repository).map(|_| Need::Issues(IssueKind::Freeze))
}

fn holding<'a>(config: &'a Config, repository: &Repository) -> Option<Freezing<'a>> {
    Freezing::asked(config, repository).filter(|freezing| !freezing.releases_pass())
}

/// What is asked for, and which of it waits for its files, with why.
type Waiting<'a> = (&'a [&'a Outlook], &'a [(&'a Outlook, String)]);

impl Tagging<'_> {
    /// The release change request that brings the files to what is released. `decided` tells what a line would release.
    pub(super) fn merging(&self, (asked, behind): Waiting, decided: impl Fn(&Line) -> Decided, facts: &Facts) -> Result<Course, Refusal> {
        let line = self.given.line;
        let why = behind.first().map(|(_, why)| why.clone()).unwrap_or_default();
        let found: BTreeMap<Number, &Proposal> =
            behind.iter().filter_map(|(outlook, _)| self.open(outlook)).map(|open| (open.number, open)).collect();
        let mut found = found.into_values();
        let (proposal, other) = (found.next(), found.next());
        let Some(proposal) = proposal else {
            let remedy = "Merge the release change request, or bring the version there by another one; a candidate needs none of it.";
            return Err(Refusal::new(why, remedy));
        };
        if other.is_some() {
            return Err(Refusal::new(why, "There are several release change requests: say which by component=, one after the other."));
        }
        let releasing: Vec<&Outlook> = match self.given.config.release.requests {
            Requests::Combined => asked.iter().copied().filter(|outlook| outlook.version().is_some()).collect(),
            Requests::Separate => behind.iter().map(|(outlook, _)| *outlook).collect(),
        };
        let number = format!("{}{}", line.links.sigil, proposal.number);
        if let Some(problem) = self.problem((proposal, &releasing), decided, facts) {
            let remedy = format!("Merge the release change request {number} once that is right, which tags it.");
            return Err(Refusal::new(format!("{why}, and {number} {problem}"), remedy));
        }
        let tag = |outlook: &&Outlook| outlook.component.template.write(outlook.version()?).ok();
        let (tags, head) = (releasing.iter().filter_map(tag).collect(), proposal.tip.clone());
        Ok(Course { tags, way: Way::Merge(proposal.number, head) })
    }

    fn open(&self, outlook: &Outlook) -> Option<&Proposal> {
        let heads = [None, outlook.component.name.as_deref()].map(|component| release::branch(self.branch, component));
        let proposals = heads.iter().flatten().filter_map(|head| self.given.line.proposals.get(head));
        proposals.into_iter().find(|proposal| proposal.state == State::Open)
    }

    /// Why it is not what would be released, or may not be merged now.
    fn problem(
        &self,
        (proposal, releasing): (&Proposal, &[&Outlook]),
        decided: impl Fn(&Line) -> Decided,
        facts: &Facts,
    ) -> Option<String> {
        if proposal.author != *facts.me.read() || !claims(&proposal.message) {
            return Some("is not as Slipway has made it".to_owned());
        }
        if proposal.base != *self.branch {
            return Some(format!("goes into {}", proposal.base));
        }
        let name = |outlook: &Outlook| outlook.component.name.clone().unwrap_or_default();
        let mut told = announced(proposal);
        let mut now: Vec<_> = releasing.iter().filter_map(|outlook| Some((name(outlook), outlook.printed()?))).collect();
        told.sort();
        now.sort();
        if told != now {
            let told: Vec<_> = told.iter().map(|(component, version)| format!("{component} {version}").trim().to_owned()).collect();
            return Some(format!("is for {}", told.join(", ")));
        }
        if !self.is_current((proposal, releasing), decided) {
            return Some(format!("does not tell what has come to {} since", self.branch));
        }
        let freezing = holding(self.given.config, self.given.repository)?;
        let is_frozen = !freezing.freezes(facts).holding(facts.now, self.branch, None).is_empty();
        is_frozen.then(|| "is held back by a freeze".to_owned())
    }

    /// Whether the same would have been released, and told, from the commit that it was made on.
    fn is_current(&self, (proposal, releasing): (&Proposal, &[&Outlook]), decided: impl Fn(&Line) -> Decided) -> bool {
        let line = self.given.line;
        let Some(onto) = &proposal.onto else { return false };
        if *onto == line.window.head {
            return true;
        }
        if !line.window.commits.iter().any(|commit| commit.sha == *onto) {
            return false;
        }
        let mut before = line.clone();
        before.window.head = onto.clone();
        let before = decided(&before);
        releasing.iter().all(|now| {
            let same = |then: &&Outlook| then.component.name == now.component.name;
            before
                .outlooks
                .iter()
                .find(same)
                .is_some_and(|then| then.version() == now.version() && then.notes.sections == now.notes.sections)
        })
    }
}
