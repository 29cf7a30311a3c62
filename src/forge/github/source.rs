//! A pull request that is to be carried to other branches: one query for itself, and one for what is there on these branches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::carried::{self, CARRIED, Carried, History, Own};
use super::graphql::{CALL, Nodes, Variables, parse};
use super::ground::Survey;
use super::read::unreadable;
use super::request::{Pull, REQUEST};
use crate::domain::facts::{Asked, ChangeRequest, Source, State, Target};
use crate::domain::names::{BranchName, Number};
use crate::domain::plan::{CommentKey, Pick};
use crate::domain::porting;
use crate::forge::Result;
use crate::forge::error::absent;

#[derive(Deserialize)]
struct Read {
    pull: Option<Value>,
}

/// What is asked of it besides what is asked of every pull request.
#[derive(Deserialize)]
struct Carriage {
    landing: Option<Carried>,
    own: Own,
    paths: Option<Nodes<Path>>,
}

#[derive(Deserialize)]
struct Path {
    path: String,
}

#[derive(Deserialize)]
struct Behind {
    history: Option<History>,
}

/// Files that GitHub lets an App change only where it may.
pub fn is_workflow(path: &str) -> bool {
    path.starts_with(".github/workflows/")
}

impl GithubRepository<'_> {
    pub(super) async fn read_source(&self, number: Number, label: &str, given: &BTreeSet<BranchName>) -> Result<Option<Source>> {
        let mut variables = Variables::default();
        let value = variables.bind("Int!", number.0);
        let selection = format!(
            "pull: pullRequest(number: {value}) {{ {REQUEST}
               landing: mergeCommit {{ {CARRIED} }}
               own: commits(first: 100) {{ totalCount nodes {{ commit {{ {CARRIED} }} }} }}
               paths: files(first: 100) {{ nodes {{ path }} }} }}"
        );
        let Some(Read { pull: Some(answer) }) = absent(self.ask(variables, &selection, "").await)? else { return Ok(None) };
        let Carriage { landing, own, paths } = parse(answer.clone())?;
        let mut pull: Pull = parse(answer)?;
        self.remember_said(&mut pull).map_err(unreadable(CALL))?;
        let request = pull.request().map_err(unreadable(CALL))?;
        let noted = self.noted(number).await?;
        let names: BTreeSet<BranchName> = given
            .iter()
            .cloned()
            .chain(request.labels.iter().filter_map(|set| porting::target(label, set)))
            .chain(named(noted.as_deref()))
            .collect();
        let workflows = paths.into_iter().flatten().map(|file| file.path).filter(|path| is_workflow(path));
        self.ran().workflows.insert(number, workflows.collect());
        let landing = landing.filter(|_| request.state == State::Merged);
        let (own, total) = own.commits();
        let (picks, targets) = self.read_targets((&request, &names), landing, (own, total)).await?;
        Ok(Some(Source { request, picks, noted, targets }))
    }

    async fn read_targets(
        &self,
        (request, names): (&ChangeRequest, &BTreeSet<BranchName>),
        landing: Option<Carried>,
        (own, total): (Vec<Carried>, usize),
    ) -> Result<(Vec<Pick>, BTreeMap<BranchName, Target>)> {
        if names.is_empty() {
            // Nothing is picked where nothing is wanted.
            return Ok((Vec::new(), BTreeMap::new()));
        }
        let mut survey = Survey::default();
        let mut heads = Vec::new();
        for target in names {
            // Nothing can be there under a name that is too long, and nothing is opened from it.
            let Some(head) = porting::branch(request.number, target) else { continue };
            survey.ground(&head, target);
            heads.push((target, head));
        }
        let may_be_rebased = landing.as_ref().filter(|landing| carried::may_be_rebased(landing, &own));
        if let Some(landing) = may_be_rebased {
            let oid = survey.variables.bind("GitObjectID", landing.oid.as_str());
            let history = format!("history(first: {}) {{ nodes {{ {CARRIED} }} }}", own.len());
            _ = write!(survey.selection, "behind: object(oid: {oid}) {{ ... on Commit {{ {history} }} }} ");
        }
        let mut answers = self.survey(survey).await?;
        let behind: Option<Behind> = parse(answers.remove("behind").unwrap_or_default())?;
        let behind: Vec<Carried> = behind.and_then(|behind| behind.history).into_iter().flatten().collect();
        let picks = match &landing {
            Some(landing) => carried::picks(landing, (&own, total), &behind, (&request.title, &request.body)).map_err(unreadable(CALL))?,
            // Somebody has pushed what is in it, and GitHub takes that for a merge.
            None if request.state == State::Merged => carried::own_picks(&own).map_err(unreadable(CALL))?,
            None => Vec::new(),
        };
        let mut ran = self.ran();
        ran.remember(own.into_iter().chain(landing).chain(behind));
        let target = |head: &BranchName| Target { request: ran.grounds.get(head).and_then(|ground| ground.newest) };
        let targets = heads.into_iter().map(|(name, head)| (name.clone(), target(&head))).collect();
        Ok((picks, targets))
    }

    /// What Slipway has noted about a pull request's backports.
    async fn noted(&self, number: Number) -> Result<Option<String>> {
        let key = CommentKey::Backports;
        let comment = match self.said.comment(number, &key) {
            Asked::Answered(known) => known,
            Asked::Never => self.own_comment(number, &key).await?,
        };
        let place = format!("request-{number}");
        Ok(comment.and_then(|comment| self.forge.seal.read_comment(self.id, &place, &key.to_string(), &comment.body)))
    }
}

/// The branches that the note's lines begin with.
fn named(noted: Option<&str>) -> Vec<BranchName> {
    let name = |line: &str| BranchName::parse(line.split(' ').next()?).ok();
    noted.into_iter().flat_map(str::lines).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_a_branch_in_each_line() {
        let named = named(Some("release/1.4 conflict abc\nrelease/1.3 waived mia no need\n"));
        assert_eq!(named, ["release/1.4", "release/1.3"].map(|name| BranchName::parse(name).unwrap()));
    }

    #[test]
    fn workflows_are_what_lies_in_their_folder() {
        assert!(is_workflow(".github/workflows/ci.yml") && !is_workflow(".github/dependabot.yml") && !is_workflow("x/.github/workflows/a"));
    }
}
