//! A version tag becomes a release with notes, and everybody whose change is in it is told once.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::domain::changelog::Notes;
use crate::domain::config::{Component, Config, Configuration, From};
use crate::domain::edits;
use crate::domain::event::{Nature, Thread};
use crate::domain::facts::{
    Facts, Line, Lines, Milestone, Need, Needs, Newcomers, Paths, Ref, RefusalWanted, ReleaseSeen, StandingWanted, TagsWanted, Wanted,
};
use crate::domain::history::{Elsewhere, Graph, MergedRequest, Tagged};
use crate::domain::names::{Number, Sha, TagName, UserName};
use crate::domain::plan::{
    Action, Afterwards, Check, CheckName, CommentKey, Conclusion, Latest, Note, Plan, Presence, Release, ReleaseNotes, Since, Stability,
    Visibility,
};
use crate::domain::version;

use super::outlook::{Stretch, notes, told};
use super::part::Part;
use super::standing::is_certain;

pub fn needs(config: &Configuration, tag: &TagName, by: Nature) -> Needs {
    let Configuration::Loaded { config, .. } = config else { return Needs::new() };
    let wanted = wanted(config, tag, by).filter(|_| config.release.from != From::Never);
    wanted.into_iter().flat_map(|wanted| [Need::Me, Need::Line(wanted)]).collect()
}

/// What publishing a version tag has to know about the line that it is on; `None`: it is no version tag. Slipway itself tags only what it
/// could read the configuration for: nobody has refused that.
pub fn wanted(config: &Config, tag: &TagName, by: Nature) -> Option<Wanted> {
    let (component, version) = tagged(config, tag)?;
    let standing = StandingWanted {
        milestones: if closes(config, &version) { titles(&component, tag, &version) } else { BTreeSet::new() },
        refusal: if by == Nature::Slipway { RefusalWanted::IfAtHand } else { RefusalWanted::Wanted },
    };
    Some(Wanted {
        files: config.changelog.template.clone().into_iter().collect(),
        newcomers: if config.changelog.newcomers && version.pre.is_empty() { Newcomers::Wanted } else { Newcomers::Unneeded },
        standing: Some(standing),
        tags: BTreeSet::from([TagsWanted { template: component.template, below: Some(version), lines: Lines::All { below: None } }]),
        ..versions_wanted(config, tag)?
    })
}

/// The versions and commits of the line that a version tag is on, and of no other; `None`: it is no version tag.
pub fn versions_wanted(config: &Config, tag: &TagName) -> Option<Wanted> {
    let (component, version) = tagged(config, tag)?;
    Some(Wanted {
        at: Ref::Tag(tag.clone()),
        tags: BTreeSet::from([TagsWanted { template: component.template, below: Some(version), lines: Lines::Own }]),
        files: BTreeSet::new(),
        proposals: BTreeSet::new(),
        paths: if component.paths.is_empty() { Paths::Unneeded } else { Paths::Wanted },
        newcomers: Newcomers::Unneeded,
        standing: None,
        limit: config.release.history,
    })
}

/// Whether the version's milestone is done with it.
fn closes(config: &Config, version: &Version) -> bool {
    config.release.milestones && version.pre.is_empty()
}

/// What the milestone of a version may be called.
fn titles(component: &Component, tag: &TagName, version: &Version) -> BTreeSet<String> {
    BTreeSet::from([tag.to_string(), component.template.scheme.print(version)])
}

/// Whose version a tag is, and which.
pub fn tagged(config: &Config, tag: &TagName) -> Option<(Component, Version)> {
    config.components().into_iter().find_map(|component| component.template.read(tag).map(|version| (component, version)))
}

/// Publishes what the tag, which was pushed at `commit`, releases.
pub fn publish(config: &Configuration, tag: &TagName, commit: &Sha, facts: &Facts) -> Plan {
    let config = match config {
        Configuration::Absent => return Plan::nothing("there is no slipway.toml on the default branch"),
        Configuration::Broken(problem) => {
            let title = format!("{} cannot be read, see line {}", problem.path, problem.line);
            let note = Note::ReleaseRefused { tag: tag.clone(), problem: problem.clone() };
            let refusal = check((commit, tag), Conclusion::Failure, Presence::Create, (title, note));
            return Plan::of("the configuration cannot be read", vec![refusal]).then(Afterwards::AwaitPerson);
        }
        Configuration::Loaded { config, .. } if config.release.from == From::Never => return Plan::nothing("nothing is released here"),
        Configuration::Loaded { config, .. } => config,
    };
    let Some((component, version)) = tagged(config, tag) else {
        return Plan::nothing(format!("{tag} is not a version tag"));
    };
    let Some(line) = facts.line(&Ref::Tag(tag.clone())) else {
        return Plan::nothing(format!("the tag {tag} is gone"));
    };
    if line.window.head != *commit {
        return Plan::nothing(format!("the tag {tag} has been moved since, to {}", line.window.head.short()));
    }
    let tagging = Tagging { config, component: &component, tag, version: &version, line, me: facts.me.read() };
    Plan::of(format!("version {} was tagged", component.template.scheme.print(&version)), tagging.actions())
}

