//! Tags: those that there may not be, and those that were moved or deleted.

use std::collections::BTreeSet;

use super::incident::refused;
use super::{Happening, Judged, Watch};
use crate::domain::config::{Config, Form, From, Handling, TagOptions};
use crate::domain::event::Nature;
use crate::domain::facts::{Condition, Facts, IssueKind, Line, Need, Needs, Ref, TagFacts, TagForm, Wanted};
use crate::domain::history::{Graph, Tagged};
use crate::domain::names::{Sha, TagName};
use crate::domain::release;

pub const KIND: IssueKind = IssueKind::Incident;

/// Among them is the one that says that a tag is against the policy: to move or to delete that is its repair.
pub const ISSUES: Need = Need::Issues(KIND);

/// Whether something about a new tag is to be looked at.
pub fn has_rules(options: &TagOptions, config: &Config, tag: &TagName) -> bool {
    if !options.names(tag, config) {
        return options.others == Handling::Report;
    }
    options.form != Form::Any || !options.branches.is_empty() || counts(options, config, tag)
}

fn counts(options: &TagOptions, config: &Config, tag: &TagName) -> bool {
    options.increasing && options.names(tag, config) && release::tagged(config, tag).is_some()
}

/// `published` says who made the tag, where publishing it is decided as well.
pub fn needs(watches: &[Watch], config: &Config, tag: &TagName, published: Option<Nature>) -> Needs {
    let options = || watches.iter().map(|watch| &watch.options.tags);
    let branches: BTreeSet<_> = options().flat_map(|options| &options.branches).map(ToString::to_string).collect();
    let wanted = options().any(|options| counts(options, config, tag)).then(|| wanted(config, tag, published)).flatten();
    [Need::Tag(tag.clone(), branches)].into_iter().chain(wanted.map(Need::Line)).collect()
}

/// What publishing the tag asks for as well, so that it is read once; where nothing is published, no more than versions.
fn wanted(config: &Config, tag: &TagName, published: Option<Nature>) -> Option<Wanted> {
    match published.filter(|_| config.release.from != From::Never) {
        Some(by) => release::publishing_wanted(config, tag, by),
        None => release::versions_wanted(config, tag),
    }
}

/// A new tag, as it is now.
pub fn created(watch: Watch, config: &Config, tag: &TagName, facts: &Facts) -> Judged {
    let Some(found) = facts.tag.read() else {
        return Judged::Fine(format!("the tag {tag} is gone"));
    };
    let options = &watch.options.tags;
    let why = if options.names(tag, config) { broken(options, config, (tag, found), facts) } else { vec![misnamed(options)] };
    if why.is_empty() {
        return Judged::Fine(format!("the tag {tag} is as it should be"));
    }
    Judged::Breach(Happening::TagRefused { tag: tag.clone(), commit: found.commit.clone(), why })
}

fn broken(options: &TagOptions, config: &Config, (tag, found): (&TagName, &TagFacts), facts: &Facts) -> Vec<String> {
    let allowed = |branch: &str| options.branches.iter().any(|pattern| pattern.matches(branch));
    let elsewhere = !options.branches.is_empty() && !found.branches.iter().any(|branch| allowed(branch.as_str()));
    let elsewhere = elsewhere.then(|| format!("its commit is on none of the branches that may be tagged: {}", listed(&options.branches)));
    let form = (found.form < options.form.least()).then(|| format!("it is {}, and {}", form(found.form), asked(options.form)));
    let line = || facts.line(&Ref::Tag(tag.clone()));
    let greater = counts(options, config, tag).then(line).flatten().and_then(|line| greater(line, config, tag));
    let greater = greater.map(|other| format!("it is not greater than {}, which an earlier commit of its line has", other.tag));
    [elsewhere, form, greater].into_iter().flatten().collect()
}

/// The greatest version before this one, where it is not less. What the same commit has does not count: it may be its release candidate,
/// or the release that it was the candidate of.
fn greater<'l>(line: &'l Line, config: &Config, tag: &TagName) -> Option<&'l Tagged> {
    let (component, version) = release::tagged(config, tag)?;
    let graph = Graph::new(&line.window);
    let here = |name: &TagName| line.window.tags.iter().any(|tagged| tagged.tag == *name && tagged.commit == line.window.head);
    let head = graph.find(&line.window.head)?;
    let found = graph.anchor(head, |name| component.template.read(name).filter(|other| *other >= version && name != tag && !here(name)));
    found.map(|(tagged, _)| tagged)
}

fn misnamed(options: &TagOptions) -> String {
    match &options.names {
        Some(names) => format!("its name is none of: {}", listed(names)),
        None => "its name is no version's".to_owned(),
    }
}

fn listed(patterns: &[crate::domain::config::Pattern]) -> String {
    patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn form(form: TagForm) -> &'static str {
    match form {
        TagForm::Lightweight => "a mere name for a commit",
        TagForm::Annotated => "annotated, without a signature that the forge has verified",
        TagForm::Signed => "signed",
    }
}

fn asked(form: Form) -> &'static str {
    match form {
        Form::Any | Form::Annotated => "it must be annotated (git tag --annotate)",
        Form::Signed => "it must be signed (git tag --sign)",
    }
}

pub fn moved(watch: Watch, config: &Config, (tag, before, after): (&TagName, &Sha, &Sha), facts: &Facts) -> Judged {
    if watch.options.tags.moved == Handling::Report && !is_refused(tag, facts) {
        return Judged::Breach(Happening::TagMoved { tag: tag.clone(), before: before.clone(), after: after.clone() });
    }
    created(watch, config, tag, facts)
}

pub fn deleted(tag: &TagName, was: &Sha, facts: &Facts) -> Judged {
    if is_refused(tag, facts) {
        return Judged::Fine(format!("the tag {tag} was against the policy"));
    }
    Judged::Breach(Happening::TagDeleted { tag: tag.clone(), was: was.clone() })
}

/// Whether an open issue, as Slipway wrote it, says that there may be no such tag.
fn is_refused(tag: &TagName, facts: &Facts) -> bool {
    let key = refused(tag);
    let mut open = facts.issues(IssueKind::Incident).iter().filter(|issue| issue.condition == Condition::Open && issue.data.is_some());
    open.any(|issue| issue.key.starts_with(&key))
}
