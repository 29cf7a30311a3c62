//! What a line of development would release next: for each component the version before, what came since, and the version after.
//! The same for a forge's line and for a local clone; it decides nothing and writes nothing.

use std::collections::BTreeMap;
use std::fmt;

use jiff::tz::TimeZone;
use semver::Version;

use crate::domain::changelog::{self, Notes};
use crate::domain::changes::{self, Change, Told};
use crate::domain::config::{Component, Config, LineOptions};
use crate::domain::convention::Convention;
use crate::domain::history::{Elsewhere, Graph, Tagged};
use crate::domain::names::{Moment, TagName};
use crate::domain::version::{self, Allowed, Bump, Released, Since};

use super::ownership::owns;
use super::standing::{self, Standing};

/// One component's next release.
#[derive(Debug, Clone)]
pub struct Outlook {
    pub component: Component,
    /// The stable release of the line that it counts from.
    pub previous: Option<(Tagged, Version)>,
    /// The newest pre-release since then.
    pub candidate: Option<(Tagged, Version)>,
    /// The version that another line has released of this one since `previous`: the next one is above it.
    pub ahead: Option<Version>,
    pub next: Next,
    /// What the changes ask for; `None`: they ask for no release, though there may be one for another reason.
    pub bump: Option<Bump>,
    pub notes: Notes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Release { version: Version, why: Why },
    Nothing,
    Refused(Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Changes,
    /// Somebody asked for this very version.
    Forced,
    /// A component that it depends on, or is linked to, is released.
    Together,
}

/// Why there can be no release, each with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no earlier version within this many commits, and more commits than that.
    TooFar {
        limit: usize,
        prefix: String,
    },
    OutOfRange {
        version: String,
        allowed: String,
    },
    /// The version is tagged already, on another line.
    Exists {
        tag: TagName,
    },
    NotAVersion {
        problem: String,
    },
}

/// Versions that people have asked for in commands, by component; the repository itself is the empty name.
pub type Forced = BTreeMap<String, String>;

/// Where a line stands within the configuration.
pub struct Course<'a> {
    pub config: &'a Config,
    /// What `[[release.lines]]` says of the branch; nothing for the default branch.
    pub options: Option<&'a LineOptions>,
    pub branch: &'a str,
    pub forced: &'a Forced,
}

/// The outlook of every component, in their order.
pub fn outlook(course: &Course, graph: &Graph) -> Vec<Outlook> {
    let components = course.config.components();
    let convention = course.config.convention();
    let mut outlooks: Vec<_> = components.iter().map(|component| one(course, graph, component, (&components, &convention))).collect();
    let day = graph.find(&graph.window.head).and_then(|head| graph.commit(head)).map_or(Moment(0), |commit| commit.at);
    join(&mut outlooks, course, day);
    outlooks
}

fn one(course: &Course, graph: &Graph, component: &Component, (all, convention): (&[Component], &Convention)) -> Outlook {
    let none = |next| Outlook {
        component: component.clone(),
        previous: None,
        candidate: None,
        ahead: None,
        next,
        bump: None,
        notes: Notes::default(),
    };
    let Some(head) = graph.find(&graph.window.head) else { return none(Next::Nothing) };
    let mut standing = Standing::new(graph, head, &component.template, Vec::new());
    if standing.stable.is_none() && !graph.window.whole {
        let elsewhere = standing::all(course, graph, &component.template);
        standing = Standing::new(graph, head, &component.template, elsewhere);
    }
    if !standing.is_certain(graph, head) {
        let prefix = component.template.prefix.clone();
        return none(Next::Refused(Refusal::TooFar { limit: course.config.release.history, prefix }));
    }
    let mut outlook = follow(course, graph, (component, all), convention, (&standing, head));
    loop {
        let earlier = standing::earlier(course, graph, head, (&outlook, &standing));
        if earlier.is_empty() {
            break;
        }
        standing = Standing::new(graph, head, &component.template, [standing.elsewhere, earlier].concat());
        outlook = follow(course, graph, (component, all), convention, (&standing, head));
    }
    Outlook { next: checked(outlook.next, course, component, graph), ..outlook }
}

