//! The newest commits of a branch, with the checks that others have reported on them, and the branches of some names: one query.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;

use super::GithubRepository;
use super::details::Named;
use super::graphql::{CALL, Nodes, Variables};
use super::read::unreadable;
use crate::domain::config::Pattern;
use crate::domain::facts::{CheckState, Checked, Depth, Trunk};
use crate::domain::names::{BranchName, InvalidName, Sha};
use crate::forge::Result;

/// How many commits are told along first parents, of how many that are read.
const COMMITS: usize = 30;
const HISTORY: usize = 60;
/// So many hundreds of branches are read.
const PAGES: usize = 10;

/// What the names of Slipway's own statuses start with.
const OWN: &str = "slipway/";

/// What others have reported on a commit.
pub const CHECKS: &str = "statusCheckRollup { state contexts(first: 100) { pageInfo { hasNextPage endCursor } nodes {
  __typename
  ... on CheckRun { name status conclusion checkSuite { app { databaseId } } }
  ... on StatusContext { context state }
} } }";

/// What rulesets require, of whose rules those of other kinds have other parameters; and what branch protection does.
pub const RULES: &str = "refUpdateRule { requiredStatusCheckContexts }
    rules(first: 100) { nodes { parameters { ... on RequiredStatusChecksParameters { requiredStatusChecks { context } } } } }";

const HEADS: &str = "pageInfo { hasNextPage endCursor } nodes { name target { oid } }";

#[derive(Deserialize)]
struct Read {
    at: Option<At>,
    #[serde(default)]
    heads: Option<Nodes<Head>>,
}

#[derive(Deserialize)]
struct More {
    heads: Option<Nodes<Head>>,
}

#[derive(Deserialize)]
struct At {
    target: Option<Tip>,
    #[serde(flatten)]
    rules: Rules,
}

/// What `RULES` asks for. What cannot be seen is null.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    rules: Option<Nodes<Rule>>,
    ref_update_rule: Option<Protected>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Protected {
    required_status_check_contexts: Option<Vec<Option<String>>>,
}

#[derive(Deserialize)]
struct Tip {
    oid: String,
    #[serde(default)]
    history: Nodes<Commit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    oid: String,
    parents: Nodes<Named>,
    status_check_rollup: Option<Rollup>,
}

#[derive(Deserialize)]
pub struct Rollup {
    state: String,
    contexts: Nodes<Context>,
}

/// A check run or a commit status.
#[derive(Deserialize)]
#[serde(tag = "__typename")]
enum Context {
    #[serde(rename_all = "camelCase")]
    CheckRun {
        name: String,
        status: String,
        conclusion: Option<String>,
        check_suite: Suite,
    },
    StatusContext {
        context: String,
        state: String,
    },
}

#[derive(Deserialize)]
struct Suite {
    app: Option<App>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct App {
    database_id: Option<u64>,
}

#[derive(Deserialize)]
struct Rule {
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    #[serde(default)]
    required_status_checks: Vec<Required>,
}

#[derive(Deserialize)]
struct Required {
    context: String,
}

#[derive(Deserialize)]
struct Head {
    name: String,
    target: Option<Named>,
}

impl GithubRepository<'_> {
    /// What is required that cannot be seen counts as nothing.
    pub(super) async fn read_trunk(&self, branch: &BranchName, names: &str, depth: Depth) -> Result<Option<Trunk>> {
        let mut variables = Variables::default();
        let (checks, rules) = match depth {
            Depth::Names => return self.named(names).await,
            Depth::Commits => ("", ""),
            Depth::Green | Depth::Checks => (CHECKS, RULES),
        };
        let name = variables.bind("String!", format!("refs/heads/{branch}"));
        let history = format!("history(first: {HISTORY}) {{ nodes {{ oid parents(first: 1) {{ nodes {{ oid }} }} {checks} }} }}");
        let heads = heads(&mut variables, names, None);
        let selection = format!("at: ref(qualifiedName: {name}) {{ target {{ oid ... on Commit {{ {history} }} }} {rules} }} {heads}");
        let Read { at, heads } = self.ask_but(variables, &selection, |alias| matches!(alias, "rules" | "refUpdateRule")).await?;
        let Some(At { target: Some(tip), rules }) = at else { return Ok(None) };
        let required = rules.required();
        let branches = self.branches_of(heads.unwrap_or_default(), names).await?;
        let commits = line(tip, self.forge.app_id).map_err(unreadable(CALL))?;
        Ok(Some(Trunk { commits, required, branches }))
    }

    async fn named(&self, names: &str) -> Result<Option<Trunk>> {
        let mut variables = Variables::default();
        let selection = heads(&mut variables, names, None);
        let More { heads } = self.ask(variables, &selection, "").await?;
        Ok(Some(Trunk { branches: self.branches_of(heads.unwrap_or_default(), names).await?, ..Trunk::default() }))
    }

    async fn branches_of(&self, mut page: Nodes<Head>, names: &str) -> Result<BTreeMap<BranchName, Sha>> {
        let Ok(pattern) = Pattern::try_from(names.to_owned()) else { return Ok(BTreeMap::new()) };
        let mut branches = BTreeMap::new();
        for _ in 0..PAGES {
            let next = page.next();
            let matching = page.into_iter().filter(|head| pattern.matches(&head.name));
            branches.extend(matching.filter_map(|head| Some((BranchName::parse(&head.name).ok()?, Sha::parse(&head.target?.oid).ok()?))));
            let Some(after) = next else { break };
            let mut variables = Variables::default();
            let selection = heads(&mut variables, names, Some(after));
            let More { heads } = self.ask(variables, &selection, "").await?;
            page = heads.unwrap_or_default();
        }
        Ok(branches)
    }
}

