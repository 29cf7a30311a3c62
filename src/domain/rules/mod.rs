//! What a change request may be: one file a rule, two lines here. A rule sees only what it declared and gives one verdict.

pub mod back_merge;
pub mod backports;
pub mod base_branch;
pub mod branch_name;
pub mod conventional_commits;
pub mod conventional_title;
pub mod labels;
pub mod linked_issue;
pub mod no_fixup;
pub mod no_merge_commits;
pub mod paths;
pub mod sign_off;
pub mod size;
mod subject;
pub mod up_to_date;
pub mod upstream_first;

use schemars::JsonSchema;
use serde::Deserialize;

use super::config::{Config, Mode};
pub use super::facts::Details;
use super::facts::{ChangeRequest, Commit, Detail, Facts, Listed, Origin, Override};
use super::release;

/// Makes the table of rules and their part of `slipway.toml` from one list, so that no rule can be in one and not in the other.
macro_rules! rules {
    ($($name:ident),*) => {
        /// `[rules]`: each rule applies only when it is named here, or brought by the strategy.
        #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Rules {
            $(pub $name: Option<$name::Options>,)*
        }

        impl Rules {
            /// How much a rule weighs: `None` where it is not named, and within that, where it does not say.
            pub fn mode(&self, rule: &str) -> Option<Option<Mode>> {
                match rule {
                    $(stringify!($name) => self.$name.as_ref().map(|options| options.mode),)*
                    _ => None,
                }
            }
        }

        pub const RULES: &[Rule] = &[$($name::RULE),*];
    };
}

rules![
    base_branch,
    branch_name,
    conventional_title,
    conventional_commits,
    no_fixup,
    no_merge_commits,
    sign_off,
    linked_issue,
    labels,
    paths,
    size,
    up_to_date,
    upstream_first,
    back_merge,
    backports
];

/// An entry of the table above.
pub struct Rule {
    /// Its name in `slipway.toml`, in checks and in overrides.
    pub name: &'static str,
    /// One sentence for the reference.
    pub summary: &'static str,
    /// The lines that turn it on, for the reference.
    pub example: &'static str,
    /// Whether Slipway's own release change requests pass it unseen.
    pub own: Own,
    /// What it reads of the change request that is known on a forge alone.
    pub reads: &'static [Part],
    /// What it must know beside the change request itself.
    pub needs: fn(&Rules) -> Details,
    /// `None` where the configuration does not ask for the rule.
    pub judge: fn(&Rules, &ChangeRequest, &Facts) -> Option<Finding>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    Passes,
    Judged,
}

/// A part of the change request itself that a clone does not have, or does not always have. Its base is not among them, nor that it
/// was no draft when it was merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Title,
    Description,
    /// The head branch and whose it is, or its last commit.
    Head,
    Author,
    Labels,
    /// When it was opened.
    Age,
}

/// What a rule found: it holds, or what to do about it. Both say why. The texts may quote what people wrote; templates escape them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Holds { why: String },
    Broken { why: String, remedy: String },
}

impl Finding {
    pub fn holds(why: impl Into<String>) -> Self {
        Self::Holds { why: why.into() }
    }

    pub fn broken(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Broken { why: why.into(), remedy: remedy.into() }
    }
}

/// A finding with the name of its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub rule: &'static str,
    pub finding: Finding,
    /// How much it weighs; never `Off`.
    pub mode: Mode,
    /// Somebody with the right to do so has set it aside, for this commit.
    pub overridden: Option<Override>,
}

impl Verdict {
    /// Whether the rule is broken and nobody has set that aside.
    pub fn is_broken(&self) -> bool {
        matches!(self.finding, Finding::Broken { .. }) && self.overridden.is_none()
    }

    /// Whether it keeps the change request from being merged.
    pub fn blocks(&self) -> bool {
        self.is_broken() && self.mode == Mode::Enforce
    }

    /// Whether it is for admins only, who watch what the rule would do.
    pub fn is_observed(&self) -> bool {
        self.is_broken() && self.mode == Mode::Observe
    }
}

/// What the rules in force must know, beside the change request. It is nothing where no rule is in force.
pub fn needs(config: &Config) -> Details {
    let asked: Vec<Details> = RULES.iter().filter_map(|rule| needs_of(rule, config)).collect();
    let overrides = (!asked.is_empty()).then_some(Detail::Overrides);
    asked.into_iter().flatten().chain(overrides).collect()
}

/// What one rule must know, beside the change request and what was set aside; `None` where it is not in force.
pub fn needs_of(rule: &Rule, config: &Config) -> Option<Details> {
    let in_force = |layer: &&Config| layer.mode_of(rule.name).is_some_and(|mode| mode != Mode::Off);
    let asked = config.layers().filter(in_force).map(|layer| (rule.needs)(&layer.rules));
    asked.reduce(|first, next| first.into_iter().chain(next).collect())
}