/// What a version brought since the one before it, for whoever takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The version before it.
    pub previous: Tagged,
    pub notes: Notes,
    /// The change requests in it, without Slipway's own.
    pub requests: BTreeSet<Number>,
    /// The commits along first parents, newest first, and how many parents each has.
    pub landings: Vec<(Sha, usize)>,
}

/// What the version of a tag brought; `None`: no version before it is within the history that is read.
pub fn brought(config: &Config, tag: &TagName, (line, me): (&Line, &UserName)) -> Option<Brought> {
    let (component, version) = tagged(config, tag)?;
    let tagging = Tagging { config, component: &component, tag, version: &version, line, me };
    let graph = Graph::new(&line.window);
    let anchor = tagging.anchor(&graph)?;
    let (notes, requests) = tagging.told(&graph, Some(&anchor))?;
    let (at, head) = (graph.find(&anchor.0.commit), graph.find(&line.window.head)?);
    let landings = graph.landings(&graph.since(at, head), head);
    let landed = landings.iter().rev().filter_map(|landing| graph.commit(landing.tip));
    let landings = landed.map(|commit| (commit.sha.clone(), commit.parents.len())).collect();
    Some(Brought { previous: anchor.0, notes, requests: requests.into_keys().collect(), landings })
}

struct Tagging<'a> {
    config: &'a Config,
    component: &'a Component,
    tag: &'a TagName,
    version: &'a Version,
    line: &'a Line,
    me: &'a UserName,
}

