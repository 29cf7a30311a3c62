//! GitHub's rulesets: whom and what they are about, and what they refuse.
//!
//! <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets>

use globset::GlobBuilder;
use jiff::Timestamp;
use serde_json::Value;

use super::Attempt;
use crate::sandbox::{
    github::{is_signed, reporter_id},
    happening::{RulesetAction, What},
    topic::{Change, Merge},
    world::{Check, Kind, Reporter, Repository, Role, Status, World},
};

#[derive(Clone, Debug, PartialEq)]
pub struct Ruleset {
    pub id: u64,
    pub terms: Terms,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a ruleset says.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    pub name: String,
    pub target: Target,
    pub enforcement: Enforcement,
    /// As GitHub writes them: `actor_id`, `actor_type`, `bypass_mode`.
    pub bypass_actors: Vec<Value>,
    /// Full names of references with wildcards, `~DEFAULT_BRANCH` or `~ALL`.
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    /// As GitHub writes them: `type` and `parameters`.
    pub rules: Vec<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Branch,
    Tag,
}

impl Target {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Branch => "refs/heads/",
            Self::Tag => "refs/tags/",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    Active,
    Evaluate,
    Disabled,
}

impl Enforcement {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Evaluate => "evaluate",
            Self::Disabled => "disabled",
        }
    }
}

/// When somebody need not keep to a ruleset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bypass {
    Never,
    /// Only when merging.
    PullRequests,
    Always,
}

impl Ruleset {
    /// Whether it is about a reference, by its full name.
    pub fn is_about(&self, repository: &Repository, reference: &str) -> bool {
        let Terms { target, include, exclude, .. } = &self.terms;
        let named = |patterns: &[String]| {
            patterns.iter().any(|pattern| match pattern.as_str() {
                "~ALL" => true,
                "~DEFAULT_BRANCH" => reference == format!("refs/heads/{}", repository.default_branch),
                pattern => is_match(pattern, reference),
            })
        };
        reference.starts_with(target.prefix()) && named(include) && !named(exclude)
    }

    pub fn bypass(&self, world: &World, repository: &Repository, login: &str) -> Bypass {
        let role = repository.role(login);
        let is_meant = |actor: &&Value| {
            let id = actor.get("actor_id").and_then(Value::as_u64);
            match actor.get("actor_type").and_then(Value::as_str) {
                Some("User") => id == Some(world.user(login).id),
                Some("Integration") => id == Some(world.secrets.app_id) && login == Kind::GitHub.bot(),
                Some("OrganizationAdmin") => role == Role::Admin,
                Some("RepositoryRole") => role_of(id).is_some_and(|needed| role >= needed) && login != Kind::GitHub.bot(),
                _ => false,
            }
        };
        let modes = self.terms.bypass_actors.iter().filter(is_meant).map(|actor| match actor.get("bypass_mode").and_then(Value::as_str) {
            Some("pull_request") => Bypass::PullRequests,
            _ => Bypass::Always,
        });
        modes.max().unwrap_or(Bypass::Never)
    }
}

/// The role of a number, which is the same in all of GitHub.
fn role_of(id: Option<u64>) -> Option<Role> {
    match id? {
        2 => Some(Role::Maintain),
        4 => Some(Role::Write),
        5 => Some(Role::Admin),
        _ => None,
    }
}

/// A star stops at slashes, two do not.
fn is_match(pattern: &str, reference: &str) -> bool {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.is_ok_and(|glob| glob.compile_matcher().is_match(reference))
}

/// The rules that are in force for a reference, each with its ruleset, the oldest first.
pub fn in_force<'a>(repository: &'a Repository, reference: &str) -> impl Iterator<Item = (&'a Ruleset, &'a Value)> {
    let active = repository.protection.rulesets.iter().filter(|ruleset| ruleset.terms.enforcement == Enforcement::Active);
    let about: Vec<_> = active.filter(|ruleset| ruleset.is_about(repository, reference)).collect();
    about.into_iter().flat_map(|ruleset| ruleset.terms.rules.iter().map(move |rule| (ruleset, rule)))
}

fn kind(rule: &Value) -> &str {
    rule.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn parameter<'a>(rule: &'a Value, name: &str) -> Option<&'a Value> {
    rule.get("parameters")?.get(name)
}

