//! `/slipway release rc` and `/slipway release final`: tags the next candidate of a line, or its release. The tag's push publishes it, as that of
//! any version tag does. Where files must say the version first, its release change request is merged instead.

mod merging;

use semver::Version;

pub use merging::needs as merging_needs;

use super::status::{self, Given, situation};
use super::{Asking, Call, Command, Decision, options, page};
use crate::domain::config::{Component, Config, Configuration, From, Grant, LineOptions};
use crate::domain::event::{Event, Thread};
use crate::domain::facts::{Facts, Line, Needs, Ref, Reply};
use crate::domain::files;
use crate::domain::names::{BranchName, Number, Sha, TagName};
use crate::domain::plan::{Action, Answer, CommentKey, Note};
use crate::domain::readiness::keep::{Keeping, Of, Reads, is_gated, place};
use crate::domain::release::line::{Decided, Situation};
use crate::domain::release::outlook::{Forced, Next, Outlook};
use crate::domain::release::{self, Releasing, line};
use crate::domain::tracking::Refusal;
use crate::domain::version::{Allowed, Channel};

pub const COMMAND: Command = Command {
    verb: "release",
    summary: "Tags the next version of a line, which publishes it: `rc` the next candidate, `final` the release that the candidates lead to, or \
              the version that is named. Where a release change request is to be merged for that, it is. It is about the branch of the issue or change request; `on=` names another.",
    example: "/slipway release rc",
    grants: &[Grant::Maintain, Grant::ReleaseManager],
    needs,
    decide,
    conclude: Some(conclude),
};

/// What candidates are called.
const CANDIDATE: &str = "rc";

/// Which version is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The one that comes next by the line's own settings.
    Next,
    Candidate,
    Final,
    Version(String),
}

fn wish(call: &Call) -> Wish {
    match call.words.first().map(String::as_str) {
        None => Wish::Next,
        Some(CANDIDATE) => Wish::Candidate,
        Some("final") => Wish::Final,
        Some(text) => Wish::Version(text.to_owned()),
    }
}

/// The line that is asked about.
fn at(asking: &Asking, call: &Call) -> Result<Ref, Refusal> {
    options(call, &["on", "component"], 1)?;
    match call.options.get("on") {
        None => Ok(status::at(asking)),
        Some(name) => BranchName::parse(name).map(Ref::Branch).map_err(|problem| Refusal::new(problem.to_string(), "Correct “on=”.")),
    }
}

fn needs(asking: &Asking, call: &Call) -> Needs {
    match (asking.config, at(asking, call)) {
        (Configuration::Loaded { config, .. }, Ok(at)) => {
            let page = page_of(asking, config, at.clone()).map(|page| page.needs());
            line::needs(config, at)
                .into_iter()
                .chain(merging::needs(config, &asking.delivery.repository))
                .chain(page.into_iter().flatten())
                .collect()
        }
        _ => Needs::new(),
    }
}

fn decide(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let refuse = |refusal: Refusal| Decision::refuse(call, refusal.why, refusal.remedy);
    let at = match at(asking, call) {
        Ok(at) => at,
        Err(refusal) => return refuse(refusal),
    };
    let (given, branch) = match situation(asking, call, (&at, facts)) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let sigil = &given.line.links.sigil;
    if let Some((course, due)) = begun(call, facts) {
        return course.decision((sigil, branch), due);
    }
    let tagging =
        Tagging { given: &given, branch: &branch, wish: wish(call), component: call.options.get("component").map(String::as_str) };
    match tagging.course(facts) {
        Ok((course, due)) => {
            if let Some(refusal) = page_of(asking, given.config, at).and_then(|keeping| tagging.held_up(&keeping, &course.tags, facts)) {
                return refuse(refusal);
            }
            let begins = !due.is_empty() || matches!(course.way, Way::Merge(..));
            let begin = match &asking.delivery.event {
                Event::Comment { thread, id, .. } if begins => Some(course.begin((*thread, *id), call)),
                _ => None,
            };
            let Decision { actions, answer } = course.decision((sigil, branch), due);
            Decision { actions: begin.into_iter().chain(actions).collect(), answer }
        }
        Err(refusal) => refuse(refusal),
    }
}

