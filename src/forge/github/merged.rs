//! Whether a branch on GitHub was merged before it went.

use serde::Deserialize;

use super::GithubRepository;
use super::graphql::{Nodes, Variables};
use crate::domain::names::{BranchName, Sha};
use crate::forge::Result;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    pull_requests: Nodes<Merged>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Merged {
    head_ref_oid: String,
    is_cross_repository: bool,
}

impl GithubRepository<'_> {
    pub(super) async fn read_merged(&self, branch: &BranchName, at: &Sha) -> Result<bool> {
        let mut variables = Variables::default();
        let head = variables.bind("String!", branch.as_str());
        let order = "orderBy: {field: CREATED_AT, direction: DESC}";
        let requests = format!("pullRequests(headRefName: {head}, states: MERGED, first: 20, {order})");
        let found: Found = self.ask(variables, &format!("{requests} {{ nodes {{ headRefOid isCrossRepository }} }}"), "").await?;
        Ok(found.pull_requests.into_iter().any(|request| !request.is_cross_repository && request.head_ref_oid == at.as_str()))
    }
}