/// What would follow at `head`, given what is released: also where it is released already, or nowhere near.
pub fn follow(
    course: &Course,
    graph: &Graph,
    (component, all): (&Component, &[Component]),
    convention: &Convention,
    (standing, head): (&Standing, usize),
) -> Outlook {
    let anchor = standing.stable.as_ref().and_then(|(tagged, _)| graph.find(&tagged.commit));
    let stretch = |anchor| Stretch { anchor, head, elsewhere: &standing.elsewhere };
    let told = told(graph, &stretch(anchor), (component, all), convention);
    let latest = standing.prereleases.last();
    let since_latest = latest.and_then(|(tagged, _)| graph.find(&tagged.commit)).map(|at| {
        let since = self::told(graph, &stretch(Some(at)), (component, all), convention);
        bump(&since.changes, convention)
    });
    let bump = bump(&told.changes, convention);
    let released = Released {
        stable: standing.base().cloned(),
        prereleases: standing.prereleases.iter().map(|(_, version)| version.clone()).collect(),
    };
    let day = graph.commit(head).map_or(Moment(0), |commit| commit.at);
    let next = next(course, component, &released, (bump, since_latest.unwrap_or(bump)), (&told, day));
    let next = standing::apart(next, course, standing.ahead.as_ref());
    let own = |(tagged, version): &(&Tagged, Version)| ((*tagged).clone(), version.clone());
    Outlook {
        component: component.clone(),
        previous: standing.stable.as_ref().map(own),
        candidate: latest.map(own),
        ahead: standing.ahead.clone(),
        next,
        bump,
        notes: notes(course.config, told, graph, convention),
    }
}

/// A part of a line that is told: up to `head`, without what `anchor` has and what other lines have released.
pub struct Stretch<'a> {
    pub anchor: Option<usize>,
    pub head: usize,
    pub elsewhere: &'a [&'a Elsewhere],
}

/// What a part of a line tells of one component.
pub fn told(
    graph: &Graph,
    &Stretch { anchor, head, elsewhere }: &Stretch,
    (component, all): (&Component, &[Component]),
    convention: &Convention,
) -> Told {
    let range = graph.unreleased(anchor, head, elsewhere);
    let mut told = changes::tell(graph, &range, head, convention);
    told.leave_out(graph, &graph.carried(&range, elsewhere));
    if !component.paths.is_empty() {
        let own = |at: usize| graph.commit(at).is_none_or(|commit| owns(component, all, commit.files.as_deref()));
        told.changes.retain(|change| own(change.commit) || change.brought.iter().any(|at| own(*at)));
        told.ignored.retain(|ignored| own(ignored.commit));
        told.forced.retain(|forced| own(forced.commit));
    }
    told
}

/// The notes of what is told, with as much in them as the repository wants.
pub fn notes(config: &Config, told: Told, graph: &Graph, convention: &Convention) -> Notes {
    let notes = changelog::write(told, graph, convention);
    if config.changelog.authors { notes } else { notes.without_authors() }
}

pub fn bump(changes: &[Change], convention: &Convention) -> Option<Bump> {
    changes.iter().filter_map(|change| convention.bump(change)).max()
}

fn next(
    course: &Course,
    component: &Component,
    released: &Released,
    (bump, since_latest): (Option<Bump>, Option<Bump>),
    (told, day): (&Told, Moment),
) -> Next {
    let scheme = &component.template.scheme;
    let name = component.name.as_deref().unwrap_or_default();
    let asked = course.forced.get(name).map(String::as_str).or_else(|| told.forced.last().map(|forced| forced.version.as_str()));
    if let Some(text) = asked {
        return match scheme.forced(text) {
            Ok(version) => Next::Release { version, why: Why::Forced },
            Err(problem) => Next::Refused(Refusal::NotAVersion { problem: problem.to_string() }),
        };
    }
    let channel = course.options.and_then(|options| options.channel.as_ref());
    // A candidate is promoted as it is; without one, only changes lead to a release.
    let promoted = channel.is_none() && !released.prereleases.is_empty();
    let Some(bump) = bump.filter(|_| channel.is_none() || since_latest.is_some() || released.prereleases.is_empty()) else {
        return if promoted { promote(course, released) } else { Next::Nothing };
    };
    following(course, released, Since { stable: bump, latest: since_latest }, (day, Why::Changes))
}

