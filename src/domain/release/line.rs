//! What a line of development asks for after a push, a merge or a command: the tags that are due, and its release change requests as
//! they should be. It goes by what is there now, so it puts right whatever an earlier delivery has left undone.

use std::collections::BTreeSet;

use semver::Version;

use crate::domain::changes;
use crate::domain::config::{Config, From, Requests};
use crate::domain::event::Pushed;
use crate::domain::facts::{Line, Lines, Need, Needs, Newcomers, Paths, Proposal, Ref, State, TagsWanted, Wanted};
use crate::domain::history::{Graph, Tagged};
use crate::domain::names::{BranchName, UserName};
use crate::domain::plan::{Action, Afterwards, Check, CheckName, Conclusion, Note, Plan, Presence};
use crate::domain::version::Allowed;

use super::outlook::{Course, Forced, Next, Outlook, Refusal, outlook};
use super::proposal::{self, Proposing};
use super::{Releasing, branch};

/// What is to be known about a line before it can be decided what it asks for.
pub fn needs(config: &Config, at: Ref) -> Needs {
    Needs::from([Need::Me, Need::Line(wanted(config, at))])
}

pub fn wanted(config: &Config, at: Ref) -> Wanted {
    let components = config.components();
    let proposing = config.release.from == From::Request;
    let files =
        components.iter().flat_map(|component| component.files.iter().map(|file| file.path.clone()).chain(component.changelog.clone()));
    let proposals = match config.release.requests {
        _ if !proposing => BTreeSet::new(),
        Requests::Combined => BTreeSet::from([None]),
        Requests::Separate => components.iter().map(|component| component.name.clone()).collect(),
    };
    let lines = Lines::All { below: ceiling(config, &at) };
    Wanted {
        at,
        tags: components
            .iter()
            .map(|component| TagsWanted { template: component.template.clone(), below: None, lines: lines.clone() })
            .collect(),
        files: files.filter(|_| proposing).chain(config.changelog.template.clone()).collect(),
        proposals,
        paths: if components.iter().all(|component| component.paths.is_empty()) { Paths::Unneeded } else { Paths::Wanted },
        newcomers: Newcomers::Unneeded,
        standing: None,
        limit: config.release.history,
    }
}

/// The first version that is too high for a branch, where its setting or its name says so.
fn ceiling(config: &Config, at: &Ref) -> Option<Version> {
    let Ref::Branch(branch) = at else { return None };
    let line = config.release.lines.iter().find(|line| line.branch.matches(branch.as_str()));
    let range = line.and_then(|line| line.range.clone());
    let patterns = line.map(|line| line.branch.to_string()).into_iter();
    let mut patterns = patterns.chain([config.branches.hotfix.clone(), config.branches.release.clone()]);
    let range = range.or_else(|| patterns.find_map(|pattern| Allowed::of_branch(&pattern, branch.as_str())));
    range.and_then(|range| range.below().cloned())
}

/// Whether a push cannot change what its line would release: nothing in it is told or asks for a version, nothing is taken back, and it
/// touches none of the files that a release writes. Only a delivery that lists all of its commits can say so.
pub fn is_quiet(config: &Config, commits: Option<&[Pushed]>) -> bool {
    let wanted = wanted(config, Ref::Default);
    let convention = config.convention();
    let quiet =
        |pushed: &Pushed| changes::is_silent(&pushed.message, &convention) && !pushed.files.iter().any(|file| wanted.files.contains(file));
    commits.is_some_and(|commits| !commits.is_empty() && commits.iter().all(quiet))
}

/// A line that is to be decided.
pub struct Situation<'a> {
    pub config: &'a Config,
    pub releasing: Releasing<'a>,
    pub branch: &'a BranchName,
    pub line: &'a Line,
    pub me: &'a UserName,
    /// Versions that a command asks for, beside those that the change requests remember.
    pub forced: Forced,
}

/// What is known once the tags that are due are counted in.
pub struct Decided {
    pub line: Line,
    pub due: Vec<Tagged>,
    pub outlooks: Vec<Outlook>,
    pub forced: Forced,
}