/// The branches whose names hold what the pattern starts with: as near as GitHub comes to a pattern.
fn heads(variables: &mut Variables, names: &str, after: Option<String>) -> String {
    let start = names.split(['*', '?', '[', '{', '\\']).next().filter(|start| !start.is_empty());
    let (query, after) = (variables.bind("String", start), variables.bind("String", after));
    format!("heads: refs(refPrefix: \"refs/heads/\", query: {query}, first: 100, after: {after}) {{ {HEADS} }}")
}

/// The commits along first parents, newest first. The checks of this app are left out.
fn line(tip: Tip, app: u64) -> Result<Vec<Checked>, InvalidName> {
    let mut history: HashMap<String, Commit> = tip.history.into_iter().map(|commit| (commit.oid.clone(), commit)).collect();
    let (mut at, mut commits) = (Some(tip.oid), Vec::new());
    while let Some(commit) = at.and_then(|oid| history.remove(&oid)).filter(|_| commits.len() < COMMITS) {
        let checks = commit.status_check_rollup.map(|rollup| rollup.checks(app)).unwrap_or_default();
        commits.push(Checked { sha: Sha::parse(&commit.oid)?, checks });
        at = commit.parents.into_iter().next().map(|parent| parent.oid);
    }
    Ok(commits)
}

impl Rules {
    /// The names of the checks that rulesets and branch protection require.
    pub fn required(self) -> BTreeSet<String> {
        let required = self.rules.into_iter().flatten().filter_map(|rule| rule.parameters).flat_map(|of| of.required_status_checks);
        let protected = self.ref_update_rule.and_then(|rule| rule.required_status_check_contexts).into_iter().flatten().flatten();
        required.map(|required| required.context).chain(protected).collect()
    }
}

impl Rollup {
    /// Of several of a name the worst counts.
    pub fn checks(self, app: u64) -> BTreeMap<String, CheckState> {
        let is_cut = self.contexts.has_more();
        let mut checks = BTreeMap::new();
        let mut add = |name: String, state: CheckState| {
            let worst = checks.entry(name).or_insert(state);
            *worst = (*worst).max(state);
        };
        for (name, state) in self.contexts.into_iter().filter_map(|context| context.check(app)) {
            add(name, state);
        }
        if is_cut {
            // Of those that were not read, it is only known what all of them come to.
            add("further checks".to_owned(), status(&self.state));
        }
        checks
    }
}

impl Context {
    fn check(self, app: u64) -> Option<(String, CheckState)> {
        match self {
            Self::CheckRun { check_suite, .. } if check_suite.app.as_ref().and_then(|app| app.database_id) == Some(app) => None,
            Self::CheckRun { name, status, conclusion, .. } => Some((name, run(&status, conclusion.as_deref()))),
            Self::StatusContext { context, .. } if context.starts_with(OWN) => None,
            Self::StatusContext { context, state } => Some((context, status(&state))),
        }
    }
}

fn run(status: &str, conclusion: Option<&str>) -> CheckState {
    match (status, conclusion) {
        ("COMPLETED", Some("SUCCESS" | "NEUTRAL" | "SKIPPED")) => CheckState::Green,
        ("COMPLETED", _) => CheckState::Red,
        _ => CheckState::Pending,
    }
}

fn status(state: &str) -> CheckState {
    match state {
        "SUCCESS" => CheckState::Green,
        "PENDING" | "EXPECTED" => CheckState::Pending,
        _ => CheckState::Red,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_worst_of_a_name_counts_and_slipways_own_do_not() {
        let run = |name: &str, app: u64, conclusion: &str| {
            let suite = json!({"app": {"databaseId": app}});
            json!({"__typename": "CheckRun", "name": name, "status": "COMPLETED", "conclusion": conclusion, "checkSuite": suite})
        };
        let status = |name: &str| json!({"__typename": "StatusContext", "context": name, "state": "PENDING"});
        let nodes =
            [run("ci", 1, "FAILURE"), run("ci", 2, "SUCCESS"), run("slipway/policy", 9, "FAILURE"), status("slipway/x"), status("lint")];
        let rollup = json!({"state": "FAILURE", "contexts": {"pageInfo": {"hasNextPage": false, "endCursor": null}, "nodes": nodes}});
        let checks = serde_json::from_value::<Rollup>(rollup).unwrap().checks(9);
        assert_eq!(checks, BTreeMap::from([("ci".to_owned(), CheckState::Red), ("lint".to_owned(), CheckState::Pending)]));
    }

    #[test]
    fn only_commits_of_the_branch_itself_are_told() {
        let commit = |id: &str, parent: &str| json!({"oid": id.repeat(40), "parents": {"nodes": [{"oid": parent.repeat(40)}]}});
        let nodes = [commit("d", "c"), commit("b", "a"), commit("c", "a")];
        let tip = serde_json::from_value(json!({"oid": "d".repeat(40), "history": {"nodes": nodes}})).unwrap();
        let line: Vec<_> = line(tip, 1).unwrap().into_iter().map(|commit| commit.sha.as_str()[..1].to_owned()).collect();
        assert_eq!(line, ["d", "c"]);
    }
}
