//! Where something is to be carried to: the branch that is to get it, and what an earlier attempt may have left. It is read together with
//! other things where these are read anyway, and remembered for the length of one event.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::carried::{CARRIED, Carried, Tree};
use super::graphql::{Nodes, Variables, parse};
use crate::domain::facts::State;
use crate::domain::names::{BranchName, Number, Sha};
use crate::forge::Result;

/// The newest pull requests from branches of the name of the head branch: anybody may open some from a fork's.
const REQUESTS: &str = "first: 100, orderBy: { field: CREATED_AT, direction: DESC }";
const REQUEST: &str = "nodes { number state isCrossRepository }";
const OPEN: &str = "nodes { number state isCrossRepository labels(first: 100) { nodes { name } } }";

/// What lies where something is to be carried to.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The branch that is to get it: its tip, and the tip's tree.
    pub base: Option<(String, String)>,
    /// The head branch: its tip, and the tip's message.
    pub place: Option<(String, String)>,
    /// The temporary branch is there.
    pub has_workplace: bool,
    /// The newest pull request from the head branch, and the newest open one with its labels.
    pub newest: Option<(Number, State)>,
    pub open: Option<(Number, Vec<String>)>,
}

#[derive(Deserialize)]
struct Branch {
    target: Option<Tip>,
}

#[derive(Deserialize)]
struct Tip {
    oid: String,
    tree: Option<Tree>,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    number: u64,
    state: String,
    is_cross_repository: bool,
    labels: Option<Nodes<Label>>,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

/// The branch that something is tried out on.
pub fn workplace(branch: &BranchName) -> String {
    format!("slipway/tmp/{}", branch.as_str().replace('/', "-"))
}

/// A question about grounds and commits.
#[derive(Default)]
pub struct Survey {
    pub variables: Variables,
    pub selection: String,
    grounds: Vec<BranchName>,
    commits: usize,
}

impl Survey {
    /// Asks for the ground on `onto` of what comes from `branch`.
    pub fn ground(&mut self, branch: &BranchName, onto: &BranchName) {
        let at = self.grounds.len();
        let mut name = |name: &str| self.variables.bind("String!", format!("refs/heads/{name}"));
        let (onto, place, beside) = (name(onto.as_str()), name(branch.as_str()), name(&workplace(branch)));
        let head = self.variables.bind("String", branch.as_str());
        _ = write!(
            self.selection,
            "base{at}: ref(qualifiedName: {onto}) {{ target {{ oid ... on Commit {{ tree {{ oid }} }} }} }}
             place{at}: ref(qualifiedName: {place}) {{ target {{ oid ... on Commit {{ message }} }} }}
             beside{at}: ref(qualifiedName: {beside}) {{ target {{ oid }} }}
             from{at}: pullRequests(headRefName: {head}, {REQUESTS}) {{ {REQUEST} }}
             open{at}: pullRequests(headRefName: {head}, states: OPEN, {REQUESTS}) {{ {OPEN} }} "
        );
        self.grounds.push(branch.clone());
    }

    pub fn commit(&mut self, sha: &str) {
        let oid = self.variables.bind("GitObjectID", sha);
        _ = write!(self.selection, "commit{}: object(oid: {oid}) {{ ... on Commit {{ {CARRIED} }} }} ", self.commits);
        self.commits += 1;
    }
}

impl GithubRepository<'_> {
    /// Asks, and remembers what is answered; gives what was selected besides.
    pub(super) async fn survey(&self, survey: Survey) -> Result<BTreeMap<String, Value>> {
        let Survey { variables, selection, grounds, commits } = survey;
        let mut answers: BTreeMap<String, Value> = self.ask(variables, &format!("id {selection}"), "").await?;
        let mut take = |alias: String| answers.remove(&alias).unwrap_or_default();
        if let Value::String(id) = take("id".to_owned()) {
            // It may be known already, and is the same then.
            _ = self.node.set(id);
        }
        let mut found = Vec::new();
        for (at, branch) in grounds.into_iter().enumerate() {
            let tip = |branch: Value| Ok(parse::<Option<Branch>>(branch)?.and_then(|branch| branch.target));
            let own = |requests: Value| Ok(parse::<Nodes<Request>>(requests)?.into_iter().find(|request| !request.is_cross_repository));
            let (newest, open) = (own(take(format!("from{at}")))?, own(take(format!("open{at}")))?);
            let newest = newest.iter().chain(&open).max_by_key(|request| request.number);
            let ground = Ground {
                base: tip(take(format!("base{at}")))?.and_then(|tip| Some((tip.oid, tip.tree?.oid))),
                place: tip(take(format!("place{at}")))?.map(|tip| (tip.oid, tip.message)),
                has_workplace: tip(take(format!("beside{at}")))?.is_some(),
                newest: newest.map(|request| (Number(request.number), request.state())),
                open: open.map(Request::open),
            };
            found.push((branch, ground));
        }
        let mut carried = Vec::new();
        for at in 0..commits {
            // Something else than a commit has none of the fields.
            let object = take(format!("commit{at}"));
            if object.get("oid").is_some() {
                carried.push(parse::<Carried>(object)?);
            }
        }
        let mut ran = self.ran();
        ran.grounds.extend(found);
        ran.remember(carried);
        drop(ran);
        Ok(answers)
    }

    /// The ground of a branch, and these commits, as far as they are there: at once, unless all of it is known already. What is
    /// known of the ground is used up by that.
    pub(super) async fn ground(&self, (branch, onto): (&BranchName, &BranchName), commits: &[&Sha]) -> Result<Option<Ground>> {
        let mut survey = Survey::default();
        {
            let ran = self.ran();
            if !ran.grounds.contains_key(branch) {
                survey.ground(branch, onto);
            }
            for commit in commits.iter().filter(|commit| !ran.carried.contains_key(commit.as_str())) {
                survey.commit(commit.as_str());
            }
        }
        if !survey.selection.is_empty() {
            self.survey(survey).await?;
        }
        Ok(self.ran().grounds.remove(branch))
    }
}

impl Request {
    fn state(&self) -> State {
        match self.state.as_str() {
            "MERGED" => State::Merged,
            "OPEN" => State::Open,
            _ => State::Closed,
        }
    }

    fn open(self) -> (Number, Vec<String>) {
        (Number(self.number), self.labels.into_iter().flatten().map(|label| label.name).collect())
    }
}
