//! Merges a pull request as it is at one commit, in a way that the repository allows. What GitHub requires is never gone around.

use serde::{Deserialize, Serialize};

use super::GithubRepository;
use super::graphql::Variables;
use crate::domain::names::{Number, Sha};
use crate::domain::plan::Outcome;
use crate::forge::error::absent;
use crate::forge::{Applied, ForgeError, Result};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Methods {
    merge_commit_allowed: bool,
    squash_merge_allowed: bool,
    rebase_merge_allowed: bool,
    pull_request: Option<Pull>,
}

#[derive(Deserialize)]
struct Pull {
    state: String,
}

/// `PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge`
#[derive(Serialize)]
struct MergeBody<'a> {
    sha: &'a str,
    merge_method: &'static str,
}

impl Methods {
    /// A release change request has one commit, which a squash keeps as one.
    fn method(&self) -> Option<&'static str> {
        let methods = [(self.squash_merge_allowed, "squash"), (self.merge_commit_allowed, "merge"), (self.rebase_merge_allowed, "rebase")];
        methods.into_iter().find_map(|(is_allowed, method)| is_allowed.then_some(method))
    }
}

impl GithubRepository<'_> {
    pub(super) async fn merge(&self, number: Number, head: &Sha) -> Result<Applied> {
        let allowed = self.allowed(number).await?;
        let (method, state) = match &allowed {
            Some(allowed) => (allowed.method(), allowed.pull_request.as_ref().map(|pull| pull.state.as_str())),
            None => (None, None),
        };
        match (state, method) {
            (Some("MERGED"), _) => Ok(Applied::Unchanged),
            (Some("OPEN"), Some(merge_method)) => {
                let body = MergeBody { sha: head.as_str(), merge_method };
                match self.put(&format!("/pulls/{number}/merge"), &body).await {
                    Err(
                        ForgeError::Rejected { status: 405 | 409 | 422, message, .. } | ForgeError::Denied { status: 403, message, .. },
                    ) => Ok(self.refused(number, message)),
                    answer => answer.map(|()| Applied::Changed),
                }
            }
            (Some("OPEN"), None) => Ok(self.refused(number, "the repository allows no way of merging".to_owned())),
            _ => Ok(self.refused(number, "it is not open any more".to_owned())),
        }
    }

    fn refused(&self, number: Number, why: String) -> Applied {
        self.ran().came.push(Outcome::Unmerged { number, why });
        Applied::Unchanged
    }

    async fn allowed(&self, number: Number) -> Result<Option<Methods>> {
        let mut variables = Variables::default();
        let number = variables.bind("Int!", number.0);
        let selection = format!("mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed pullRequest(number: {number}) {{ state }}");
        absent(self.ask(variables, &selection, "").await)
    }
}
