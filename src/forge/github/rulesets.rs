//! A guard as GitHub's rulesets, and what rulesets say of a guard. A ruleset's bypass list is for all of its rules, so a guard takes one
//! ruleset for each list. Must not know how they are fetched.
//!
//! <https://docs.github.com/en/rest/repos/rules>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::config::{BranchGuard, Direct, Least, TagGuard};
use crate::domain::protection::{Found, Guard, RefPattern, Setting, listed};

/// The roles of GitHub by their numbers, as `actor_id` takes them.
const MAINTAIN: u64 = 2;
const ADMIN: u64 = 5;

/// A ruleset as it is written, and as it is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ruleset {
    pub name: String,
    /// `branch` or `tag`.
    pub target: Option<String>,
    pub enforcement: String,
    /// Not told to an App that may not change it.
    pub bypass_actors: Option<Vec<Passer>>,
    pub conditions: Option<Conditions>,
    #[serde(default)]
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Passer {
    pub actor_id: Option<u64>,
    pub actor_type: String,
    pub bypass_mode: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    ref_name: Option<RefName>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct RefName {
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule {
    r#type: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    parameters: Value,
}

impl Rule {
    fn plain(kind: &str) -> Self {
        Self { r#type: kind.to_owned(), parameters: Value::Null }
    }

    fn with(kind: &str, parameters: Value) -> Self {
        Self { r#type: kind.to_owned(), parameters }
    }
}

impl Ruleset {
    fn rule(&self, kind: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.r#type == kind)
    }

    /// The rules that settings of a guard are read from, in this one of its rulesets.
    fn speaks(&self) -> &'static [&'static str] {
        match self.name.rsplit_once(" (").map(|(_, about)| about) {
            Some("direct pushes)") => &["pull_request", "required_status_checks", "update"],
            Some("merging)") => &["update"],
            Some("creation)") => &["creation"],
            _ if self.target.as_deref() == Some("tag") => &["update", "deletion"],
            _ => &ALWAYS,
        }
    }

    /// What of this ruleset is not as the wanted one has it, though it is no setting of a guard; GitHub adds parameters of its own.
    fn oddities(&self, wanted: &Self) -> Vec<String> {
        let mut odd = Vec::new();
        if self.enforcement != "active" {
            odd.push(format!("`{}` is {}", self.name, if self.enforcement == "disabled" { "disabled" } else { "only evaluated" }));
        }
        if self.target != wanted.target || self.conditions != wanted.conditions {
            odd.push(format!("`{}` is about other names", self.name));
        }
        if let (Some(may), Some(should)) = (&self.bypass_actors, &wanted.bypass_actors)
            && !same_actors(may, should)
        {
            let named = |actor: &Passer| format!("{} {}", actor.actor_type, actor.actor_id.map_or_else(String::new, |id| id.to_string()));
            odd.push(format!("`{}` may be bypassed by {}", self.name, listed(may.iter().map(named))));
        }
        for rule in &self.rules {
            match wanted.rule(&rule.r#type) {
                Some(wanted) => odd.extend(
                    other_parameters(&rule.parameters, &wanted.parameters).map(|name| format!("`{}` has another {name}", self.name)),
                ),
                None if !wanted.speaks().contains(&rule.r#type.as_str()) => odd.push(format!("`{}` has {}", self.name, rule.r#type)),
                None => {}
            }
        }
        odd
    }

    /// Whether nothing need be written.
    pub fn is(&self, wanted: &Self) -> bool {
        let has_all = wanted.rules.iter().all(|rule| {
            let own = self.rule(&rule.r#type);
            own.is_some_and(|own| COUNTED.iter().all(|(_, name)| own.parameters.get(name) == rule.parameters.get(name)))
        });
        has_all && self.rules.len() == wanted.rules.len() && self.oddities(wanted).is_empty()
    }
}

/// Rules that hold for everybody.
const ALWAYS: [&str; 6] =
    ["non_fast_forward", "deletion", "required_linear_history", "required_signatures", "pull_request", "required_status_checks"];

/// Parameters that settings of a guard are made of, with their rules.
const COUNTED: [(&str, &str); 2] =
    [("pull_request", "required_approving_review_count"), ("required_status_checks", "required_status_checks")];

fn same_actors(a: &[Passer], b: &[Passer]) -> bool {
    let sorted = |actors: &[Passer]| {
        let mut actors = actors.to_vec();
        actors.sort();
        actors
    };
    sorted(a) == sorted(b)
}

/// The parameters that are not as wanted, of those that are.
fn other_parameters<'a>(own: &'a Value, wanted: &'a Value) -> impl Iterator<Item = &'a str> {
    let wanted = wanted.as_object().into_iter().flatten();
    let counted = |name: &str| COUNTED.iter().any(|(_, counted)| *counted == name);
    wanted.filter(move |(name, value)| !counted(name) && own.get(name.as_str()) != Some(*value)).map(|(name, _)| name.as_str())
}

/// The rulesets that a guard is made of; one without rules is not to be there.
pub fn parts(guard: &Guard, app: u64) -> Vec<Ruleset> {
    match guard {
        Guard::Branch(guard) => branch_parts(guard, app),
        Guard::Tag(guard) => tag_parts(guard, app),
    }
}

fn branch_parts(guard: &BranchGuard, app: u64) -> Vec<Ruleset> {
    let BranchGuard { push, merge, .. } = guard;
    let plain = [
        (!guard.force_push, "non_fast_forward"),
        (!guard.delete, "deletion"),
        (guard.linear, "required_linear_history"),
        (guard.signed, "required_signatures"),
    ];
    let mut always: Vec<Rule> = plain.into_iter().filter(|(wanted, _)| *wanted).map(|(_, kind)| Rule::plain(kind)).collect();
    let (mut pushing, mut merging) = (Vec::new(), Vec::new());
    let (by_request, update) = (requested(guard, app), || Rule::with("update", json!({"update_allows_fetch_and_merge": false})));
    match push {
        Direct::Nobody => always.extend(by_request),
        Direct::Maintain => pushing.extend(by_request),
        Direct::Write => {}
    }
    if *merge == Least::Maintain {
        if *push == Direct::Nobody { &mut merging } else { &mut pushing }.push(update());
    }
    let name = format!("slipway: {}", guard.branch);
    let part = |name: String, bypass, rules| part(name, ("branch", "refs/heads/", &guard.branch), bypass, rules);
    vec![
        part(name.clone(), Vec::new(), always),
        part(format!("{name} (direct pushes)"), maintainers("always"), pushing),
        part(format!("{name} (merging)"), maintainers("pull_request"), merging),
    ]
}

/// What a change needs that is not pushed directly.
fn requested(guard: &BranchGuard, app: u64) -> Vec<Rule> {
    let mut rules = vec![Rule::with(
        "pull_request",
        json!({
            "allowed_merge_methods": ["merge", "squash", "rebase"],
            "dismiss_stale_reviews_on_push": false,
            "require_code_owner_review": false,
            "require_last_push_approval": false,
            "required_approving_review_count": guard.approvals,
            "required_review_thread_resolution": false,
        }),
    )];
    if !guard.checks.is_empty() {
        let mut names = guard.checks.clone();
        names.sort();
        names.dedup();
        let check = |name: &String| if is_own(name) { json!({"context": name, "integration_id": app}) } else { json!({"context": name}) };
        let parameters = json!({
            // A branch is made before anything can be reported on it.
            "do_not_enforce_on_create": true,
            "required_status_checks": names.iter().map(check).collect::<Vec<_>>(),
            "strict_required_status_checks_policy": false,
        });
        rules.push(Rule::with("required_status_checks", parameters));
    }
    rules
}

fn is_own(check: &str) -> bool {
    check.starts_with("slipway/")
}

fn tag_parts(guard: &TagGuard, app: u64) -> Vec<Ruleset> {
    let mut always = Vec::new();
    if !guard.r#move {
        always.push(Rule::with("update", json!({"update_allows_fetch_and_merge": false})));
    }
    if !guard.delete {
        always.push(Rule::plain("deletion"));
    }
    let creation = if guard.create == Least::Maintain { vec![Rule::plain("creation")] } else { Vec::new() };
    let name = format!("slipway: tag {}", guard.tag);
    let part = |name: String, bypass, rules| part(name, ("tag", "refs/tags/", &guard.tag), bypass, rules);
    let own = Passer { actor_id: Some(app), actor_type: "Integration".to_owned(), bypass_mode: Some("always".to_owned()) };
    let makers = maintainers("always").into_iter().chain([own]).collect();
    vec![part(name.clone(), Vec::new(), always), part(format!("{name} (creation)"), makers, creation)]
}

fn maintainers(mode: &str) -> Vec<Passer> {
    let role = |id| Passer { actor_id: Some(id), actor_type: "RepositoryRole".to_owned(), bypass_mode: Some(mode.to_owned()) };
    [MAINTAIN, ADMIN].map(role).to_vec()
}

fn part(name: String, (target, prefix, pattern): (&str, &str, &RefPattern), bypass: Vec<Passer>, rules: Vec<Rule>) -> Ruleset {
    let conditions = Conditions { ref_name: Some(RefName { include: includes(prefix, pattern), exclude: Vec::new() }) };
    let (target, enforcement) = (Some(target.to_owned()), "active".to_owned());
    Ruleset { name, target, enforcement, bypass_actors: Some(bypass), conditions: Some(conditions), rules }
}

/// GitHub's patterns are Ruby's `File.fnmatch` with `FNM_PATHNAME`: `*` stops at slashes, `**/` is any number of segments, and `**` at
/// the end is but a `*`.
/// <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/creating-rulesets-for-a-repository#using-fnmatch-syntax>
fn includes(prefix: &str, pattern: &RefPattern) -> Vec<String> {
    match pattern.open_end() {
        None => vec![format!("{prefix}{pattern}")],
        Some(head) if head.is_empty() || head.ends_with('/') => vec![format!("{prefix}{head}**/*")],
        Some(head) => vec![format!("{prefix}{head}*"), format!("{prefix}{head}*/**/*")],
    }
}

/// What Slipway's own rulesets, of those that are there, say of a guard.
pub fn found(guard: &Guard, app: u64, there: &[Ruleset]) -> Found {
    let parts = parts(guard, app);
    let pairs: Vec<_> =
        parts.iter().filter_map(|wanted| Some((wanted, there.iter().find(|ruleset| ruleset.name == wanted.name)?))).collect();
    let counts = |(wanted, own): &&(&Ruleset, &Ruleset)| own.enforcement == "active" && own.conditions == wanted.conditions;
    let of = |place: usize| {
        let name = parts.get(place).map(|part| &part.name);
        pairs.iter().filter(counts).find(|(wanted, _)| Some(&wanted.name) == name).map(|(_, own)| *own)
    };
    let has = |place: usize, kind: &str| of(place).is_some_and(|own| own.rule(kind).is_some());
    let unless = |held: bool| (!held).to_string();
    let mut known: BTreeMap<Setting, String> = match guard {
        Guard::Branch(_) => {
            let push = [(0, "nobody"), (1, "maintain")].into_iter().find(|(place, _)| has(*place, "pull_request"));
            let rule = |kind: &str| [0, 1].into_iter().find_map(|place| of(place)?.rule(kind));
            [
                (Setting::Push, push.map_or("write", |(_, who)| who).to_owned()),
                (Setting::Merge, if has(1, "update") || has(2, "update") { "maintain" } else { "write" }.to_owned()),
                (Setting::ForcePush, unless(has(0, "non_fast_forward"))),
                (Setting::Delete, unless(has(0, "deletion"))),
                (Setting::Linear, has(0, "required_linear_history").to_string()),
                (Setting::Signed, has(0, "required_signatures").to_string()),
                (Setting::Checks, rule("required_status_checks").map_or_else(|| "none".to_owned(), |rule| checks(rule, app))),
                (Setting::Approvals, rule("pull_request").map_or(0, approvals).to_string()),
            ]
            .into()
        }
        Guard::Tag(_) => [
            (Setting::Create, if has(1, "creation") { "maintain" } else { "write" }.to_owned()),
            (Setting::Move, unless(has(0, "update"))),
            (Setting::Delete, unless(has(0, "deletion"))),
        ]
        .into(),
    };
    let odd: Vec<_> = pairs.iter().flat_map(|(wanted, own)| own.oddities(wanted)).collect();
    if !odd.is_empty() {
        known.insert(Setting::Rest, odd.join("; "));
    }
    Found { has: known, cannot: BTreeMap::new() }
}

fn approvals(rule: &Rule) -> u64 {
    rule.parameters.get("required_approving_review_count").and_then(Value::as_u64).unwrap_or_default()
}

/// The checks that a rule asks for. One that might come from anybody else is another.
fn checks(rule: &Rule, app: u64) -> String {
    let wanted = rule.parameters.get("required_status_checks").and_then(Value::as_array).into_iter().flatten();
    listed(wanted.filter_map(|check| {
        let name = check.get("context")?.as_str()?;
        let by = check.get("integration_id").and_then(Value::as_u64);
        let expected = if is_own(name) { Some(app) } else { None };
        Some(if by == expected { name.to_owned() } else { format!("{name} by {}", by.map_or("anybody".to_owned(), |by| by.to_string())) })
    }))
}

#[cfg(test)]
mod tests;
