//! What is to be backported on GitLab, by label, and which of it a branch has.

use super::client::Call;
use super::line::WireCommit;
use super::read::unreadable;
use super::requests::{MergeRequest, PAGE};
use super::{GitlabProject, together};
use crate::domain::commit::picked_from;
use crate::domain::facts::Owed;
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::porting;
use crate::forge::Result;
use crate::forge::error::absent;

/// Commits of the branch that are looked through for picks at most.
const COMMITS: usize = 300;

impl GitlabProject<'_> {
    /// The newest hundred merged requests that carry the label. One that the base does not show to have among its newest commits and
    /// merged requests is asked for by its commit.
    pub(super) async fn read_backports(&self, request: &MergeRequest, label: &str) -> Result<Vec<Owed>> {
        let base = BranchName::parse(&request.target_branch).map_err(unreadable("merge request"))?;
        self.read_owed(&base, label).await
    }

    /// The same of any branch.
    pub(super) async fn read_owed(&self, base: &BranchName, label: &str) -> Result<Vec<Owed>> {
        let merged = || self.requests().with("state", "merged").with("order_by", "updated_at").with("sort", "desc");
        let owed: Vec<MergeRequest> = self.ask_some(merged().with("labels", label.replace("{branch}", base.as_str())), PAGE).await?;
        if owed.is_empty() {
            return Ok(Vec::new());
        }
        let into_base = self.ask_some::<MergeRequest>(merged().with("target_branch", base.as_str()), PAGE).await?;
        let is_settled = |owed: &MergeRequest| owed.target_branch == base.as_str() || is_told((owed, base), &into_base, &[]);
        let commits = if owed.iter().all(is_settled) {
            Vec::new()
        } else {
            let call = Call::get(self.at("/repository/commits")).with("ref_name", format!("refs/heads/{base}"));
            absent(self.ask_some::<WireCommit>(call, COMMITS).await)?.unwrap_or_default()
        };
        let told = owed.into_iter().map(|owed| {
            let there = owed.target_branch == base.as_str() || is_told((&owed, base), &into_base, &commits);
            async move {
                let there = there || self.has_landed(&owed, base).await?;
                Ok(Owed { number: Number(owed.iid), title: owed.title, there })
            }
        });
        together(told).await
    }

    /// Whether what merging it made is itself on the branch, which may have been cut from it later.
    async fn has_landed(&self, request: &MergeRequest, branch: &BranchName) -> Result<bool> {
        match request.landed().and_then(|sha| Sha::parse(sha).ok()) {
            Some(sha) => self.has(branch, &sha).await,
            None => Ok(false),
        }
    }
}

/// Whether a commit on the branch was picked from it, or a request into the branch says that it is its backport.
fn is_told((owed, base): (&MergeRequest, &BranchName), into_base: &[MergeRequest], commits: &[WireCommit]) -> bool {
    let is_its_own = |sha: &str| owed.made().chain(owed.sha.as_deref()).any(|own| own == sha);
    let picked = |commit: &WireCommit| commit.message.as_deref().and_then(picked_from).is_some_and(is_its_own);
    let head = porting::branch(Number(owed.iid), base);
    let says = |request: &MergeRequest| {
        head.as_ref().is_some_and(|head| request.source_branch == head.as_str())
            || request.description.as_deref().is_some_and(|text| tells_backport(text, owed.iid))
    };
    commits.iter().any(|commit| is_its_own(&commit.id) || picked(commit)) || into_base.iter().any(says)
}

fn tells_backport(text: &str, number: u64) -> bool {
    let lead = format!("backport of !{number}");
    let text = text.to_ascii_lowercase();
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(&lead).any(|(at, found)| text.get(at + found.len()..).is_some_and(ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backport_names_its_origin_whole() {
        assert!(tells_backport("Backport of !12.\n\nText", 12) && tells_backport("This is a backport of !12", 12));
        assert!(!tells_backport("Backport of !123", 12) && !tells_backport("Backports !12", 12));
    }
}