/// Whether a change request could be merged shows only when it is tried.
fn conclude(asking: &Asking, call: &Call, facts: &Facts) -> Decision {
    let Decision { actions, answer } = decide(asking, call, facts);
    let why = actions.iter().find_map(|action| match action {
        Action::Merge { number, .. } => facts.outcomes.iter().find_map(|came| came.unmerged(*number)),
        _ => None,
    });
    match (why, &answer) {
        (Some(why), Answer::Merged { request, .. }) => {
            // Forges end some of their messages with a full stop, and break the lines of others.
            let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
            let why = format!("{request} cannot be merged: {}", why.trim_end_matches('.'));
            Decision::refuse(call, why, "See to that, and ask again.")
        }
        _ => Decision::answer(answer),
    }
}

/// The page by which it is known whether a line is ready, where that is asked for.
fn page_of<'a>(asking: &Asking<'a>, config: &'a Config, at: Ref) -> Option<Keeping<'a>> {
    is_gated(config).then_some(Keeping { config, repository: &asking.delivery.repository, of: Of::Line(at), reads: Reads::Whole })
}

/// What is released, and how.
struct Course {
    tags: Vec<TagName>,
    way: Way,
}

enum Way {
    /// By tagging this commit.
    Tag(Sha),
    /// By merging the release change request of this number, as it is at this commit; its tags follow.
    Merge(Number, Sha),
}

impl Course {
    /// `due`: what is to be tagged for it.
    fn decision(self, (sigil, branch): (&str, BranchName), due: Vec<Action<Note>>) -> Decision {
        let Self { tags, way } = self;
        match way {
            Way::Merge(number, head) => {
                let answer = Answer::Merged { request: format!("{sigil}{number}"), tags, branch };
                Decision { actions: vec![Action::Merge { number, head }], answer }
            }
            Way::Tag(at) => Decision { actions: due, answer: Answer::Tagged { tags, at, branch } },
        }
    }

    /// Binds the comment to what it releases: were it carried out once more after an interruption, the line may be further by then.
    fn begin(&self, (thread, comment): (Thread, u64), call: &Call) -> Action<Note> {
        let tags: Vec<_> = self.tags.iter().map(TagName::as_str).collect();
        let (how, at) = match &self.way {
            Way::Tag(at) => (at.to_string(), at),
            Way::Merge(number, head) => (format!("{MERGE}{number} {head}"), head),
        };
        let data = format!("{}\n{how}\n{}", call.in_full(), tags.join("\n"));
        let body = Note::Text(format!("`{}` is on its way, at {}.", tags.join("`, `"), at.short()));
        Action::Remember { thread, key: CommentKey::Reply(comment), data, body }
    }
}

/// What stands before the number of a change request that is merged, where it is noted.
const MERGE: &str = "merge ";

/// What was begun for the same words before.
fn begun(call: &Call, facts: &Facts) -> Option<(Course, Vec<Action<Note>>)> {
    let Reply::Begun(data) = facts.replied.read() else { return None };
    let mut lines = data.lines();
    let is_same = lines.next()? == call.in_full();
    let how = lines.next()?;
    let way = match how.strip_prefix(MERGE) {
        Some(told) => {
            let (number, head) = told.split_once(' ')?;
            Way::Merge(Number(number.parse().ok()?), Sha::parse(head).ok()?)
        }
        None => Way::Tag(Sha::parse(how).ok()?),
    };
    let tags = lines.map(|tag| TagName::parse(tag).ok()).collect::<Option<Vec<_>>>()?;
    let due = match &way {
        Way::Tag(at) => tags.iter().map(|tag| Action::Tag { tag: tag.clone(), at: at.clone() }).collect(),
        Way::Merge(..) => Vec::new(),
    };
    is_same.then_some((Course { tags, way }, due))
}

/// A wish about a line.
pub struct Tagging<'a> {
    pub given: &'a Given<'a>,
    pub branch: &'a BranchName,
    pub wish: Wish,
    /// `None`: all of them.
    pub component: Option<&'a str>,
}

