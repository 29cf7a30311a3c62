//! What the types of the file cannot say: options that contradict each other, or lack something. Knows names, tags and the options of
//! rules, and must not know how releases are made of them.

mod checklists;
mod porting;

use std::collections::BTreeSet;

use semver::{Prerelease, Version};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Component, Config, Direct, From, Least, Mode, nearest};
use crate::domain::commands;
use crate::domain::duty::Roster;
use crate::domain::freeze::{Window, Wrong};
use crate::domain::names::{BranchName, UserName};
use crate::domain::rules::labels;
use crate::domain::schedule::Schedule;

/// Something that cannot be meant, by the keys and indexes that lead to it.
pub struct Contradiction {
    place: Vec<Step>,
    pub message: String,
    pub remedy: String,
}

enum Step {
    Key(&'static str),
    /// A key that is not Slipway's own.
    Name(String),
    Index(usize),
}

use Step::{Index, Key, Name};

impl Contradiction {
    fn new(place: impl Into<Vec<Step>>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into(), remedy: remedy.into() }
    }

    /// Where it is in the text of the file, as far as it is written there.
    pub fn start(&self, text: &str) -> usize {
        let Ok(root) = DeTable::parse(text) else { return 0 };
        let mut at = root.span().start;
        let mut table = Some(root.get_ref());
        let mut list = None;
        for step in &self.place {
            let found: Option<&Spanned<DeValue>> = match step {
                Key(key) => table.and_then(|table| table.get(*key)),
                Name(name) => table.and_then(|table| table.get(name.as_str())),
                Index(index) => list.and_then(|list: &toml::de::DeArray| list.get(*index)),
            };
            let Some(found) = found else { break };
            at = found.span().start;
            (table, list) = (found.get_ref().as_table(), found.get_ref().as_array());
        }
        at
    }
}

/// # Errors
/// The first contradiction.
pub fn check(config: &Config) -> Result<(), Contradiction> {
    let components = config.components();
    names(config)?;
    tags(&components)?;
    belongings(config)?;
    freezes(config)?;
    rules(config)?;
    allowed(config)?;
    protections(config)?;
    asked_for(config)?;
    cuts(config)?;
    porting::check(config)?;
    checklists::check(config)?;
    for (at, component) in components.iter().enumerate() {
        if config.release.from == From::Request && component.files.is_empty() && component.changelog.is_none() {
            let (place, whose) = match &component.name {
                Some(name) => (vec![Key("component"), Index(at)], format!("the component `{name}`")),
                None => (vec![Key("release"), Key("from")], "the repository".to_owned()),
            };
            let message = format!("a release change request would change nothing: {whose} has neither a version file nor a changelog");
            return Err(Contradiction::new(place, message, "Name one in `files` or `changelog`, or release by `tag` or `merge`."));
        }
    }
    Ok(())
}

/// Names are said in branches, in marks and in commands.
fn names(config: &Config) -> Result<(), Contradiction> {
    let mut known = BTreeSet::new();
    for (at, component) in config.component.iter().enumerate() {
        let place = || vec![Key("component"), Index(at), Key("name")];
        let name = component.name.as_str();
        let is_plain = name.chars().all(|c| c.is_alphanumeric() || "._+-/".contains(c)) && !name.contains("--");
        if !is_plain || BranchName::parse(name).is_err() {
            let message = format!("`{name}` cannot name a component");
            return Err(Contradiction::new(place(), message, "Use letters, digits and single `-`, `_`, `.`, `+` and `/` between them."));
        }
        // The branch of a release change request has hyphens for slashes.
        if !known.insert(name.replace('/', "-")) {
            let message = format!("two components are called `{name}`, or their names differ in `/` and `-` alone");
            return Err(Contradiction::new(place(), message, "Rename one of them."));
        }
    }
    for (at, heading) in config.changelog.sections.iter().flatten().enumerate() {
        if heading.title.trim().is_empty() {
            let place = [Key("changelog"), Key("sections"), Index(at), Key("title")];
            return Err(Contradiction::new(place, "a heading has no title", "Give it one."));
        }
    }
    Ok(())
}