/// What a push breaks, in GitHub's words.
pub fn broken_by_push(world: &World, attempt: &Attempt) -> anyhow::Result<Vec<String>> {
    let mut broken = Vec::new();
    for (ruleset, rule) in in_force(attempt.repository, attempt.reference) {
        if ruleset.bypass(world, attempt.repository, attempt.actor) != Bypass::Always {
            broken.extend(broken_rule(world, attempt, rule)?);
        }
    }
    broken.dedup();
    Ok(broken)
}

fn broken_rule(world: &World, attempt: &Attempt, rule: &Value) -> anyhow::Result<Vec<String>> {
    let say = |broken: bool, text: &str| if broken { vec![text.to_owned()] } else { Vec::new() };
    let is_update = attempt.before.is_some() && attempt.after.is_some();
    let name = attempt.reference.splitn(3, '/').nth(2).unwrap_or_default();
    let Some(after) = attempt.after else { return Ok(say(kind(rule) == "deletion", "Cannot delete this branch")) };
    Ok(match kind(rule) {
        "creation" => say(attempt.is_creation(), "Cannot create ref due to creations being restricted."),
        "update" => say(is_update, "Cannot update this protected ref."),
        "non_fast_forward" => say(attempt.is_forced(), "Cannot force-push to this branch"),
        "pull_request" => say(is_update, "Changes must be made through a pull request."),
        "merge_queue" => say(is_update, "Changes must be made through the merge queue"),
        "branch_name_pattern" | "tag_name_pattern" if attempt.is_creation() && !fits(rule, name) => {
            vec![format!("Ref name must match a given pattern: {}", parameter(rule, "pattern").and_then(Value::as_str).unwrap_or_default())]
        }
        "required_status_checks" if is_update => missing_checks(world, attempt.repository, rule, after),
        "required_linear_history" => {
            let merges = pushed(attempt, after)?.iter().any(|commit| commit.parents.len() > 1);
            say(merges, "This branch must not contain merge commits.")
        }
        "required_signatures" => {
            let unsigned = pushed(attempt, after)?.iter().any(|commit| !is_signed(commit));
            say(unsigned, "Commits must have verified signatures.")
        }
        _ => Vec::new(),
    })
}

/// The commits that a push adds; a new branch adds what the default branch has not.
fn pushed(attempt: &Attempt, after: &str) -> anyhow::Result<Vec<crate::sandbox::git::Commit>> {
    let git = &attempt.repository.git;
    let Some(after) = git.resolve(after) else { return Ok(Vec::new()) };
    let known = attempt.before.as_ref().and_then(|before| git.resolve(before));
    git.log(&after, known.or_else(|| git.branch(&attempt.repository.default_branch)).as_deref())
}

/// Whether a name is as a pattern wants it. Expressions are too much for a sandbox: what they say is taken as text.
fn fits(rule: &Value, name: &str) -> bool {
    let text = |field: &str| parameter(rule, field).and_then(Value::as_str).unwrap_or_default();
    let pattern = text("pattern");
    let found = match text("operator") {
        "starts_with" => name.starts_with(pattern),
        "ends_with" => name.ends_with(pattern),
        _ => name.contains(pattern),
    };
    found != (parameter(rule, "negate") == Some(&Value::Bool(true)))
}

/// Who merges, and how.
pub struct Merging<'a> {
    pub by: &'a str,
    pub method: Merge,
}

/// What a merge breaks, in GitHub's words.
pub fn broken_by_merge(world: &World, repository: &Repository, change: &Change, merging: &Merging) -> Vec<String> {
    let mut broken = Vec::new();
    for (ruleset, rule) in in_force(repository, &format!("refs/heads/{}", change.base)) {
        if ruleset.bypass(world, repository, merging.by) > Bypass::Never {
            continue;
        }
        match kind(rule) {
            "required_status_checks" => broken.extend(missing_checks(world, repository, rule, &change.head_sha)),
            "required_linear_history" if merging.method == Merge::MergeCommit => {
                broken.push("This branch must not contain merge commits.".to_owned());
            }
            "update" => broken.push("Cannot update this protected ref.".to_owned()),
            "merge_queue" => broken.push("Changes must be made through the merge queue".to_owned()),
            "pull_request" if !is_allowed(rule, merging.method) => {
                broken.push("This merge method is not allowed on this branch.".to_owned());
            }
            _ => {}
        }
    }
    broken.dedup();
    broken
}

