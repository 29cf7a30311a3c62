//! What a release of a tag meets on GitHub: the release itself, Slipway's check on the commit, and open milestones. It is asked for in
//! the query that reads the line, so it costs no call of its own.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::graphql::{Nodes, Variables, parse};
use crate::domain::facts::{Milestone, Ref, ReleaseSeen, Standing, StandingWanted, Wanted};
use crate::domain::plan::CheckName;
use crate::forge::Result;

#[derive(Deserialize)]
struct Release {
    description: Option<String>,
}

#[derive(Deserialize)]
struct OpenMilestone {
    number: u64,
    title: String,
}

/// The check runs of one App on a commit.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suite {
    check_runs: Option<Nodes<Run>>,
}

#[derive(Deserialize)]
struct Run {
    conclusion: Option<String>,
}

impl GithubRepository<'_> {
    /// What is asked of the repository. A draft is found by its tag here, which REST does not do.
    pub(super) fn standing_selection(variables: &mut Variables, wanted: &Wanted) -> String {
        let (Some(_), Ref::Tag(tag)) = (&wanted.standing, &wanted.at) else { return String::new() };
        let tag = variables.bind("String!", tag.as_str());
        let pages = "pageInfo { hasNextPage endCursor }";
        format!("release(tagName: {tag}) {{ description }} milestones(states: OPEN, first: 100) {{ {pages} nodes {{ number title }} }} ")
    }

    /// What is asked of the commit.
    pub(super) fn checks_selection(&self, variables: &mut Variables, wanted: &Wanted) -> String {
        if wanted.standing.is_none() {
            return String::new();
        }
        let (app, name) = (variables.bind("Int", self.forge.app_id), variables.bind("String", CheckName::Release.text()));
        let runs = format!("checkRuns(filterBy: {{checkName: {name}, checkType: LATEST}}, first: 10) {{ nodes {{ conclusion }} }}");
        format!("checkSuites(filterBy: {{appId: {app}, checkName: {name}}}, first: 10) {{ nodes {{ {runs} }} }}")
    }

    pub(super) async fn read_standing(
        &self,
        wanted: &StandingWanted,
        read: &mut BTreeMap<String, Value>,
        suites: Option<Nodes<Suite>>,
    ) -> Result<Standing> {
        let release: Option<Release> = parse(read.remove("release").unwrap_or_default())?;
        let release = match release.map(|release| release.description.unwrap_or_default()) {
            None => ReleaseSeen::Absent,
            Some(notes) if notes.trim().is_empty() => ReleaseSeen::WithoutNotes,
            Some(_) => ReleaseSeen::WithNotes,
        };
        let mut runs = suites.into_iter().flatten().filter_map(|suite| suite.check_runs).flatten();
        let is_refused = runs.any(|run| run.conclusion.as_deref() != Some("SUCCESS"));
        let listed: Option<Nodes<OpenMilestone>> = parse(read.remove("milestones").unwrap_or_default())?;
        Ok(Standing { release, is_refused, milestones: self.milestones(wanted, listed).await? })
    }

    /// The open milestones that are wanted. A hundred come with the line; where there are more, the rest is asked for.
    async fn milestones(&self, wanted: &StandingWanted, listed: Option<Nodes<OpenMilestone>>) -> Result<Vec<Milestone>> {
        let mut found = Vec::new();
        let mut page = listed;
        while let Some(milestones) = page.take() {
            let next = milestones.next();
            let named = milestones.into_iter().filter(|milestone| wanted.milestones.contains(&milestone.title));
            found.extend(named.map(|OpenMilestone { number, title }| Milestone { id: number, title }));
            let Some(next) = next.filter(|_| found.len() < wanted.milestones.len()) else { break };
            let mut variables = Variables::default();
            let after = variables.bind("String", next);
            let pages = "pageInfo { hasNextPage endCursor }";
            let selection = format!("milestones(states: OPEN, first: 100, after: {after}) {{ {pages} nodes {{ number title }} }}");
            let mut read: BTreeMap<String, Option<Nodes<OpenMilestone>>> = self.ask(variables, &selection, "").await?;
            page = read.remove("milestones").flatten();
        }
        Ok(found)
    }
}
