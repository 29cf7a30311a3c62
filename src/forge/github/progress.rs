//! Where a release stands, in one query: the head and what others have reported on it, what is required there, what must be closed
//! before, and what is labelled for the branch. Slipway's own checks on the head come along, so that a report needs no call to find them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::backports;
use super::graphql::{CALL, Nodes, parse};
use super::read::unreadable;
use super::request::{Comment, SUITES, Suite};
use super::running::plain;
use super::texts::{BLOB, Blob};
use super::trunk::{CHECKS, RULES, Rollup, Rules};
use super::upstream::Question;
use crate::domain::facts::{Blocker, Detail, Details, Owed, OwnComment, Progress, ProgressWanted, Ref, Subject};
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::plan::CommentKey;
use crate::forge::error::absent;
use crate::forge::seal::unmarked_comment;
use crate::forge::{ForgeError, Result};

/// Blockers are listed up to so many issues and so many pull requests.
const BLOCKERS: &str = "states: OPEN, first: 100, orderBy: { field: CREATED_AT, direction: ASC }";
const BLOCKER: &str = "nodes { number title milestone { title } }";

#[derive(Deserialize)]
struct Branch {
    target: Option<Tip>,
    #[serde(flatten)]
    rules: Rules,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tip {
    oid: String,
    status_check_rollup: Option<Rollup>,
    check_suites: Option<Nodes<Suite>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    head_ref_name: String,
    head_ref_oid: String,
    base_ref: Option<Rules>,
    comments: Nodes<Comment>,
    commits: Nodes<OfRequest>,
}

#[derive(Deserialize)]
struct OfRequest {
    commit: Tip,
}

#[derive(Deserialize)]
struct Labelled {
    number: u64,
    title: String,
    milestone: Option<Milestone>,
}

#[derive(Deserialize)]
struct Milestone {
    title: String,
}

/// What all kinds of subjects have. Of a head that is not shown nothing was reported.
struct Stand {
    branch: BranchName,
    head: String,
    tip: Option<Tip>,
    required: BTreeSet<String>,
}

impl GithubRepository<'_> {
    pub(super) async fn read_progress(&self, wanted: &ProgressWanted) -> Result<Option<Progress>> {
        let mut question = Question::default();
        let labels = Details::from([Detail::Backports { label: wanted.backport.clone() }]);
        let owing = match &wanted.of {
            Subject::Line(Ref::Branch(branch)) => {
                let tip = self.tip(&mut question);
                question.branch("at", branch, &format!("target {{ {tip} }} {RULES}"));
                Some(branch).filter(|_| !wanted.backport.is_empty())
            }
            Subject::Line(_) => return Ok(None),
            Subject::Request(number) => {
                let (number, tip) = (question.variables.bind("Int!", number.0), self.tip(&mut question));
                _ = write!(
                    question.selection,
                    "pull: pullRequest(number: {number}) {{ headRefName headRefOid baseRef {{ {RULES} }} commits(last: 1) {{ nodes {{ commit {{ {tip} }} }} }}
                       comments(first: 100) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ body url viewerDidAuthor }} }} }} "
                );
                None
            }
        };
        if let Some(branch) = owing {
            backports::select(&mut question, &labels, branch);
        }
        if !wanted.blocker.is_empty() {
            let label = question.variables.bind("[String!]", vec![wanted.blocker.as_str()]);
            _ = write!(
                question.selection,
                "issues(labels: {label}, {BLOCKERS}) {{ {BLOCKER} }} pullRequests(labels: {label}, {BLOCKERS}) {{ {BLOCKER} }} "
            );
        }
        let asked = self.ask_but(question.variables, &question.selection, |alias| matches!(alias, "rules" | "refUpdateRule")).await;
        let Some(mut answers): Option<BTreeMap<String, Value>> = absent(asked)? else { return Ok(None) };
        let Some(stand) = self.stand(&wanted.of, &mut answers)? else { return Ok(None) };
        let blockers = blockers(&mut answers)?;
        let owed = match owing {
            Some(branch) => self.backports(branch, &labels, &mut answers).await?.remove(&wanted.backport).unwrap_or_default(),
            None => Vec::new(),
        };
        let comment = match wanted.of {
            Subject::Request(number) => self.checklist(number).await?,
            Subject::Line(_) => None,
        };
        self.progress_of(stand, (blockers, owed), comment).map(Some)
    }

    /// What is asked of the commit.
    fn tip(&self, question: &mut Question) -> String {
        let app = question.variables.bind("Int", self.forge.app_id);
        format!("oid ... on Commit {{ {CHECKS} checkSuites(first: 10, filterBy: {{ appId: {app} }}) {{ {SUITES} }} }}")
    }

    fn stand(&self, of: &Subject, answers: &mut BTreeMap<String, Value>) -> Result<Option<Stand>> {
        match of {
            Subject::Line(Ref::Branch(branch)) => {
                let found: Option<Branch> = parse(answers.remove("at").unwrap_or_default())?;
                let Some(Branch { target: Some(tip), rules }) = found else { return Ok(None) };
                Ok(Some(Stand { branch: branch.clone(), head: tip.oid.clone(), tip: Some(tip), required: rules.required() }))
            }
            Subject::Line(_) => Ok(None),
            Subject::Request(number) => {
                let found: Option<Pull> = parse(answers.remove("pull").unwrap_or_default())?;
                let Some(Pull { head_ref_name, head_ref_oid, base_ref, comments, commits }) = found else { return Ok(None) };
                self.remember_comments(*number, comments);
                let tip = commits.into_iter().map(|of| of.commit).find(|tip| tip.oid == head_ref_oid);
                let branch = BranchName::parse(&head_ref_name).map_err(unreadable(CALL))?;
                let required = base_ref.map(Rules::required).unwrap_or_default();
                Ok(Some(Stand { branch, head: head_ref_oid, tip, required }))
            }
        }
    }

    fn progress_of(&self, stand: Stand, (blockers, owed): (Vec<Blocker>, Vec<Owed>), comment: Option<OwnComment>) -> Result<Progress> {
        let Stand { branch, head, tip, required } = stand;
        let mut checks = BTreeMap::new();
        if let Some(tip) = tip {
            self.remember_suites(&tip.oid, tip.check_suites).map_err(unreadable(CALL))?;
            checks.extend(tip.status_check_rollup.into_iter().flat_map(|rollup| rollup.checks(self.forge.app_id)));
        }
        let head = Sha::parse(&head).map_err(unreadable(CALL))?;
        Ok(Progress { branch, head, checks, required, blockers, owed, comment })
    }

    /// Slipway's comment with the checklist of a pull request.
    async fn checklist(&self, number: Number) -> Result<Option<OwnComment>> {
        let key = CommentKey::Checklist;
        let found = self.own_comment(number, &key).await?;
        self.ran().checklists.extend(found.clone().map(|comment| (number, comment)));
        let place = format!("request-{number}");
        Ok(found.map(|comment| OwnComment {
            id: comment.id,
            data: self.forge.seal.read_comment(self.id, &place, &key.to_string(), &comment.body),
            body: plain(unmarked_comment(&comment.body)),
        }))
    }

    pub(super) async fn read_file(&self, path: &str) -> Result<Option<String>> {
        let mut question = Question::default();
        let expression = question.variables.bind("String", format!("HEAD:{path}"));
        let selection = format!("file: object(expression: {expression}) {{ {BLOB} }}");
        let mut answers: BTreeMap<String, Value> = self.ask(question.variables, &selection, "").await?;
        let blob: Option<Blob> = parse(answers.remove("file").unwrap_or_default())?;
        match self.text_of(blob, path).await {
            Err(ForgeError::Unusable { .. }) => Ok(None),
            text => text,
        }
    }
}

/// Issues and pull requests share their numbers, which grow with time.
fn blockers(answers: &mut BTreeMap<String, Value>) -> Result<Vec<Blocker>> {
    let mut found: Vec<Labelled> = Vec::new();
    for alias in ["issues", "pullRequests"] {
        found.extend(parse::<Option<Nodes<Labelled>>>(answers.remove(alias).unwrap_or_default())?.into_iter().flatten());
    }
    found.sort_by_key(|labelled| labelled.number);
    let blocker = |Labelled { number, title, milestone }: Labelled| Blocker {
        label: format!("#{number}"),
        title,
        milestone: milestone.map(|milestone| milestone.title),
    };
    Ok(found.into_iter().map(blocker).collect())
}