/// One verdict from each rule that is in force.
pub fn judge(config: &Config, request: &ChangeRequest, facts: &Facts) -> Vec<Verdict> {
    RULES.iter().filter_map(|rule| verdict(rule, config, request, facts)).collect()
}

/// One rule's verdict; `None` where it is not in force. Where the organisation and the repository both ask for it, the worse of both
/// findings counts, by how much it weighs.
pub fn verdict(rule: &Rule, config: &Config, request: &ChangeRequest, facts: &Facts) -> Option<Verdict> {
    let passes = Some(rule.own).filter(|own| *own == Own::Passes).and_then(|_| passes(request, facts));
    let of_layer = |layer: &Config| {
        let mode = layer.mode_of(rule.name).filter(|mode| *mode != Mode::Off)?;
        let finding = if let Some(why) = passes { Finding::holds(why) } else { (rule.judge)(&layer.rules, request, facts)? };
        let overridden = match finding {
            Finding::Broken { .. } => request.details.overrides.read().get(rule.name).cloned(),
            Finding::Holds { .. } => None,
        };
        Some(Verdict { rule: rule.name, finding, mode, overridden })
    };
    let weight = |verdict: &Verdict| (matches!(verdict.finding, Finding::Broken { .. }), verdict.mode);
    config.layers().filter_map(of_layer).reduce(|first, next| if weight(&next) > weight(&first) { next } else { first })
}

/// Whether it is a release change request that Slipway made: a branch's name alone gives no rights.
pub fn is_own(request: &ChangeRequest, facts: &Facts) -> bool {
    release::is_own(&request.head.branch) && is_slipways(request, facts)
}

fn is_slipways(request: &ChangeRequest, facts: &Facts) -> bool {
    request.head.origin == Origin::SameRepository && request.author == *facts.me.read()
}

/// Why a change request passes rules unseen.
fn passes(request: &ChangeRequest, facts: &Facts) -> Option<&'static str> {
    is_own(request, facts).then_some("it is Slipway's own release change request")
}

/// What is found where there are more commits than are read: what was not seen is not taken to be good.
fn too_many(commits: &Listed<Commit>) -> Finding {
    let why = format!("it has more than {} commits, which is more than can be looked through", commits.items.len());
    Finding::broken(why, "Split the change request.")
}

/// Names one after the other, as far as a reader wants to see them.
fn listed<T: std::fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 10;
    let names: Vec<_> = names.into_iter().map(|name| name.to_string()).collect();
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

