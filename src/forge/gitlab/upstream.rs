//! Which branch has what on GitLab: commits that came from upstream, and what one branch has and another lacks.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::client::Call;
use super::line::WireCommit;
use super::{GitlabProject, together};
use crate::domain::commit::picked_from;
use crate::domain::facts::{Commit, Unmerged};
use crate::domain::names::{BranchName, Moment, Sha};
use crate::forge::error::absent;
use crate::forge::{ForgeError, Result};

/// Commits that are looked for on a branch at most, at a call each; of the others it is taken to have none.
const LOOKS: usize = 50;

/// Commits along a branch's first parents that are read at most.
const LINE: usize = 1000;

#[derive(Deserialize)]
struct Comparison {
    #[serde(default)]
    commits: Vec<WireCommit>,
}

#[derive(Deserialize)]
struct Base {
    id: String,
}

impl GitlabProject<'_> {
    /// Those of the commits, and of those that they say they were picked from, that the branch has.
    pub(super) async fn read_upstream(&self, commits: &[Commit], branch: &BranchName) -> Result<BTreeSet<Sha>> {
        let picked = commits.iter().filter_map(|commit| Sha::parse(picked_from(&commit.message)?).ok());
        let asked: BTreeSet<Sha> = picked.chain(commits.iter().map(|commit| commit.sha.clone())).take(LOOKS).collect();
        let looks = asked.into_iter().map(|sha| async move { Ok(self.has(branch, &sha).await?.then_some(sha)) });
        Ok(together(looks).await?.into_iter().flatten().collect())
    }

    /// Whether a branch has a commit, which one that nobody knows is not.
    pub(super) async fn has(&self, branch: &BranchName, sha: &Sha) -> Result<bool> {
        let base = self.merge_base(&format!("refs/heads/{branch}"), sha).await?;
        Ok(base.is_some_and(|base| base == *sha))
    }

    /// `GET /projects/:id/repository/merge_base`. `None` where there is none, or one of the revisions is unknown.
    pub(super) async fn merge_base(&self, revision: &str, sha: &Sha) -> Result<Option<Sha>> {
        let call = Call::get(self.at("/repository/merge_base")).with("refs[]", revision).with("refs[]", sha.as_str());
        match absent(self.ask::<Base>(call).await) {
            Err(ForgeError::Rejected { status: 400, .. }) => Ok(None),
            found => Ok(found?.and_then(|base| Sha::parse(&base.id).ok())),
        }
    }

    /// `GET /projects/:id/repository/commits` along first parents tells since when something is missing; only if something is, `GET
    /// /projects/:id/repository/compare` tells how much, whose `to` is the branch that has it. Where either branch is gone, nothing is.
    pub(super) async fn read_unmerged(&self, from: &BranchName, to: &BranchName) -> Result<Option<Unmerged>> {
        let [from, to] = [from, to].map(|branch| format!("refs/heads/{branch}"));
        let line = Call::get(self.at("/repository/commits")).with("ref_name", format!("{to}..{from}")).with("first_parent", "true");
        let line = absent(self.ask_some::<WireCommit>(line, LINE + 1).await)?.unwrap_or_default();
        if line.is_empty() {
            return Ok(None);
        }
        let call = Call::get(self.at("/repository/compare")).with("from", to).with("to", from);
        let Some(Comparison { commits: all }) = absent(self.ask::<Comparison>(call).await)? else { return Ok(None) };
        // Of a line that is cut off the oldest of all counts, so that nobody wins time by having too many.
        let counted = if line.len() > LINE { &all } else { &line };
        let oldest = counted.iter().map(|commit| commit.committed_date).min();
        Ok(oldest.map(|oldest| Unmerged { commits: all.len() as u64, oldest: Moment(oldest.as_second()) }))
    }
}