/// The version after what was released, by the scheme that the repository counts by.
fn following(course: &Course, released: &Released, since: Since, (day, why): (Moment, Why)) -> Next {
    let release = &course.config.release;
    let channel = course.options.and_then(|options| options.channel.as_ref());
    let Some(format) = &release.calendar else {
        let version = version::next(released, since, channel, &release.options());
        let version = match course.allowed() {
            // A branch for 1.4 that was cut when only 1.3.1 was asked for gives 1.4.0 all the same.
            Some(allowed) => allowed.raise(version, channel, release.first_prerelease),
            None => version,
        };
        return Next::Release { version, why };
    };
    let day = jiff::Timestamp::from_second(day.0).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    match format.next(released, day, channel, release.first_prerelease) {
        Ok(version) => Next::Release { version, why },
        Err(taken) => Next::Refused(Refusal::NotAVersion { problem: taken.to_string() }),
    }
}

/// What candidates without a change that counts lead to: the version that they announce.
fn promote(course: &Course, released: &Released) -> Next {
    let latest = released.latest().filter(|latest| !latest.pre.is_empty());
    match latest {
        Some(latest) if course.config.release.calendar.is_none() => Next::Release { version: version::core(latest), why: Why::Changes },
        _ => Next::Nothing,
    }
}

/// Refuses what the line may not give, and what exists.
fn checked(next: Next, course: &Course, component: &Component, graph: &Graph) -> Next {
    let Next::Release { version, .. } = &next else { return next };
    if let Some(allowed) = course.allowed().filter(|allowed| !allowed.contains(version)) {
        let version = component.template.scheme.print(version);
        return Next::Refused(Refusal::OutOfRange { version, allowed: allowed.to_string() });
    }
    match graph.window.tags.iter().find(|tagged| component.template.read(&tagged.tag).as_ref() == Some(version)) {
        Some(tagged) => Next::Refused(Refusal::Exists { tag: tagged.tag.clone() }),
        None => next,
    }
}

impl Course<'_> {
    /// The versions that the branch may give, by its setting or its name.
    pub fn allowed(&self) -> Option<Allowed> {
        let options = self.options?;
        options.range.clone().or_else(|| Allowed::of_branch(&options.branch.to_string(), self.branch))
    }
}

/// Releases together what belongs together: linked components get one version, and dependents of a released one a patch.
fn join(outlooks: &mut [Outlook], course: &Course, day: Moment) {
    loop {
        let before: Vec<_> = outlooks.iter().map(|outlook| outlook.next.clone()).collect();
        let released: Vec<_> =
            outlooks.iter().filter_map(|outlook| Some((outlook.component.clone(), outlook.version()?.clone()))).collect();
        for outlook in outlooks.iter_mut() {
            let depends =
                released.iter().any(|(other, _)| other.name.as_ref().is_some_and(|name| outlook.component.depends_on.contains(name)));
            if depends && outlook.next == Next::Nothing {
                let released = Released { stable: outlook.base().cloned(), prereleases: Vec::new() };
                let since = Since { stable: Bump::Patch, latest: Some(Bump::Patch) };
                outlook.next = standing::apart(following(course, &released, since, (day, Why::Together)), course, outlook.ahead.as_ref());
            }
            if outlook.refusal().is_some() {
                continue;
            }
            let linked = released.iter().filter(|(other, _)| other.linked.is_some() && other.linked == outlook.component.linked);
            let highest = linked.map(|(_, version)| version).chain(outlook.version()).max().cloned();
            if let Some(version) =
                highest.filter(|_| outlook.component.linked.is_some()).filter(|highest| outlook.version() != Some(highest))
            {
                outlook.next = Next::Release { version, why: Why::Together };
            }
        }
        if outlooks.iter().map(|outlook| &outlook.next).eq(&before) {
            return;
        }
    }
}

impl Outlook {
    /// The version that the next one is counted from.
    pub fn base(&self) -> Option<&Version> {
        self.ahead.as_ref().or_else(|| self.previous.as_ref().map(|(_, version)| version))
    }

    pub fn version(&self) -> Option<&Version> {
        match &self.next {
            Next::Release { version, .. } => Some(version),
            Next::Nothing | Next::Refused(_) => None,
        }
    }

    pub fn printed(&self) -> Option<String> {
        self.version().map(|version| self.component.template.scheme.print(version))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFar { limit, prefix } => write!(
                f,
                "there is no version tag {prefix}… among the last {limit} commits: tag the last release, or raise release.history"
            ),
            Self::OutOfRange { version, allowed } => write!(
                f,
                "{version} is outside of what this branch may release ({allowed}): release it from another branch, or change release.lines"
            ),
            Self::Exists { tag } => {
                write!(f, "{tag} exists already on another line: merge that line, or ask for a version with “/slipway release-as”")
            }
            Self::NotAVersion { problem } => f.write_str(problem),
        }
    }
}