#[cfg(test)]
mod properties_tests;

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::domain::facts::{Asked, Commit, FileChange, Head, Known, Listed, MergeMethod, Merging, Readiness, Role, State};
    use crate::domain::names::{BranchName, Moment, Number, Sha, UserName};

    /// An open change request from `head` into `base`, at a SHA of ones.
    pub(crate) fn request(head: &str, base: &str, title: &str) -> ChangeRequest {
        ChangeRequest {
            number: Number(1),
            title: title.to_owned(),
            body: String::new(),
            author: UserName::parse("dana").unwrap(),
            landed: None,
            state: State::Open,
            readiness: Readiness::Ready,
            labels: BTreeSet::new(),
            head: Head {
                branch: BranchName::parse(head).unwrap(),
                sha: Sha::parse(&"1".repeat(40)).unwrap(),
                origin: Origin::SameRepository,
            },
            base: BranchName::parse(base).unwrap(),
            created_at: Moment(50),
            updated_at: Moment(100),
            details: Known { overrides: Asked::Answered(BTreeMap::new()), ..Known::default() },
        }
    }

    pub(crate) fn me() -> UserName {
        UserName::parse("slipway[bot]").unwrap()
    }

    /// The facts that every rule may read: who Slipway is, and the time.
    pub(crate) fn facts() -> Facts {
        Facts { now: Moment(200), me: Asked::Answered(me()), ..Facts::default() }
    }

    pub(crate) fn commit(message: &str) -> Commit {
        let (author_name, author_email) = ("Dana".to_owned(), "dana@example.com".to_owned());
        Commit { sha: Sha::parse(&"1".repeat(40)).unwrap(), message: message.to_owned(), parents: 1, author_name, author_email }
    }

    pub(crate) fn listed<T>(items: impl IntoIterator<Item = T>) -> Asked<Listed<T>> {
        Asked::Answered(Listed { items: items.into_iter().collect(), cut: false })
    }

    pub(crate) fn file(path: &str, added: u64) -> FileChange {
        FileChange { path: path.to_owned(), previous: None, added, removed: 0 }
    }

    /// Answers the details with what breaks no rule.
    fn answer(request: &mut ChangeRequest, facts: &mut Facts, details: &Details) {
        let known = &mut request.details;
        for detail in details {
            match detail {
                Detail::Overrides => known.overrides = Asked::Answered(BTreeMap::new()),
                Detail::Commits => known.commits = listed([commit("feat: a\n\nCloses #7\nSigned-off-by: Dana <dana@example.com>")]),
                Detail::Config => known.config = Asked::Answered(None),
                Detail::Files => known.files = listed([file("src/a.rs", 1)]),
                Detail::Approvals => known.approvals = Asked::Answered(Vec::new()),
                Detail::Behind => known.behind = Asked::Answered(0),
                Detail::Merging => {
                    let methods = vec![(MergeMethod::Squash, vec!["feat: a".to_owned()])];
                    facts.merging = Asked::Answered(Some(Merging { methods }));
                }
                Detail::Setter(label) => {
                    known.setters = Asked::Answered(BTreeMap::from([(label.clone(), (me(), Role::Admin))]));
                }
                Detail::Team(team) => known.teams = Asked::Answered(BTreeMap::from([(team.clone(), BTreeSet::new())])),
                Detail::Upstream(branch) => {
                    let has = BTreeSet::from([Sha::parse(&"1".repeat(40)).unwrap()]);
                    known.upstream = Asked::Answered(BTreeMap::from([(branch.clone(), has)]));
                }
                Detail::Unmerged { .. } => known.unmerged = Asked::Answered(BTreeMap::new()),
                Detail::Backports { label } => known.backports = Asked::Answered(BTreeMap::from([(label.clone(), Vec::new())])),
            }
        }
    }

    #[test]
    fn every_rule_is_turned_on_by_its_example_and_judges_with_only_what_it_declared() {
        for rule in RULES {
            let config = Config::parse(rule.example).unwrap_or_else(|problem| panic!("{}: {problem}", rule.name));
            let (mut request, mut facts) = (request("feature/a", "main", "feat: a"), facts());
            request.labels.insert("kind/feature".to_owned());
            answer(&mut request, &mut facts, &(rule.needs)(&config.rules));
            let finding = (rule.judge)(&config.rules, &request, &facts);
            assert!(matches!(finding, Some(Finding::Holds { .. })), "{}: {finding:?}", rule.name);
            assert_eq!((rule.judge)(&Rules::default(), &request, &facts), None);
            assert_eq!(config.effective(rule.name), Some(Mode::Enforce), "{} is not in the table", rule.name);
        }
    }

    fn verdicts(config: &str, title: &str) -> Vec<Verdict> {
        judge(&Config::parse(config).unwrap(), &request("a", "main", title), &facts())
    }

    #[test]
    fn a_rule_weighs_what_it_says_or_else_what_the_file_says() {
        let found = verdicts("mode = 'observe'\n[rules.conventional_title]\n[rules.base_branch]\nmode = 'advise'", "Add a");
        let modes: Vec<_> = found.iter().map(|verdict| (verdict.rule, verdict.mode)).collect();
        assert_eq!(modes, [("base_branch", Mode::Advise), ("conventional_title", Mode::Observe)]);
        assert!(found[1].is_observed() && !found[1].blocks());
    }

    #[test]
    fn a_rule_that_is_off_gives_no_verdict_and_asks_for_nothing() {
        let config = "[rules.conventional_title]\nmode = 'off'";
        assert!(verdicts(config, "Add a").is_empty() && needs(&Config::parse(config).unwrap()).is_empty());
    }

    #[test]
    fn a_verdict_that_was_set_aside_blocks_nothing_and_still_says_what_is_broken() {
        let mut request = request("a", "main", "Add a");
        let by = Override { by: me(), reason: "hotfix".into() };
        request.details.overrides = Asked::Answered(BTreeMap::from([("conventional_title".into(), by.clone())]));
        let found = judge(&Config::parse("[rules.conventional_title]").unwrap(), &request, &facts());
        assert!(!found[0].blocks() && found[0].overridden == Some(by) && matches!(found[0].finding, Finding::Broken { .. }));
    }

    #[test]
    fn a_release_change_request_passes_if_it_is_slipways_own() {
        let config = Config::parse("[rules.base_branch]\nallow = [{ into = 'main', from = [] }]").unwrap();
        let mut request = request("slipway/release/main", "main", "chore(release): 1.0.0");
        assert!(judge(&config, &request, &facts())[0].blocks());
        request.author = me();
        assert!(!judge(&config, &request, &facts())[0].blocks());
        // Of what else it opens, others may push to the branch: that is judged as everybody's.
        for head in ["slipway/rollback/v1.4.0", "backport/7-to-main"] {
            request.head.branch = BranchName::parse(head).unwrap();
            assert!(judge(&config, &request, &facts())[0].blocks());
        }
    }
}