/// Each version tag must be one component's alone.
fn tags(components: &[Component]) -> Result<(), Contradiction> {
    // One for each way to write a year.
    let samples = [Version::new(1, 2, 3), Version::new(24, 1, 2), Version::new(2024, 1, 2)];
    for (at, component) in components.iter().enumerate() {
        let place = || match component.name {
            Some(_) => vec![Key("component"), Index(at), Key("tag_prefix")],
            None => vec![Key("release"), Key("tag_prefix")],
        };
        for sample in &samples {
            let Ok(tag) = component.template.write(sample) else {
                let message = format!("git allows no tag that starts with `{}`", component.template.prefix);
                return Err(Contradiction::new(place(), message, "Choose another `tag_prefix`."));
            };
            let same = |other: &&Component| other.name != component.name && other.template.read(&tag).is_some();
            if let Some(other) = components.iter().find(same) {
                let name = |component: &Component| component.name.clone().unwrap_or_default();
                let message = format!("the tag `{tag}` could be a version of `{}` and of `{}`", name(component), name(other));
                return Err(Contradiction::new(place(), message, "Give one of them another `tag_prefix`."));
            }
        }
    }
    Ok(())
}

/// What components have, and what they have to do with each other.
fn belongings(config: &Config) -> Result<(), Contradiction> {
    if !config.component.is_empty() && !config.release.files.is_empty() {
        let message = "with components, `release.files` belong to nobody";
        return Err(Contradiction::new([Key("release"), Key("files")], message, "Name them in the `files` of a component."));
    }
    let names = || config.component.iter().map(|component| component.name.as_str());
    for (at, component) in config.component.iter().enumerate() {
        let place = |key| [Key("component"), Index(at), Key(key)];
        let name = &component.name;
        if config.component.len() > 1 && component.paths.is_empty() {
            let message = format!("nothing belongs to the component `{name}`");
            return Err(Contradiction::new(place("paths"), message, "Name its folders in `paths`, as in `paths = [\"api\"]`."));
        }
        if component.paths.iter().chain(&component.exclude).any(String::is_empty) {
            let message = format!("a path of the component `{name}` is empty");
            return Err(Contradiction::new(place("paths"), message, "Write `.` for the whole repository."));
        }
        if let Some(unknown) = component.depends_on.iter().find(|wanted| names().all(|name| name != *wanted)) {
            let remedy = match nearest(unknown, names()) {
                Some(name) => format!("Did you mean `{name}`?"),
                None => format!("There are {}.", names().collect::<Vec<_>>().join(", ")),
            };
            return Err(Contradiction::new(place("depends_on"), format!("there is no component `{unknown}`"), remedy));
        }
    }
    Ok(())
}

/// A window is for once or recurs, in a zone that there is, and is not over when it begins.
fn freezes(config: &Config) -> Result<(), Contradiction> {
    let windows = config.freeze.iter().flat_map(|freeze| &freeze.windows).enumerate();
    windows.map(|(at, options)| (at, Window::try_from(options))).try_for_each(|(at, window)| {
        let wrong =
            |wrong: Wrong| Contradiction::new([Key("freeze"), Key("windows"), Index(at), Key(wrong.key)], wrong.message, wrong.remedy);
        window.map(drop).map_err(wrong)
    })
}

/// A rule that asks for nothing looks as if it kept something out.
fn rules(config: &Config) -> Result<(), Contradiction> {
    let rules = &config.rules;
    let empty = |rule: &'static str, remedy: &str| {
        let message = format!("the rule {rule} asks for nothing");
        Err(Contradiction::new([Key("rules"), Key(rule)], message, remedy))
    };
    let is_on = |mode: Option<Mode>| mode != Some(Mode::Off);
    if rules.size.as_ref().is_some_and(|size| is_on(size.mode) && size.files.is_none() && size.lines.is_none()) {
        return empty("size", "Say how many `files` or `lines` may be changed.");
    }
    let unlabelled = |labels: &labels::Options| labels.all_of.is_empty() && labels.any_of.is_empty() && labels.none_of.is_empty();
    if rules.labels.as_ref().is_some_and(|labels| is_on(labels.mode) && unlabelled(labels)) {
        return empty("labels", "Name labels in `all_of`, `any_of` or `none_of`.");
    }
    if rules.up_to_date.as_ref().is_some_and(|options| is_on(options.mode) && options.behind.is_none() && options.max_age.is_none()) {
        return empty("up_to_date", "Write `behind = 0`, or how old it may be in `max_age`.");
    }
    for (at, entry) in rules.paths.iter().flat_map(|paths| &paths.require).enumerate() {
        let asks = entry.label.is_some() || entry.team.is_some() || entry.approvals.is_some();
        if entry.paths.is_empty() || !asks || entry.approvals == Some(0) {
            let place = [Key("rules"), Key("paths"), Key("require"), Index(at)];
            let remedy = "Name its `paths`, and a `label`, a `team`, or how many `approvals` they need.";
            return Err(Contradiction::new(place, "an entry of the rule paths asks for nothing", remedy));
        }
    }
    Ok(())
}