impl Tagging<'_> {
    fn actions(&self) -> Vec<Action<Note>> {
        let Self { config, tag, version, line, .. } = self;
        let graph = Graph::new(&line.window);
        let (notes, requests) = self.range(&graph);
        let stability = if version.pre.is_empty() { Stability::Stable } else { Stability::Prerelease };
        let others = line.window.tags.iter().filter_map(|tagged| self.component.template.read(&tagged.tag));
        let others: Vec<_> = others.collect();
        let latest = if version::is_latest(version, &others) { Latest::Yes } else { Latest::No };
        let visibility = if config.release.draft { Visibility::Draft } else { Visibility::Published };
        let compare = |part: &Part| Some(format!("{}{}...{tag}", line.links.compare, part.previous_tag.as_ref()?));
        let everything = match &notes {
            Note::ReleaseNotes(notes) if !line.links.compare.is_empty() => compare(&notes.part),
            _ => None,
        };
        let title = tag.to_string();
        let seen = line.standing.release;
        let release = Release { tag: (*tag).clone(), title, stability, latest, visibility, seen, everything, notes };
        let mut actions: Vec<_> = (seen != ReleaseSeen::WithNotes).then_some(Action::Publish(release)).into_iter().collect();
        if line.standing.is_refused {
            let title = format!("{tag} is published");
            let repaired = Note::ReleaseRepaired { tag: (*tag).clone() };
            actions.push(check((&line.window.head, tag), Conclusion::Success, Presence::OnlyIfPresent, (title, repaired)));
        }
        if closes(config, version) {
            let close = |milestone: &Milestone| Action::CloseMilestone { id: milestone.id, title: milestone.title.clone() };
            actions.extend(line.standing.milestones.iter().map(close));
        }
        if config.release.comments {
            let tell = |thread| Action::Comment {
                thread,
                key: CommentKey::Released((*tag).clone()),
                presence: Presence::Create,
                body: Note::ReleasedIn { tag: (*tag).clone() },
            };
            actions.extend(requests.keys().map(|number| tell(Thread::ChangeRequest(*number))));
            let issues: BTreeSet<_> = requests.values().flatten().copied().collect();
            actions.extend(issues.into_iter().map(|number| tell(Thread::Issue(number))));
        }
        actions
    }

    /// What the tag releases: its notes, and the change requests with the issues that they closed.
    fn range(&self, graph: &Graph) -> (Note, BTreeMap<Number, Vec<Number>>) {
        let anchor = self.anchor(graph);
        let Some((notes, requests)) = self.told(graph, anchor.as_ref()) else {
            let limit = self.config.release.history;
            return (self.note((Since::TooFar(limit), Notes::default()), None), BTreeMap::new());
        };
        let since = if anchor.is_some() || !self.elsewhere(graph).is_empty() { Since::Tag } else { Since::TheStart };
        (self.note((since, notes), anchor.as_ref()), requests)
    }

    /// `None`: no earlier version was read.
    fn told(&self, graph: &Graph, anchor: Option<&(Tagged, Version)>) -> Option<(Notes, BTreeMap<Number, Vec<Number>>)> {
        let at = anchor.and_then(|(tagged, _)| graph.find(&tagged.commit));
        let (head, elsewhere) = (graph.find(&graph.window.head)?, self.elsewhere(graph));
        if at.is_none() && !is_certain(graph, head, &elsewhere) {
            return None;
        }
        let (convention, all) = (self.config.convention(), self.config.components());
        let told = told(graph, &Stretch { anchor: at, head, elsewhere: &elsewhere }, (self.component, &all), &convention);
        let all = &graph.window.requests;
        let told_of = told.changes.iter().filter_map(|change| all.get(change.request?));
        let unsaid = told.ignored.iter().filter(|ignored| ignored.is_released());
        let unsaid = unsaid.flat_map(|ignored| all.iter().filter(|request| request.commits.contains(&ignored.sha)));
        let requests = told_of.chain(unsaid).filter(|request| !self.is_own(request));
        let requests = requests.map(|request| (request.number, request.closes.clone())).collect();
        Some((notes(self.config, told, graph, &convention), requests))
    }

    /// The lower versions of other lines, which have told their part already.
    fn elsewhere<'w>(&self, graph: &Graph<'w>) -> Vec<&'w Elsewhere> {
        let lower = |other: &&Elsewhere| self.component.template.read(&other.tag.tag).is_some_and(|version| version < *self.version);
        graph.window.elsewhere.iter().filter(lower).collect()
    }

    fn note(&self, (since, notes): (Since, Notes), anchor: Option<&(Tagged, Version)>) -> Note {
        match Part::new(self.line, (self.component, self.version), anchor, notes) {
            Some(part) => {
                let missing =
                    |path: &String| format!("{path} is not there at the tag: correct changelog.template in slipway.toml, or add it");
                let text = |path: &String| self.line.files.get(path).cloned().ok_or_else(|| missing(path));
                let template = self.config.changelog.template.as_ref().map(text);
                let newcomers = self.line.newcomers.iter().filter(|name| *name != self.me.as_str()).cloned().collect();
                Note::ReleaseNotes(Box::new(ReleaseNotes { since, part, template, worded: self.worded(), newcomers }))
            }
            None => Note::Text(String::new()),
        }
    }

    /// The notes as the release change request worded them that was merged into the tagged commit, without their heading.
    fn worded(&self) -> Option<String> {
        let merged = |request: &&MergedRequest| self.is_own(request) && request.commits.contains(&self.line.window.head);
        let request = self.line.window.requests.iter().find(merged)?;
        let name = self.component.name.as_deref().unwrap_or_default();
        let version = self.component.template.scheme.print(self.version);
        let block = edits::blocks(&request.body).into_iter().find(|block| block.component == name && block.version == version)?;
        let text = Some(block.text.trim()).filter(|text| !super::is_abridged(text))?;
        let rest = if text.starts_with("## ") { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text };
        Some(rest.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Whether it is a release change request of Slipway's, whoever called a branch so.
    fn is_own(&self, request: &MergedRequest) -> bool {
        request.branch.as_ref().is_some_and(super::is_own) && request.author.as_deref() == Some(self.me.as_str())
    }

    /// A release counts from a release, since the notes of its candidates are part of its own; a pre-release counts from
    /// whatever came before it.
    fn anchor(&self, graph: &Graph) -> Option<(Tagged, Version)> {
        let head = graph.find(&graph.window.head)?;
        let eligible = |other: &Version| *other < *self.version && (!self.version.pre.is_empty() || other.pre.is_empty());
        graph.anchor(head, |tag| self.component.template.read(tag).filter(eligible)).map(|(tagged, version)| (tagged.clone(), version))
    }
}

fn check((sha, tag): (&Sha, &TagName), conclusion: Conclusion, presence: Presence, (title, summary): (String, Note)) -> Action<Note> {
    let (name, ref_name) = (CheckName::Release, tag.to_string());
    Action::Report(Check { name, sha: sha.clone(), ref_name, conclusion, presence, title, summary, annotations: Vec::new() })
}
