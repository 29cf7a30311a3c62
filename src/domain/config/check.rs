//! What the types of the file cannot say: options that contradict each other, or lack something. Knows names, tags and the options of
//! rules, and must not know how releases are made of them.

use std::collections::BTreeSet;

use semver::Version;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Component, Config, Direct, From, Least, Mode, nearest};
use crate::domain::freeze::{Window, Wrong};
use crate::domain::names::{BranchName, UserName};
use crate::domain::rules::labels;

/// Something that cannot be meant, by the keys and indexes that lead to it.
pub struct Contradiction {
    place: Vec<Step>,
    pub message: String,
    pub remedy: String,
}

enum Step {
    Key(&'static str),
    Index(usize),
}

use Step::{Index, Key};

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

/// Who may push directly.
fn allowed(config: &Config) -> Result<(), Contradiction> {
    let mut names = config.audit.iter().flat_map(|audit| &audit.allow).enumerate();
    let Some((at, name)) = names.find(|(_, name)| UserName::parse(name).is_err()) else { return Ok(()) };
    let place = [Key("audit"), Key("allow"), Index(at)];
    Err(Contradiction::new(place, format!("`{name}` is no user name"), "Write it as the forge shows it, without `@`."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Problem;

    fn problem(text: &str) -> Problem {
        Config::parse(text).unwrap_err()
    }

    /// Two components with further lines for the second.
    fn two(more: &str) -> String {
        format!("[[component]]\nname = 'api'\npaths = ['api']\n[[component]]\n{more}\n")
    }

    #[test]
    fn a_release_change_request_that_changes_nothing_is_refused() {
        let problem = problem("[release]\nfrom = 'request'\nchangelog = ''");
        assert_eq!((problem.line, problem.column), (2, 8));
        assert!(problem.message.contains("neither a version file nor a changelog"), "{problem}");
        Config::parse("[release]\nfrom = 'request'").unwrap();
        Config::parse("[release]\nfrom = 'request'\nchangelog = ''\nfiles = ['VERSION']").unwrap();
    }

    #[test]
    fn a_component_without_anything_to_write_is_named() {
        let problem = problem("release.from = 'request'\n[[component]]\nname = 'api'\nchangelog = ''");
        assert!(problem.line == 2 && problem.message.contains("the component `api` has neither"), "{problem}");
    }

    #[test]
    fn names_are_there_and_differ() {
        assert!(problem("[[component]]\nname = ''").message.contains("`` cannot name a component"));
        assert!(problem("[[component]]\nname = 'my api'").remedy.contains("letters"));
        let same = problem(&two("name = 'api'\npaths = ['b']"));
        assert!(same.line == 5 && same.message.contains("are called `api`"), "{same}");
        assert_eq!(problem("[[changelog.sections]]\ntitle = ' '\ntypes = []").line, 2);
    }

    #[test]
    fn a_tag_is_of_one_component() {
        let same = problem(&two("name = 'web'\npaths = ['b']\ntag_prefix = 'api-v'"));
        assert!(same.message.contains("`api-v1.2.3` could be a version of `api` and of `web`"), "{same}");
        let digits = problem(&two("name = 'web'\npaths = ['b']\ntag_prefix = 'api-v1'"));
        assert!(digits.line == 7 && digits.message.contains("`api-v11.2.3`"), "{digits}");
        Config::parse(&two("name = 'api-v'\npaths = ['b']")).unwrap();
        assert!(problem("release.tag_prefix = 'a b'").message.contains("git allows no tag"));
    }

    #[test]
    fn components_have_paths_where_there_are_several() {
        let missing = problem(&two("name = 'web'"));
        assert!(missing.line == 4 && missing.message.contains("nothing belongs to the component `web`"), "{missing}");
        assert!(problem(&two("name = 'web'\npaths = ['']")).remedy.contains("`.`"));
        Config::parse("[[component]]\nname = 'all'").unwrap();
    }

    #[test]
    fn files_are_a_components_where_there_are_components() {
        assert_eq!(problem(&format!("release.files = ['VERSION']\n{}", two("name = 'web'\npaths = ['b']"))).line, 1);
    }

    #[test]
    fn a_user_is_allowed_by_name_alone() {
        let problem = problem("[audit]\nallow = ['max', '@dana']");
        assert!(problem.line == 2 && problem.message.contains("`@dana` is no user name"), "{problem}");
        Config::parse("[audit]\nallow = ['renovate[bot]']").unwrap();
    }

    #[test]
    fn an_unknown_dependency_is_named_with_the_nearest_component() {
        let unknown = problem(&two("name = 'web'\npaths = ['b']\ndepends_on = ['apo']"));
        assert!(unknown.line == 7 && unknown.remedy == "Did you mean `api`?", "{unknown}");
    }

    #[test]
    fn a_file_whose_format_is_not_known_and_a_range_without_versions_are_refused_with_their_place() {
        let file = problem("[release]\nfiles = ['notes.txt']");
        assert!(file.line == 2 && file.message.contains("does not tell where its version is"), "{file}");
        for range in ["latest", ">=2.0.0 <1.0.0", "^1.4"] {
            let problem = problem(&format!("[[release.lines]]\nbranch = 'a'\nrange = '{range}'"));
            assert!(problem.line == 3 && problem.message.contains("is not a range of versions"), "{problem}");
        }
    }

    #[test]
    fn a_rule_that_asks_for_nothing_is_refused_unless_it_is_off() {
        for rule in ["size", "labels", "up_to_date"] {
            let found = problem(&format!("[rules.no_fixup]\n[rules.{rule}]"));
            assert!(found.line == 2 && found.message == format!("the rule {rule} asks for nothing"), "{found}");
            Config::parse(&format!("[rules.{rule}]\nmode = 'off'")).unwrap();
        }
        for entry in ["paths = ['a']", "paths = []\nlabel = 'a'", "paths = ['a']\nteam = 'a/b'\napprovals = 0"] {
            let found = problem(&format!("[[rules.paths.require]]\n{entry}"));
            assert!(found.line == 1 && found.remedy.contains("`approvals`"), "{found}");
        }
    }
}