/// What is protected is named once, and whoever may push is held up by nothing.
fn protections(config: &Config) -> Result<(), Contradiction> {
    let (mut branches, mut tags) = (BTreeSet::new(), BTreeSet::new());
    for (at, guard) in config.protect.branches.iter().enumerate() {
        let place = |key| [Key("protect"), Key("branches"), Index(at), Key(key)];
        if !branches.insert(&guard.branch) {
            let message = format!("the branch `{}` is protected twice", guard.branch);
            return Err(Contradiction::new(place("branch"), message, "Say all of it in one place."));
        }
        let holds_up = guard.approvals > 0 || !guard.checks.is_empty() || guard.merge == Least::Maintain;
        if guard.push == Direct::Write && holds_up {
            let message = "whoever may write may push without a change request, so what a merge needs holds up nobody";
            return Err(Contradiction::new(place("push"), message, "Let `push` be `nobody` or `maintain`, or ask nothing of merges."));
        }
        if guard.approvals > 10 {
            return Err(Contradiction::new(place("approvals"), "no forge waits for so many approvals", "Ask for 10 at most."));
        }
        if guard.checks.iter().any(|check| check.trim().is_empty()) {
            return Err(Contradiction::new(place("checks"), "a check has no name", "Name it as the forge shows it."));
        }
    }
    for (at, guard) in config.protect.tags.iter().enumerate() {
        if !tags.insert(&guard.tag) {
            let message = format!("the tag `{}` is protected twice", guard.tag);
            return Err(Contradiction::new([Key("protect"), Key("tags"), Index(at), Key("tag")], message, "Say all of it in one place."));
        }
    }
    Ok(())
}

/// Branches that Slipway makes are named by a version, and when it makes them by itself can be told.
fn cuts(config: &Config) -> Result<(), Contradiction> {
    let cut = &config.cut;
    let wrong = |Wrong { key, message, remedy }| Contradiction::new([Key("train"), Key(key)], message, remedy);
    Schedule::of(config.train.as_ref()).map(drop).map_err(wrong)?;
    let branches = &config.branches;
    let patterns = [("branches", "release", &branches.release), ("branches", "hotfix", &branches.hotfix), ("cut", "tag", &cut.tag)];
    for (table, key, pattern) in patterns.into_iter().filter(|(_, key, pattern)| *key != "tag" || !pattern.is_empty()) {
        let is_named = pattern.matches('*').count() == 1 && BranchName::parse(&pattern.replace('*', "1.4")).is_ok();
        if !is_named {
            let message = format!("`{pattern}` does not say where the version stands in the name");
            return Err(Contradiction::new([Key(table), Key(key)], message, format!("Write one `*` for it, as in `{key}/*`.")));
        }
    }
    if branches.release == branches.hotfix {
        let message = format!("release and hotfix branches are both called `{}`", branches.release);
        return Err(Contradiction::new([Key("branches"), Key("hotfix")], message, "Choose another name for one of them."));
    }
    if cut.development.is_empty() {
        return Ok(());
    }
    let wrong = |message: &str, remedy: &str| Err(Contradiction::new([Key("cut"), Key("development")], message, remedy));
    match Prerelease::new(&cut.development) {
        Err(_) => wrong(&format!("`{}` cannot stand behind a version", cut.development), "Use letters, digits and hyphens, as in `dev`."),
        Ok(_) if config.release.calendar.is_some() => wrong("calendar versions have no next one", "Take it out, or `calendar`."),
        Ok(_) if config.component.len() > 1 => wrong("several components have no version in common", "Take it out."),
        Ok(_) => Ok(()),
    }
}

/// Who may push directly.
fn allowed(config: &Config) -> Result<(), Contradiction> {
    let mut names = config.audit.iter().flat_map(|audit| &audit.allow).enumerate();
    let Some((at, name)) = names.find(|(_, name)| UserName::parse(name).is_err()) else { return Ok(()) };
    let place = [Key("audit"), Key("allow"), Index(at)];
    Err(Contradiction::new(place, format!("`{name}` is no user name"), "Write it as the forge shows it, without `@`."))
}

/// Commands that there are, and a release manager who can be told.
fn asked_for(config: &Config) -> Result<(), Contradiction> {
    for verb in config.commands.0.keys() {
        if let Err(meant) = commands::known(verb) {
            let place = [Key("commands"), Name(verb.clone())];
            let remedy = meant.map_or("docs/commands.md lists them.".to_owned(), |meant| format!("Did you mean `{meant}`?"));
            return Err(Contradiction::new(place, format!("there is no command `{verb}`"), remedy));
        }
    }
    let Some(Err(Wrong { key, message, remedy })) = config.duty.as_ref().map(Roster::try_from) else { return Ok(()) };
    Err(Contradiction::new([Key("duty"), Key(key)], message, remedy))
}

#[cfg(test)]
mod tests;