fn is_allowed(rule: &Value, method: Merge) -> bool {
    let word = match method {
        Merge::MergeCommit => "merge",
        Merge::Squash => "squash",
        Merge::Rebase => "rebase",
    };
    let allowed = parameter(rule, "allowed_merge_methods").and_then(Value::as_array);
    allowed.is_none_or(|methods| methods.iter().any(|method| method == word))
}

/// The checks that all rules for a branch want and a commit lacks.
pub fn lacking(world: &World, repository: &Repository, reference: &str, sha: &str) -> Vec<String> {
    let rules = in_force(repository, reference).filter(|(_, rule)| kind(rule) == "required_status_checks");
    rules.flat_map(|(_, rule)| missing_checks(world, repository, rule, sha)).collect()
}

fn missing_checks(world: &World, repository: &Repository, rule: &Value, sha: &str) -> Vec<String> {
    let wanted = parameter(rule, "required_status_checks").and_then(Value::as_array).into_iter().flatten();
    let lacking = wanted.filter_map(|wanted| {
        let context = wanted.get("context").and_then(Value::as_str)?;
        let app = wanted.get("integration_id").and_then(Value::as_u64);
        (!is_green(world, repository, (sha, context, app))).then(|| format!("Required status check \"{context}\" is expected."))
    });
    lacking.collect()
}

/// Whether the newest check or status of a name on a commit is good.
fn is_green(world: &World, repository: &Repository, (sha, context, app): (&str, &str, Option<u64>)) -> bool {
    let by_app = |reporter: Reporter| app.is_none_or(|app| app == reporter_id(world, reporter));
    let check = repository.checks.iter().rev().find(|check: &&Check| by_app(check.reporter) && check.sha == sha && check.name == context);
    let by_whom = |status: &Status| app.is_none() || (by_app(Reporter::Own) && status.author == Kind::GitHub.bot());
    let status = repository.statuses.iter().rev().find(|status| by_whom(status) && status.sha == sha && status.name == context);
    let check = check.map(|check| ["success", "neutral", "skipped"].contains(&check.conclusion.as_deref().unwrap_or_default()));
    let status = status.map(|status| status.state == "success");
    check.or(status).is_some() && check.unwrap_or(true) && status.unwrap_or(true)
}

impl World {
    pub fn add_ruleset(&mut self, repository: u64, actor: &str, terms: Terms) -> anyhow::Result<u64> {
        self.meet(actor);
        let (id, now) = (self.next_id(), self.tick());
        let ruleset = Ruleset { id, terms, created_at: now, updated_at: now };
        self.repository_mut(repository)?.protection.rulesets.push(ruleset.clone());
        self.tell(repository, actor, What::Ruleset(ruleset, RulesetAction::Created))?;
        Ok(id)
    }

    /// Gives a ruleset other terms. Nothing is told when they are the same.
    pub fn change_ruleset(&mut self, repository: u64, actor: &str, (id, terms): (u64, Terms)) -> anyhow::Result<()> {
        let now = self.tick();
        let mut rulesets = self.repository_mut(repository)?.protection.rulesets.iter_mut();
        let ruleset = rulesets.find(|ruleset| ruleset.id == id).ok_or_else(|| anyhow::anyhow!("there is no ruleset {id}"))?;
        if ruleset.terms == terms {
            return Ok(());
        }
        let former = std::mem::replace(&mut ruleset.terms, terms);
        ruleset.updated_at = now;
        let ruleset = ruleset.clone();
        self.tell(repository, actor, What::Ruleset(ruleset, RulesetAction::Edited(Box::new(former))))
    }

    pub fn delete_ruleset(&mut self, repository: u64, actor: &str, id: u64) -> anyhow::Result<()> {
        self.tick();
        let rulesets = &mut self.repository_mut(repository)?.protection.rulesets;
        let place = rulesets.iter().position(|ruleset| ruleset.id == id).ok_or_else(|| anyhow::anyhow!("there is no ruleset {id}"))?;
        let gone = rulesets.remove(place);
        self.tell(repository, actor, What::Ruleset(gone, RulesetAction::Deleted))
    }
}