/// What is released, with the tags that are to be made for it.
type Released = (Course, Vec<Action<Note>>);

impl Tagging<'_> {
    /// What is to be done for it, and all that is tagged then.
    pub fn tags(&self, facts: &Facts) -> Result<(Vec<Action<Note>>, Vec<TagName>), Refusal> {
        let (course, due) = self.course(facts)?;
        let actions = match course.way {
            Way::Merge(number, head) => vec![Action::Merge { number, head }],
            Way::Tag(_) => due,
        };
        Ok((actions, course.tags))
    }

    fn course(&self, facts: &Facts) -> Result<Released, Refusal> {
        let components = self.components()?;
        let options = self.options();
        let mut forced = Forced::new();
        if let (Wish::Version(text), [component]) = (&self.wish, components.as_slice()) {
            let version = component.template.scheme.forced(text);
            let version = version.map_err(|problem| Refusal::new(problem.to_string(), "Write “rc”, “final” or a version."))?;
            forced.insert(component.name.clone().unwrap_or_default(), component.template.scheme.print(&version));
        }
        let decided = self.decided(self.given.line, (&options, &forced), facts);
        let at = &self.given.line.window.head;
        let allowed = options.range.clone().or_else(|| Allowed::of_branch(&options.branch.to_string(), self.branch.as_str()));
        let wanted = |outlook: &&Outlook| components.iter().any(|component| component.name == outlook.component.name);
        let (mut actions, mut tags, mut refusals, mut behind) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for outlook in decided.outlooks.iter().filter(wanted) {
            // The same comment once more, or somebody was quicker.
            if let Some(tag) = self.at_head(&outlook.component, &decided, allowed.as_ref()) {
                tags.push(tag);
                continue;
            }
            match (self.tag(outlook, &decided.line), self.behind(outlook, &decided.line)) {
                (Ok(_), Some(why)) => behind.push((outlook, why)),
                (Ok(tag), None) => {
                    actions.push(Action::Tag { tag: tag.clone(), at: at.clone() });
                    tags.push(tag);
                }
                (Err(refusal), _) => refusals.push((outlook.next == Next::Nothing, refusal)),
            }
        }
        let due = decided.due.iter().filter(|due| tags.contains(&due.tag));
        actions.splice(0..0, due.map(|due| Action::Tag { tag: due.tag.clone(), at: due.commit.clone() }));
        // Components without changes hold up none of the others.
        let idle = tags.is_empty() && behind.is_empty();
        match refusals.into_iter().find(|(is_idle, _)| idle || !is_idle) {
            Some((_, refusal)) => Err(refusal),
            None if behind.is_empty() => Ok((Course { tags, way: Way::Tag(at.clone()) }, actions)),
            None => {
                let asked: Vec<_> = decided.outlooks.iter().filter(wanted).collect();
                let before = |line: &Line| self.decided(line, (&options, &forced), facts);
                self.merging((&asked, &behind), before, facts).map(|course| (course, Vec::new()))
            }
        }
    }

    fn decided(&self, line: &Line, (options, forced): (&LineOptions, &Forced), facts: &Facts) -> Decided {
        let (releasing, me, forced) = (Releasing::Line(options), facts.me.read(), forced.clone());
        Situation { config: self.given.config, releasing, branch: self.branch, line, me, forced }.decide()
    }

    /// Why a release is not made yet, though somebody asks for it. Candidates are what is tried until it is ready.
    pub fn held_up(&self, keeping: &Keeping, tags: &[TagName], facts: &Facts) -> Option<Refusal> {
        let is_stable = |tag: &TagName| release::tagged(self.given.config, tag).is_some_and(|(_, version)| version.pre.is_empty());
        // What releases without a branch of its own has no page.
        if !tags.iter().any(is_stable) || place(self.given.config, self.branch).is_none() {
            return None;
        }
        page::held_up(keeping, self.branch, facts)
    }

    fn components(&self) -> Result<Vec<Component>, Refusal> {
        let all = self.given.config.components();
        let names = all.iter().filter_map(|component| component.name.clone()).collect::<Vec<_>>().join(" or component=");
        let found: Vec<_> =
            all.into_iter().filter(|component| self.component.is_none_or(|wanted| component.name.as_deref() == Some(wanted))).collect();
        match (found.len(), &self.wish) {
            (0, _) if names.is_empty() => Err(Refusal::new("there are no components here", "Leave “component=” out.")),
            (0, _) => Err(Refusal::new("there is no such component", format!("Say which: component={names}."))),
            (2.., Wish::Version(_)) => Err(Refusal::new("there are several components", format!("Say which: component={names}."))),
            _ => Ok(found),
        }
    }

    /// How the line releases for this once.
    fn options(&self) -> LineOptions {
        let channel = match self.wish {
            Wish::Next => self.given.options.channel.clone(),
            Wish::Candidate => Channel::try_from(CANDIDATE.to_owned()).ok(),
            Wish::Final | Wish::Version(_) => None,
        };
        LineOptions { channel, ..self.given.options.clone() }
    }

    /// The tag of such a version that the line's head has already.
    fn at_head(&self, component: &Component, decided: &Decided, allowed: Option<&Allowed>) -> Option<TagName> {
        let scheme = &component.template.scheme;
        let has_come = |outlook: &Outlook| outlook.component.name == component.name && outlook.next == Next::Nothing;
        let meant = |version: &Version| match &self.wish {
            Wish::Next => decided.outlooks.iter().any(has_come),
            Wish::Candidate => version.pre.as_str().split('.').next().is_some_and(|name| name.starts_with(CANDIDATE)),
            Wish::Final => version.pre.is_empty(),
            Wish::Version(text) => scheme.forced(text).is_ok_and(|wanted| wanted == *version),
        };
        let window = &decided.line.window;
        let here = window.tags.iter().filter(|tagged| tagged.commit == window.head);
        let versions = here.filter_map(|tagged| Some((component.template.read(&tagged.tag)?, &tagged.tag)));
        let versions = versions.filter(|(version, _)| allowed.is_none_or(|allowed| allowed.contains(version)) && meant(version));
        versions.max().map(|(_, tag)| tag.clone())
    }

    fn tag(&self, outlook: &Outlook, line: &Line) -> Result<TagName, Refusal> {
        let (branch, template) = (self.branch, &outlook.component.template);
        let version = match &outlook.next {
            Next::Release { version, .. } => version,
            Next::Nothing => {
                let since = outlook.candidate.as_ref().or(outlook.previous.as_ref()).map(|(tagged, _)| format!(" since {}", tagged.tag));
                let why = format!("there is nothing to release on {branch}{}", since.unwrap_or_default());
                return Err(Refusal::new(why, "Merge a change that counts, or name the version."));
            }
            Next::Refused(refusal) => return Err(Refusal::new(refusal.to_string(), "A version that fits can be named in the command.")),
        };
        if let Some((previous, _)) = outlook.previous.as_ref().filter(|(tagged, _)| tagged.commit == line.window.head) {
            let why = format!("nothing is on {branch} that {} does not have", previous.tag);
            return Err(Refusal::new(why, "Merge what is to be released first."));
        }
        template.write(version).map_err(|problem| Refusal::new(problem.to_string(), "Correct the prefix of the tags in slipway.toml."))
    }

    /// Which file does not say what is released, where a release change request writes it first; a candidate needs none of it.
    fn behind(&self, outlook: &Outlook, line: &Line) -> Option<String> {
        let version = outlook.version().filter(|version| version.pre.is_empty() && self.given.config.release.from == From::Request)?;
        let printed = outlook.component.template.scheme.print(version);
        let says = |path: &str, file| files::version(file, line.files.get(path)?);
        let file = outlook.component.files.iter().find(|file| says(&file.path, file).as_deref() != Some(printed.as_str()))?;
        Some(format!("{} does not say {printed} on {}", file.path, self.branch))
    }
}

#[cfg(test)]
mod tests;