impl Situation<'_> {
    pub fn plan(&self) -> Plan {
        let Decided { line, due, outlooks, forced } = self.decide();
        let mut actions: Vec<_> = due.into_iter().map(|tagged| Action::Tag { tag: tagged.tag, at: tagged.commit }).collect();
        let refusals: Vec<_> = outlooks.iter().filter_map(|outlook| Some((outlook, outlook.refusal()?))).collect();
        if !refusals.is_empty() && self.config.release.from != From::Tag {
            actions.push(self.refuse(&refusals));
            let afterwards = Afterwards::AwaitPerson;
            return Plan::of(format!("{} cannot be released", self.branch), actions).then(afterwards);
        }
        match self.config.release.from {
            From::Tag | From::Never => {}
            From::Merge => actions.extend(outlooks.iter().filter_map(|outlook| self.tag(outlook))),
            From::Request => match self.propose(&line, &outlooks, &forced) {
                Ok(proposed) => actions.extend(proposed),
                Err(problem) => {
                    let title = "the release change request cannot be written, `/slipway status` says why".to_owned();
                    actions.push(self.check(title, Note::Problem(problem)));
                    return Plan::of("the release change request cannot be written", actions).then(Afterwards::AwaitPerson);
                }
            },
        }
        let versions: Vec<_> = outlooks.iter().filter_map(Outlook::label).collect();
        let reason =
            if versions.is_empty() { "nothing is to be released".to_owned() } else { format!("{} would be next", versions.join(", ")) };
        if actions.is_empty() { Plan::nothing(reason) } else { Plan::of(reason, actions) }
    }

    /// What stands in the way of a release change request, if one is kept.
    pub fn problem(&self) -> Option<String> {
        let Decided { line, outlooks, forced, .. } = self.decide();
        self.propose(&line, &outlooks, &forced).err().filter(|_| self.config.release.from == From::Request)
    }

    /// The outlook, with the tags that merged release change requests have announced as if they were there.
    pub fn decide(&self) -> Decided {
        let mut line = self.line.clone();
        let due: Vec<_> =
            line.proposals.values().filter(|proposal| proposal.author == *self.me).flat_map(|proposal| self.due(proposal)).collect();
        line.window.tags.extend(due.iter().cloned());
        let mut forced = Forced::new();
        for proposal in line.proposals.values().filter(|proposal| proposal.state == State::Open && proposal.author == *self.me) {
            forced.extend(proposal::forced(&proposal.body));
        }
        forced.extend(self.forced.clone());
        // An empty version takes back what was asked for.
        forced.retain(|_, version| !version.is_empty());
        let course = Course { config: self.config, options: self.releasing.options(), branch: self.branch.as_str(), forced: &forced };
        let outlooks = outlook(&course, &Graph::new(&line.window));
        Decided { line, due, outlooks, forced }
    }

    /// The tags that a merged release change request announced and that are not there.
    fn due(&self, proposal: &Proposal) -> Vec<Tagged> {
        let (State::Merged, Some(landed)) = (proposal.state, &proposal.landed) else { return Vec::new() };
        // What landed before the window, or was tagged since, is history.
        let at = self.line.window.commits.iter().find(|commit| commit.sha == *landed).map(|commit| commit.at);
        let Some(at) = at else { return Vec::new() };
        let tag = |(component, version): (String, String)| {
            let component = self.config.components().into_iter().find(|known| known.name.as_deref().unwrap_or_default() == component)?;
            let version = component.template.scheme.parse(&version)?;
            let tag = component.template.write(&version).ok()?;
            let known = self.line.window.tags.iter().any(|tagged| tagged.tag == tag);
            (!known).then(|| Tagged { tag, commit: landed.clone(), at })
        };
        proposal::announced(proposal).into_iter().filter_map(tag).collect()
    }

    fn tag(&self, outlook: &Outlook) -> Option<Action<Note>> {
        let tag = outlook.component.template.write(outlook.version()?).ok()?;
        Some(Action::Tag { tag, at: self.line.window.head.clone() })
    }

    /// Opens, updates or withdraws each release change request of the line.
    fn propose(&self, line: &Line, outlooks: &[Outlook], forced: &Forced) -> Result<Vec<Action<Note>>, String> {
        let groups: Vec<(Option<&str>, Vec<&Outlook>)> = match self.config.release.requests {
            Requests::Combined => vec![(None, outlooks.iter().collect())],
            Requests::Separate => outlooks.iter().map(|outlook| (outlook.component.name.as_deref(), vec![outlook])).collect(),
        };
        let mut actions = Vec::new();
        for (component, group) in groups {
            let Some(head) = branch(self.branch, component) else { continue };
            let seen = line.proposals.get(&head).filter(|proposal| proposal.author == *self.me);
            let releasing: Vec<_> = group.into_iter().filter(|outlook| outlook.version().is_some()).collect();
            let proposing = Proposing { config: self.config, line, base: self.branch, head, seen, outlooks: &releasing, forced };
            actions.extend(proposing.action()?);
        }
        Ok(actions)
    }

    fn refuse(&self, refusals: &[(&Outlook, &Refusal)]) -> Action<Note> {
        let told = refusals.iter().map(|(outlook, refusal)| (outlook.component.name.clone(), refusal.to_string())).collect();
        self.check("there is no release, `/slipway status` says why".to_owned(), Note::NoRelease(told))
    }

    fn check(&self, title: String, summary: Note) -> Action<Note> {
        Action::Report(Check {
            name: CheckName::Release,
            sha: self.line.window.head.clone(),
            ref_name: self.branch.to_string(),
            conclusion: Conclusion::Failure,
            presence: Presence::Create,
            title,
            summary,
            annotations: Vec::new(),
        })
    }
}

impl Outlook {
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.next {
            Next::Refused(refusal) => Some(refusal),
            Next::Release { .. } | Next::Nothing => None,
        }
    }

    /// `1.4.0`, or `api 1.4.0` where there are components.
    pub fn label(&self) -> Option<String> {
        let version = self.printed()?;
        Some(match &self.component.name {
            Some(name) => format!("{name} {version}"),
            None => version,
        })
    }
}
